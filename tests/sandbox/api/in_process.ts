// How does a test talk to the API server without a wire, on a clock that it moves? The sandbox's own objects, verbs and
// watches behind the interface that the program uses: what the contract holds of the one, it holds of the other.
import { type ApiClient, ApiError, type ApiFailure, type ApiRequest } from "../../../lib/kube/api/client.ts";
import { failureOfStatus } from "../../../lib/kube/api/status.ts";
import type { Clock } from "../../../lib/time/clock.ts";
import type { KubeObject } from "../store/kube_object.ts";
import { asObject, field } from "../store/kube_object.ts";
import { ObjectStore } from "../store/objects.ts";
import { ResourceRequests } from "./resource_requests.ts";
import { namespaces, type ResourceType } from "./resources.ts";
import { type ApiRoute, routeOf } from "./routes.ts";
import { asStatusError, statusResponse } from "./status.ts";
import { Watches } from "./watch.ts";

/** ms between two bookmarks of a watch, as the real server has it. */
const bookmarkEvery = 60_000;

/** What befalls a request: an error status, or 0 for no answer; undefined: nothing. `retryAfter` in seconds. */
export type Befall = (
  route: ApiRoute,
) => { readonly status: number; readonly message?: string; readonly retryAfter?: number } | undefined;

/** Objects, and clients of them. */
export class InProcessApi {
  readonly watches: Watches;
  /** "PATCH pods/status default/a" of every request but watches, in order. */
  readonly requests: string[] = [];
  befall: Befall = () => undefined;
  /** Requests under way, and the most there ever were. */
  underWay = 0;
  most = 0;
  readonly #store: ObjectStore;
  readonly #resources: ResourceRequests;

  constructor(clock: Pick<Clock, "after">) {
    // Uids are given by tests, so that what they say and what is stored speak of one pod.
    this.#store = new ObjectStore({
      window: 100_000,
      uidOf: (given) => given.metadata.uid || crypto.randomUUID(),
    });
    this.watches = new Watches({ store: this.#store, bookmarkEvery, clock });
    this.#resources = new ResourceRequests(this.#store, this.watches);
    for (const name of ["default", "kube-system"]) this.addNamespace(name);
  }

  addNamespace(name: string): void {
    if (this.#store.find({ resource: namespaces, name }) !== undefined) return;
    this.#store.create(namespaces, { metadata: { name } });
  }

  /** Creates or replaces an object with everything in it, status included, as if many had written it at once. */
  put(resource: ResourceType, given: unknown): void {
    const object = asObject(given);
    const { namespace, name } = object.metadata;
    const key = { resource, name, ...(namespace === undefined ? {} : { namespace }) };
    if (
      namespace !== undefined && this.#store.find({ resource: namespaces, name: namespace }) === undefined
    ) {
      this.#store.create(namespaces, { metadata: { name: namespace } });
    }
    if (this.#store.find(key) === undefined) this.#store.create(resource, object, namespace);
    const fresh = (old: KubeObject): unknown => ({
      ...object,
      metadata: { ...object.metadata, resourceVersion: "", uid: old.metadata.uid },
    });
    this.#store.update(key, "object", fresh);
    if (object["status"] !== undefined) this.#store.update(key, "status", fresh);
  }

  /** Takes an object away at once, whatever its grace period. */
  remove(resource: ResourceType, name: string, namespace = "default"): void {
    const key = { resource, namespace, name };
    const found = this.#store.find(key);
    if (found !== undefined) this.#store.remove(key, found.metadata.uid);
  }

  /** One object, if it is there. */
  find(resource: ResourceType, name: string, namespace = "default"): KubeObject | undefined {
    return this.#store.find({ resource, namespace, name });
  }

  /** All of a resource. */
  list(resource: ResourceType): readonly KubeObject[] {
    return this.#store.list(resource);
  }

  /** How many requests began so: "PATCH pods/status", "LIST pods". */
  count(start: string): number {
    return this.requests.filter((request) => request.startsWith(start)).length;
  }

  /** A client of the program's own kind. */
  get client(): ApiClient {
    return {
      json: async (request) => {
        const response = await this.#answer(request);
        if (!response.ok) await refuse(request, response);
        return JSON.parse(await response.text());
      },
      stream: async (request) => {
        const response = await this.#answer(request);
        if (!response.ok) await refuse(request, response);
        const { body } = response;
        if (body === null) throw new Error(`Cannot ${request.purpose}: the answer has no body`);
        return abortable(body, request.signal);
      },
      close: () => {},
    };
  }

  async #answer(
    { path, method, body, contentType = "application/json", ...asked }: ApiRequest,
  ): Promise<Response> {
    const url = new URL(path, "http://in-process");
    const route = routeOf(method, url);
    if (typeof route === "string") throw new Error(`Cannot ${asked.purpose}: ${route}`);
    const told = body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": contentType } };
    const verb = route.verb === "list" ? "LIST" : method;
    if (route.verb !== "watch") this.requests.push(`${verb} ${nameOf(route, body)}`);
    this.most = Math.max(this.most, ++this.underWay);
    await Promise.resolve();
    this.underWay--;
    const fault = this.befall(route);
    if (fault?.status === 0) {
      throw failed({ ...asked, path, method }, { kind: "unreachable", reason: "connection refused" });
    }
    if (fault !== undefined) {
      const { status, message, retryAfter } = fault;
      const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
      return Response.json({ message }, { status, headers });
    }
    const request = new Request(url, { method, ...told });
    const connection = { cut: () => {}, stall: () => () => {}, delivered: () => Promise.resolve() };
    return await this.#resources.answer({ route, request, query: url.searchParams, connection })
      .catch((error: unknown) => statusResponse(asStatusError(error)));
  }
}

function nameOf({ resource, subresource, namespace, name }: ApiRoute, body: unknown): string {
  const what = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  const made = name ?? field(field(body, "metadata"), "name");
  return made === undefined ? what : `${what} ${namespace ?? ""}/${made}`;
}

/** Throws what the response says. */
async function refuse(request: ApiRequest, response: Response): Promise<never> {
  const retryAfter = response.headers.get("retry-after") ?? "";
  const { status } = response;
  throw failed(request, failureOfStatus({ status, retryAfter, body: await response.text() }));
}

function failed({ purpose }: Pick<ApiRequest, "purpose" | "path" | "method">, failure: ApiFailure): ApiError {
  const reason = failure.kind === "status" ? `status ${failure.status} ${failure.message}` : failure.reason;
  return new ApiError(failure, `Cannot ${purpose}: ${reason}`);
}

/** The body, ending with an error when the caller aborts, as one from the network does. */
function abortable(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  void body.pipeTo(writable, signal === undefined ? {} : { signal }).catch(() => {});
  return readable;
}
