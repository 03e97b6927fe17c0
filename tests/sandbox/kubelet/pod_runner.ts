// How does one pod live? Sandbox, init containers in order, containers, and its end: a kubelet's work for a pod.
import { systemClock } from "../../../lib/time/clock.ts";
import { type KubeletTiming, live } from "./container_life.ts";
import { type ContainerRecord, newRecord } from "./container_state.ts";
import type { Container, DataPlane, ExitCode, PodSandbox } from "./data_plane.ts";
import type { IpPool, PodAddresses } from "./ip_pool.ts";
import type { KubeObject } from "../store/kube_object.ts";
import type { ObjectKey, ObjectStore } from "../store/objects.ts";
import { type ContainerSpec, type PodSpec, podSpecOf } from "./pod_spec.ts";
import { withStatus } from "./pod_status.ts";
import { pods } from "../api/resources.ts";
import { timestamp } from "../store/timestamp.ts";

/** What a pod needs around it. */
export interface PodRunnerOptions {
  readonly store: ObjectStore;
  readonly plane: DataPlane;
  readonly pool: IpPool;
  readonly hostIp: string;
  readonly timing: KubeletTiming;
}

/** One pod on its node. */
export class PodRunner {
  /** Resolves when nothing of the pod is left to do; rejects when the machine failed. */
  readonly done: Promise<void>;
  readonly #key: ObjectKey;
  readonly #uid: string;
  readonly #spec: PodSpec;
  readonly #options: PodRunnerOptions;
  readonly #startTime = timestamp();
  readonly #records: Map<string, ContainerRecord>;
  readonly #running = new Map<string, Container>();
  readonly #podIps: string[] = [];
  /** Aborted when the present sandbox is to end, with everything in it. */
  #round = new AbortController();
  #fate: "lives" | "starts-again" | "is-deleted" | "is-halted" = "lives";
  /** All its containers have ended by themselves. */
  #finished = false;
  /** Nothing of it runs any more, for whatever reason. */
  #over = false;
  #cancelKill: () => void = () => {};

