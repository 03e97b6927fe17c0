// Who runs the pods? A scheduler and kubelet in one: places pods on nodes and looks after each.
import type { KubeletTiming } from "./container_life.ts";
import type { Container, DataPlane } from "./data_plane.ts";
import type { LogEntry } from "../store/event_log.ts";
import { IpPool } from "./ip_pool.ts";
import { field, type KubeObject, textField } from "../store/kube_object.ts";
import type { ObjectKey, ObjectStore } from "../store/objects.ts";
import { PodRunner } from "./pod_runner.ts";
import { pods } from "../api/resources.ts";

/** What a kubelet works with. */
export interface KubeletOptions {
  readonly store: ObjectStore;
  readonly plane: DataPlane;
  /** Names of the nodes; pods go to them in turn. */
  readonly nodes: readonly string[];
  /** Pods get an IPv6 address too. */
  readonly dualStack: boolean;
  readonly timing: KubeletTiming;
}

/** Names one pod. */
export interface PodName {
  readonly namespace?: string;
  readonly name: string;
}

/** Runs every pod of the store. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #pool: IpPool;
  readonly #runners = new Map<string, PodRunner>();
  readonly #failures: unknown[] = [];
  readonly #unsubscribe: () => void;
  #scheduled = 0;

  constructor(options: KubeletOptions) {
    this.#options = options;
    this.#pool = new IpPool({ dualStack: options.dualStack });
    this.#unsubscribe = options.store.log.subscribe((entry) => this.#on(entry));
  }

  /** The container of the pod with this uid, if it runs; without a name any that runs. */
  containerOf(uid: string, container?: string): Container | undefined {
    return this.#runners.get(uid)?.container(container);
  }

  /** Kills a container's main process, as a crash or the out-of-memory killer would. Throws when it does not run. */
  async killContainer(pod: PodName, container: string): Promise<void> {
    const found = this.#runnerOf(pod).container(container);
    if (found === undefined) {
      throw new Error(
        `Cannot kill container ${JSON.stringify(container)} of pod ${pod.name}: it does not run`,
      );
    }
    await found.signal("KILL");
    await found.exited;
  }

  /** Gives a pod a new sandbox: new namespace and address, same uid, as after a crash of its pause container. */
  async recreateSandbox(pod: PodName): Promise<void> {
    await this.#runnerOf(pod).recreate();
  }

  /** The next sandbox gets this address (within 10.244.0.0/16): a quick reuse. */
  reuseIp(ip: string): void {
    this.#pool.reuse(ip);
  }

  /** Starts nothing any more. To be followed by the close of the data plane, and then `ended`. */
  halt(): void {
    this.#unsubscribe();
    for (const runner of this.#runners.values()) runner.halt();
  }

  /** Resolves when all pods have ended. Throws what went wrong in one, so that no failure stays unseen. */
  async ended(): Promise<void> {
    await Promise.allSettled([...this.#runners.values()].map((runner) => runner.done));
    this.check();
  }

  /** Throws when a pod could not be run for a fault of the sandbox or the machine. */
  check(): void {
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, "Cannot run every pod");
  }

  #on(entry: LogEntry): void {
    if (entry.resource !== pods) return;
    const { object } = entry;
    const runner = this.#runners.get(object.metadata.uid);
    const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
    if (entry.type === "DELETED") return void runner?.terminate(0);
    if (textField(field(object, "spec"), "nodeName") === "") return this.#schedule(object);
    if (runner === undefined) return this.#run(object);
    if (deletionTimestamp === undefined) return runner.publish();
    const before = entry.previous?.metadata.deletionGracePeriodSeconds;
    if (before !== deletionGracePeriodSeconds) void runner.terminate(deletionGracePeriodSeconds ?? 0);
  }

  /** What a scheduler does: one write of the node's name. Pods of another scheduler are none of its business. */
  #schedule(pod: KubeObject): void {
    const { nodes, store } = this.#options;
    const key = keyOf(pod);
    const spec = field(store.find(key), "spec");
    if (spec === undefined || textField(spec, "nodeName") !== "") return;
    if (textField(spec, "schedulerName") !== "default-scheduler") return;
    const nodeName = nodes[this.#scheduled++ % nodes.length];
    store.update(key, "object", (old) => ({ ...old, spec: { ...Object(field(old, "spec")), nodeName } }));
  }

  #run(pod: KubeObject): void {
    const { store, plane, nodes, timing } = this.#options;
    const node = nodes.indexOf(textField(field(pod, "spec"), "nodeName"));
    const { uid } = pod.metadata;
    const hostIp = `10.250.0.${11 + Math.max(node, 0)}`;
    const runner = new PodRunner(pod, { store, plane, pool: this.#pool, hostIp, timing });
    this.#runners.set(uid, runner);
    void runner.done.catch((error: unknown) => this.#failures.push(error))
      .then(() => store.find(keyOf(pod))?.metadata.uid === uid || this.#runners.delete(uid));
  }

  #runnerOf(pod: PodName): PodRunner {
    const { namespace = "default", name } = pod;
    const { uid } = this.#options.store.get({ resource: pods, namespace, name }).metadata;
    const runner = this.#runners.get(uid);
    if (runner === undefined) {
      throw new Error(`Cannot find pod ${namespace}/${name} on a node: it is not placed yet`);
    }
    return runner;
  }
}

function keyOf(pod: KubeObject): ObjectKey {
  const { namespace = "", name } = pod.metadata;
  return { resource: pods, namespace, name };
}
