// The front door of the embedded cluster: starts it, offers what tests ask for, and leaves nothing behind.
import { parseAllDocuments } from "yaml";
import { ApiServer } from "./api/api_server.ts";
import type { Counters } from "./faults/counters.ts";
import { chooseDataPlane, type PlaneChoice } from "./kubelet/choose_plane.ts";
import type { DataPlane, ExecProcess } from "./kubelet/data_plane.ts";
import type { FaultBook } from "./faults/faults.ts";
import { asObject, field, type KubeObject, textField } from "./store/kube_object.ts";
import { kubeconfigText } from "./api/kubeconfig.ts";
import { Kubelet, type PodName } from "./kubelet/kubelet.ts";
import type { KubeletTiming } from "./kubelet/container_life.ts";
import { type ObjectKey, ObjectStore } from "./store/objects.ts";
import { applyPatch } from "./store/patching.ts";
import { namespaces, pods, resourceOf, type ResourceType } from "./api/resources.ts";
import { waitFor } from "./tools/waiting.ts";

/** How a sandbox is to be. */
export interface SandboxOptions {
  /** Default `auto`. */
  readonly dataPlane?: PlaneChoice;
  /** Default `node1`, `node2`. */
  readonly nodes?: readonly string[];
  readonly dualStack?: boolean;
  /** Bearer token that clients must show. */
  readonly token?: string;
  /** ms between bookmarks of a watch. */
  readonly bookmarkEvery?: number;
  /** How many changes a watch can go back; default 10,000. */
  readonly window?: number;
  readonly timing?: Partial<KubeletTiming>;
}

/** What came of a command run for a test. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts one. Close it, or take it with `await using`. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  return new Sandbox(await chooseDataPlane(options.dataPlane ?? "auto"), options);
}

/** A running cluster. */
export class Sandbox implements AsyncDisposable {
  readonly plane: DataPlane;
  readonly store: ObjectStore;
  readonly server: ApiServer;
  readonly kubelet: Kubelet;
  readonly #token: string | undefined;
  #closing: Promise<void> | undefined;

  /** Use `startSandbox`. */
  constructor(plane: DataPlane, options: SandboxOptions) {
    this.plane = plane;
    this.#token = options.token;
    this.store = new ObjectStore({ window: options.window ?? 10_000 });
    for (const name of ["default", "kube-system"]) this.store.create(namespaces, { metadata: { name } });
    const { nodes = ["node1", "node2"], dualStack = false, bookmarkEvery, token } = options;
    const timing = { backoff: 100, probePeriod: 200, ...options.timing };
    this.kubelet = new Kubelet({ store: this.store, plane, nodes, dualStack, timing });
    this.server = new ApiServer({
      store: this.store,
      containerOf: (uid, container) => this.kubelet.containerOf(uid, container),
      ...(token === undefined ? {} : { token }),
      ...(bookmarkEvery === undefined ? {} : { bookmarkEvery }),
    });
  }

  /** What is to go wrong: see faults.ts. Faults of open watches and of the connection: `server.watches`, `server.wire`. */
  get faults(): FaultBook {
    return this.server.faults;
  }

  /** What was asked of the API server. */
  get counters(): Counters {
    return this.server.counters;
  }