  constructor(pod: KubeObject, options: PodRunnerOptions) {
    const { name, namespace = "", uid } = pod.metadata;
    this.#key = { resource: pods, namespace, name };
    this.#uid = uid;
    this.#spec = podSpecOf(pod);
    this.#options = options;
    const specs = [...this.#spec.initContainers, ...this.#spec.containers];
    this.#records = new Map(specs.map((spec) => [spec.name, newRecord(spec)]));
    this.done = this.#live();
  }

  /** The container with this name, if it runs; without a name any that runs. */
  container(name?: string): Container | undefined {
    return name === undefined ? this.#running.values().next().value : this.#running.get(name);
  }

  /** Makes a new sandbox: new namespace, new address, all containers anew, under the same uid. */
  async recreate(): Promise<void> {
    if (this.#fate !== "lives" || this.#finished) return;
    this.#fate = "starts-again";
    this.#round.abort();
    await this.#signal([...this.#running.keys()], "KILL");
  }

  /** TERM to the containers, sidecars last; KILL when the grace period is over; then the object is removed. */
  async terminate(graceSeconds: number): Promise<void> {
    if (this.#over) return;
    this.#cancelKill();
    const kill = (): void => void this.#signal([...this.#running.keys()], "KILL");
    this.#cancelKill = systemClock.after(graceSeconds * 1000, kill);
    if (this.#fate === "is-deleted") return;
    this.#fate = "is-deleted";
    this.#round.abort();
    await this.#signal(this.#spec.containers.map((spec) => spec.name), "TERM");
    await this.#signal(this.#spec.initContainers.map((spec) => spec.name), "TERM");
  }

  /** Starts nothing any more and writes nothing: the machine is about to be closed. */
  halt(): void {
    this.#fate = "is-halted";
    this.#round.abort();
  }

  /** Writes the pod's status, if it has changed. */
  publish(): void {
    const { store, hostIp } = this.#options;
    if (this.#fate === "is-halted" || store.find(this.#key)?.metadata.uid !== this.#uid) return;
    const records = (specs: readonly ContainerSpec[]): ContainerRecord[] =>
      specs.map((spec) => this.#records.get(spec.name) ?? newRecord(spec));
    store.update(this.#key, "status", (pod) =>
      withStatus(pod, {
        spec: this.#spec,
        init: records(this.#spec.initContainers),
        main: records(this.#spec.containers),
        ips: this.#spec.hostNetwork && this.#podIps.length > 0 ? [hostIp] : this.#podIps,
        hostIp,
        startTime: this.#startTime,
        finished: this.#finished,
      }));
  }

  async #live(): Promise<void> {
    try {
      do {
        await this.#liveOnce();
      } while (this.#startsAgain());
    } catch (error) {
      // Closing the machine makes everything fail that is under way.
      if (this.#fate !== "is-halted") throw error;
    } finally {
      this.#over = true;
      this.#cancelKill();
    }
    if (this.#fate === "is-deleted") this.#options.store.remove(this.#key, this.#uid);
  }

  /** One sandbox's life. Its addresses are free again only when everything in it has ended. */
  async #liveOnce(): Promise<void> {
    const { pool, plane } = this.#options;
    const addresses: PodAddresses = pool.take();
    try {
      const { sysctls } = this.#spec;
      const sandbox = await plane.createPod({ addresses: addresses.cidrs, sysctls });
      this.#podIps.splice(0, Infinity, ...addresses.ips);
      this.publish();
      await this.#runAll(sandbox);
      await sandbox.remove();
      this.publish();
    } finally {
      pool.release(addresses);
    }
  }

  #startsAgain(): boolean {
    if (this.#fate !== "starts-again") return false;
    this.#fate = "lives";
    this.#round = new AbortController();
    for (const [name, record] of this.#records) {
      const { spec, state, restarts } = record;
      const again = state.kind === "waiting" ? record : { spec, restarts: restarts + 1, last: state };
      this.#records.set(name, { ...again, state: { kind: "waiting", reason: "PodInitializing" } });
    }
    return true;
  }

  /** Init containers one after the other, then the containers; sidecars beside them until these have ended. */
  async #runAll(sandbox: PodSandbox): Promise<void> {
    const sidecars: Promise<unknown>[] = [];
    let failed = false;
    for (const spec of this.#spec.initContainers) {
      if (failed || this.#round.signal.aborted) break;
      const { started, ended } = this.#start(spec, sandbox);
      if (spec.sidecar) {
        sidecars.push(ended);
        await started;
      } else failed = await ended !== 0;
    }
    if (!failed && !this.#round.signal.aborted) {
      await Promise.all(this.#spec.containers.map((spec) => this.#start(spec, sandbox).ended));
    }
    this.#finished ||= !this.#round.signal.aborted;
    if (this.#finished) {
      this.#round.abort();
      await this.#signal(this.#spec.initContainers.map((spec) => spec.name), "TERM");
    }
    await Promise.all(sidecars);
  }

  #start(spec: ContainerSpec, sandbox: PodSandbox): {
    readonly started: Promise<void>;
    readonly ended: Promise<ExitCode | undefined>;
  } {
    const started = Promise.withResolvers<void>();
    const policy = spec.sidecar ? "Always" : this.#spec.restartPolicy;
    const always = policy === "Always" && (!spec.init || spec.sidecar);
    const ended = live({
      spec,
      sandbox,
      timing: this.#options.timing,
      restarts: (code) => always || policy !== "Never" && code !== 0,
      signal: this.#round.signal,
      change: (next) => this.#change(spec, next),
      onRun: (container) => this.#setRunning(spec, container),
      onStarted: started.resolve,
    });
    void ended.then(() => started.resolve(), () => started.resolve());
    return { started: started.promise, ended };
  }

  #change(spec: ContainerSpec, next: (record: ContainerRecord) => ContainerRecord): void {
    this.#records.set(spec.name, next(this.#records.get(spec.name) ?? newRecord(spec)));
    this.publish();
  }

  #setRunning(spec: ContainerSpec, container: Container | undefined): void {
    if (container === undefined) this.#running.delete(spec.name);
    else this.#running.set(spec.name, container);
  }

  /** Signals the named containers that run, and waits until they have ended. */
  async #signal(names: readonly string[], signal: "TERM" | "KILL"): Promise<void> {
    const running = names.flatMap((name) => this.#running.get(name) ?? []);
    await Promise.all(running.map((container) => container.signal(signal)));
    await Promise.all(running.map((container) => container.exited));
  }
}
