// What does the API server do with statuses and Events in these tests: objects in memory, faults, and every request.
import { type ApiClient, ApiError, type ApiRequest } from "../../lib/kube/api/client.ts";
import { type PodView, podView } from "../../lib/member/pod.ts";
import { annotationKey, memberPod } from "../member/member_pod.ts";
import { field, isJsonObject } from "../sandbox/store/kube_object.ts";
import { applyPatch } from "../sandbox/store/patching.ts";

/** What befalls requests that match: an error status, or 0 for no answer. */
export interface StatusFault {
  readonly resource: "pods/status" | "events";
  readonly namespace?: string;
  readonly status: number;
  readonly message?: string;
}

/** Pods and Events of a cluster. */
export class FakeStatusApi {
  readonly #pods = new Map<string, unknown>();
  readonly events = new Map<string, unknown>();
  /** "PATCH pods/status default/a", "POST events default/a.…", in order. */
  readonly requests: string[] = [];
  fault: StatusFault | undefined;
  /** Requests under way, and the most there ever were. */
  underWay = 0;
  most = 0;

  addPod(name: string, namespace = "default"): void {
    const pod = memberPod({ name, namespace, uid: `uid-${name}`, networks: "west", ip: "10.0.0.1" });
    this.#pods.set(`${namespace}/${name}`, structuredClone(pod));
  }

  removePod(name: string, namespace = "default"): void {
    this.#pods.delete(`${namespace}/${name}`);
  }

  /** The pod as a watch would show it. */
  view(name: string, namespace = "default"): PodView | undefined {
    const pod = this.#pods.get(`${namespace}/${name}`);
    // The object was made by memberPod and changed by patches of ours.
    return isJsonObject(pod) ? podView(pod as Parameters<typeof podView>[0], { annotationKey }) : undefined;
  }

  /** "True NetworksReady", or nothing. */
  condition(name: string): string {
    const all = field(field(this.#pods.get(`default/${name}`), "status"), "conditions");
    const [one] = Array.isArray(all) ? all : [];
    return one === undefined ? "" : `${field(one, "status")} ${field(one, "reason")}`;
  }

  /** When the condition last turned. */
  since(name: string): unknown {
    const all = field(field(this.#pods.get(`default/${name}`), "status"), "conditions");
    return Array.isArray(all) ? field(all[0], "lastTransitionTime") : undefined;
  }

  annotation(name: string): unknown {
    const metadata = field(this.#pods.get(`default/${name}`), "metadata");
    return field(field(metadata, "annotations"), "vxlan.travelping.com/network-status");
  }

  /** "VxlanReady 1" of every Event, sorted. */
  told(): readonly string[] {
    return [...this.events.values()].map((event) =>
      `${field(event, "reason")} ${field(field(event, "series"), "count") ?? 1}`
    ).sort();
  }

  count(start: string): number {
    return this.requests.filter((request) => request.startsWith(start)).length;
  }

  get client(): ApiClient {
    const unused = (): Promise<never> => Promise.reject(new Error("not used here"));
    return { json: (request) => this.#serve(request), stream: unused, close: () => {} };
  }

  async #serve(request: ApiRequest): Promise<unknown> {
    const [, namespace = "", rest = ""] = /\/namespaces\/([^/]+)\/(.*)$/.exec(request.path) ?? [];
    const resource = rest.startsWith("pods/") ? "pods/status" : "events";
    const name = resource === "events"
      ? rest.split("/")[1] ?? String(field(field(request.body, "metadata"), "name"))
      : rest.split("/")[1] ?? "";
    this.requests.push(`${request.method} ${resource} ${namespace}/${name}`);
    this.most = Math.max(this.most, ++this.underWay);
    await Promise.resolve();
    this.underWay--;
    const { fault } = this;
    if (
      fault?.resource === resource && (fault.namespace === undefined || fault.namespace === namespace)
    ) refuse(fault.status, request, fault.message);
    return this.#write(request, {
      objects: resource === "events" ? this.events : this.#pods,
      key: `${namespace}/${name}`,
    });
  }

  #write(
    request: ApiRequest,
    { objects, key }: { readonly objects: Map<string, unknown>; readonly key: string },
  ): unknown {
    const old = objects.get(key);
    if (request.method === "POST") {
      if (old !== undefined) refuse(409, request);
      objects.set(key, structuredClone(request.body));
      return objects.get(key);
    }
    if (old === undefined) refuse(404, request);
    const changed = applyPatch(old, request.body, request.contentType ?? "");
    const uid = (object: unknown): unknown => field(field(object, "metadata"), "uid");
    if (uid(changed) !== uid(old)) refuse(422, request);
    objects.set(key, changed);
    return changed;
  }
}

function refuse(status: number, request: ApiRequest, message = ""): never {
  const failure = status === 0
    ? { kind: "unreachable" as const, reason: "connection refused" }
    : { kind: "status" as const, status, reason: "", message };
  throw new ApiError(failure, `Cannot ${request.purpose}: status ${status} ${message}`);
}