  /** A kubeconfig for it. */
  get kubeconfig(): string {
    return kubeconfigText(this.server.url, this.#token);
  }

  /** Creates or replaces every object of a YAML text, and namespaces that are missing. Gives what was written. */
  apply(yaml: string): readonly KubeObject[] {
    return parseAllDocuments(yaml).map((document) => document.toJS()).filter((one) => one !== null)
      .map((one) => this.#applyOne(asObject(one)));
  }

  /** One object, if there is one. Namespaced ones are looked for in `default` unless said otherwise. */
  find(resource: ResourceType, name: PodName): KubeObject | undefined {
    return this.store.find(keyOf(resource, name));
  }

  /** Merges a patch into an object (null removes a field). */
  patch(resource: ResourceType, name: PodName, patch: unknown): KubeObject {
    return this.store.update(
      keyOf(resource, name),
      "object",
      (old) => applyPatch(old, patch, "application/merge-patch+json"),
    );
  }

  /** Deletes an object; a pod with grace. */
  delete(resource: ResourceType, name: PodName & { readonly graceSeconds?: number }): void {
    const { graceSeconds } = name;
    this.store.delete(keyOf(resource, name), graceSeconds === undefined ? {} : { graceSeconds });
  }

  /**
   * Runs a command in a pod without the API server, for assertions: in the container named, or in any that runs.
   * Throws when none runs or there is no such program.
   */
  async exec(
    pod: PodName & { readonly container?: string },
    argv: readonly string[],
  ): Promise<CommandResult> {
    const process = await this.start(pod, argv);
    await process.closeStdin();
    const [stdout, stderr] = await Promise.all(
      [process.stdout, process.stderr].map((stream) => new Response(stream).text()),
    );
    return { code: await process.exited, stdout: stdout ?? "", stderr: stderr ?? "" };
  }

  /** Starts one in the same way. Its output is to be read. */
  async start(
    pod: PodName & { readonly container?: string },
    argv: readonly string[],
  ): Promise<ExecProcess> {
    const { uid } = this.store.get(keyOf(pods, pod)).metadata;
    const process = await this.kubelet.containerOf(uid, pod.container)?.exec(argv);
    if (process !== undefined && !("missing" in process)) return process;
    const where = pod.container === undefined ? pod.name : `${pod.name}/${pod.container}`;
    const why = process === undefined ? "no container runs" : "there is no such program";
    throw new Error(`Cannot run ${JSON.stringify(argv.join(" "))} in ${where}: ${why}`);
  }

  /** Waits until a pod's object satisfies a test, and gives it. */
  async waitForPod(
    pod: PodName,
    condition: { readonly what: string; readonly holds: (pod: KubeObject) => boolean },
  ): Promise<KubeObject> {
    const { namespace = "default", name } = pod;
    return await waitFor(() => {
      this.kubelet.check();
      const found = this.find(pods, pod);
      return found !== undefined && condition.holds(found) ? found : undefined;
    }, {
      what: `pod ${namespace}/${name} ${condition.what}`,
      state: () => `its status: ${JSON.stringify(field(this.find(pods, pod), "status"))}`,
    });
  }

  /** Waits until a pod is in this phase. */
  async waitForPhase(pod: PodName, phase: string): Promise<KubeObject> {
    const holds = (found: KubeObject): boolean => textField(field(found, "status"), "phase") === phase;
    return await this.waitForPod(pod, { what: `is ${phase}`, holds });
  }

  /** Ends everything: connections, port, processes, namespaces. Throws what went wrong in a pod. Safe to repeat. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** For `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.server.close();
    this.kubelet.halt();
    await this.plane.close();
    await this.kubelet.ended();
  }

  #applyOne(object: KubeObject): KubeObject {
    const resource = resourceOf(object);
    if (resource === undefined) {
      throw new Error(`Cannot apply ${object.apiVersion} ${object.kind}: it is not served by the sandbox`);
    }
    const { name, namespace } = object.metadata;
    const key = keyOf(resource, { name, ...(namespace === undefined ? {} : { namespace }) });
    if (key.namespace !== undefined) this.#needNamespace(key.namespace);
    if (this.store.find(key) === undefined) return this.store.create(resource, object, key.namespace);
    return this.store.update(key, "object", () => object);
  }

  #needNamespace(name: string): void {
    const known = this.store.find({ resource: namespaces, name });
    if (known === undefined) this.store.create(namespaces, { metadata: { name } });
  }
}

function keyOf(resource: ResourceType, { namespace = "default", name }: PodName): ObjectKey {
  return resource.namespaced ? { resource, namespace, name } : { resource, name };
}
