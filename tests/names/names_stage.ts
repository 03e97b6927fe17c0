// Names on an API server in memory: Services, pods as the controller would have set them, and what the slices say.
import type { ApiClient } from "../../lib/kube/api/client.ts";
import { Names } from "../../lib/names/names.ts";
import type { NameProblem } from "../../lib/names/service.ts";
import { memberPod } from "../member/member_pod.ts";
import { InProcessApi } from "../sandbox/api/in_process.ts";
import { endpointSlices, pods, services } from "../sandbox/api/resources.ts";
import { field, type KubeObject, listField, textField } from "../sandbox/store/kube_object.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";

export const managedBy = "kube-vxlan-controller.vxlan.travelping.com";

const keys = {
  network: "vxlan.travelping.com/network",
  selector: "vxlan.travelping.com/selector",
  networks: "vxlan.travelping.com/networks",
  condition: "vxlan.travelping.com/Ready",
};

/** A pod as a test asks for it. */
export interface ListedPod {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly app?: string;
  readonly hostname?: string;
  /** The pod itself, and its networks; default: both. */
  readonly ready?: boolean;
  readonly networksReady?: boolean;
  readonly deletedWithGrace?: number;
  readonly terminated?: boolean;
  readonly phase?: string;
}

/** A Service as a test asks for it. */
export interface AskingService {
  readonly name?: string;
  readonly namespace?: string;
  readonly network?: string | null;
  readonly selector?: string | null;
  readonly uid?: string;
  readonly spec?: object;
}

/** One run of Names. */
export class NamesStage implements AsyncDisposable {
  readonly clock: FakeClock = fakeClock();
  readonly api = new InProcessApi(this.clock);
  readonly told: NameProblem[] = [];
  readonly failures: string[] = [];
  /** Uids of Services that are gone. */
  readonly gone: string[] = [];
  /** Lists of pods are empty, as a broken server's have been. */
  emptyLists = false;
  leading = true;
  #names: Names | undefined;

  /** Starts it, and waits until it has read everything; `networks`: of the ConfigMap, undefined: it was not read yet. */
  async start(
    { networks }: { readonly networks: readonly string[] | undefined } = { networks: [] },
  ): Promise<void> {
    this.#names = new Names({
      client: this.#client(),
      clock: this.clock,
      keys,
      podSelector: "vxlan.travelping.com=true",
      namespaces: [],
      managedBy,
      isLeader: () => this.leading,
      tell: (_service, problem) => this.told.push(problem),
      onServiceGone: ({ uid }) => this.gone.push(uid),
      onTrouble: () => {},
      onRecovered: () => {},
      onWrite: (service, error) => {
        if (error !== undefined) this.failures.push(`${service}: ${error}`);
      },
      onUnreadable: (reason) => this.failures.push(reason),
      onAlive: () => {},
    });
    if (networks !== undefined) this.#names.putNetworks(new Set(networks));
    await this.settle();
  }

  get names(): Names {
    if (this.#names === undefined) throw new Error("it was not started");
    return this.#names;
  }

  /** Ends it, as a restart of the process does. */
  async stop(): Promise<void> {
    await this.#names?.close();
    this.#names = undefined;
  }

  /** Puts a Service: headless, for network `storage` and `app=db`, unless said otherwise. */
  service(
    { name = "db", namespace = "default", network = "storage", selector = "app=db", ...given }:
      AskingService = {},
  ): void {
    const { uid = `uid-service-${namespace}-${name}`, spec } = given;
    const annotations = {
      ...(network !== null && { [keys.network]: network }),
      ...(selector !== null && { [keys.selector]: selector }),
    };
    this.api.put(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace, uid, annotations },
      spec: {
        type: "ClusterIP",
        clusterIP: "None",
        ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
        ...spec,
      },
    });
  }

  /** Puts a pod; `addresses` were set in it and read back, absent: the controller has not looked into it. */
  pod(given: ListedPod, addresses?: Readonly<Record<string, readonly string[]>>): void {
    const { name, namespace = "default", app = "db", ready = true, networksReady = true } = given;
    const { uid = `uid-${namespace}-${name}` } = given;
    const pod = memberPod({
      name,
      namespace,
      uid,
      networks: "storage",
      ip: "10.244.0.9",
      ...(given.deletedWithGrace !== undefined && { deletedWithGrace: given.deletedWithGrace }),
      ...(given.terminated === true && { stage: "finished" }),
    });
    const conditions = [["Ready", ready], [keys.condition, networksReady]].map(([type, holds]) => ({
      type,
      status: holds === true ? "True" : "False",
    }));
    this.api.put(pods, {
      ...pod,
      metadata: { ...pod.metadata, labels: { ...pod.metadata?.labels, app } },
      spec: {
        ...pod.spec,
        nodeName: "node1",
        ...(given.hostname !== undefined && { hostname: given.hostname }),
      },
      status: { ...pod.status, conditions, phase: given.phase ?? "Running" },
    });
    if (addresses !== undefined) this.names.give({ uid, namespace }, new Map(Object.entries(addresses)));
  }

  /** Lets things happen, for some ms: requests and watches take turns of the event loop, not time. */
  async settle(ms = 2_000): Promise<void> {
    for (let at = 0; at < ms; at += 100) await this.clock.advance(100);
  }

  /** The slices of all Services, as `IPv4 db-0=10.0.0.1 db-1=10.0.0.2(not ready)`. */
  listed(): readonly string[] {
    return this.api.list(endpointSlices).map((slice) =>
      [textField(slice, "addressType"), ...listField(slice, "endpoints").map(endpointText)].join(" ")
    );
  }

  slices(): readonly KubeObject[] {
    return this.api.list(endpointSlices);
  }

  /** Requests that wrote slices since the last call. */
  takeWrites(): readonly string[] {
    const writes = this.api.requests.filter((one) => /^(POST|PATCH|PUT|DELETE) endpointslices/.test(one));
    this.api.requests.length = 0;
    return writes.map((one) => one.split(" ")[0] ?? "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #client(): ApiClient {
    const { client } = this.api;
    return {
      ...client,
      json: async (request) => {
        const answer = await client.json(request);
        const isList = request.method === "GET" && request.path.startsWith("/api/v1/pods?");
        return isList && this.emptyLists ? { ...Object(answer), items: [] } : answer;
      },
    };
  }
}

function endpointText(endpoint: unknown): string {
  const conditions = field(endpoint, "conditions");
  const states = [
    ...(field(conditions, "ready") === true ? [] : ["not ready"]),
    ...(field(conditions, "terminating") === true
      ? [field(conditions, "serving") === true ? "serving" : "ending"]
      : []),
  ];
  const name = textField(endpoint, "hostname") || "?";
  const text = `${name}=${listField(endpoint, "addresses").join(",")}`;
  return states.length === 0 ? text : `${text}(${states.join(", ")})`;
}
