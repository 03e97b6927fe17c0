// An API server in memory, on a clock that tests can move: pods and a ConfigMap to list and watch, a Lease, statuses, Events.
import { type ApiClient, ApiError, type ApiRequest } from "../../lib/kube/api/client.ts";
import type { Clock } from "../../lib/time/clock.ts";
import { FakeLeases } from "../kube/lease/fake_leases.ts";
import { field, isJsonObject } from "../sandbox/store/kube_object.ts";
import { applyPatch } from "../sandbox/store/patching.ts";

type Resource = "pods" | "configmaps";

interface Watch {
  readonly resource: Resource;
  readonly send: (event: unknown) => void;
  readonly close: () => void;
}

/** ms between two bookmarks. */
const bookmarkEvery = 60_000;

/** What a controller without the wire needs of an API server. */
export class MemoryApi {
  readonly leases = new FakeLeases();
  readonly events = new Map<string, unknown>();
  /** Requests by verb and resource. */
  readonly counts = new Map<string, number>();
  readonly #clock: Clock;
  readonly #objects: Readonly<Record<Resource, Map<string, unknown>>> = {
    pods: new Map(),
    configmaps: new Map(),
  };
  readonly #watches = new Set<Watch>();
  #version = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches that are open. */
  get watching(): number {
    return this.#watches.size;
  }

  /** Creates or replaces an object. */
  put(resource: Resource, object: unknown): void {
    const key = keyOf(object);
    const known = this.#objects[resource].has(key);
    const stored = isJsonObject(object)
      ? { ...object, metadata: { ...record(object, "metadata"), resourceVersion: String(++this.#version) } }
      : object;
    this.#objects[resource].set(key, stored);
    this.#tell(resource, { type: known ? "MODIFIED" : "ADDED", object: stored });
  }

  /** Deletes one at once. */
  delete(resource: Resource, key: string): void {
    const object = this.#objects[resource].get(key);
    this.#objects[resource].delete(key);
    this.#version++;
    this.#tell(resource, {
      type: "DELETED",
      object: {
        ...object as object,
        metadata: { ...record(object, "metadata"), resourceVersion: String(this.#version) },
      },
    });
  }

  get(resource: Resource, key: string): unknown {
    return this.#objects[resource].get(key);
  }

  get client(): ApiClient {
    return {
      json: async (request) => {
        await Promise.resolve();
        return this.#serve(request);
      },
      stream: async (request) => {
        await Promise.resolve();
        return this.#watch(request);
      },
      close: () => {},
    };
  }

  #serve(request: ApiRequest): unknown {
    const path = request.path.split("?")[0] ?? "";
    if (path.includes("/leases")) return this.#counted("leases", request, () => this.leases.serve(request));
    if (path.includes("/events")) return this.#counted("events", request, () => this.#event(request));
    if (path.endsWith("/status")) return this.#counted("pods/status", request, () => this.#status(request));
    const [, key] = /\/namespaces\/([^/]+\/pods\/[^/]+)$/.exec(path) ?? [];
    if (key !== undefined) {
      return this.#counted("one pod", request, () => this.#pod(key.replace("/pods/", "/"), request));
    }
    const resource = resourceOf(path);
    return this.#counted(resource, request, () => ({
      metadata: { resourceVersion: String(this.#version) },
      items: [...this.#objects[resource].values()],
    }));
  }

  #pod(key: string, request: ApiRequest): unknown {
    const pod = this.#objects.pods.get(key);
    if (pod === undefined) throw refusal(404, request);
    return pod;
  }

  #counted<T>(resource: string, { method }: ApiRequest, serve: () => T): T {
    const key = `${method} ${resource}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    return serve();
  }

  #event(request: ApiRequest): unknown {
    const name = request.method === "POST"
      ? String(field(field(request.body, "metadata"), "name"))
      : request.path.split("/").at(-1) ?? "";
    const known = this.events.get(name);
    if (request.method === "POST" && known !== undefined) throw refusal(409, request);
    if (request.method === "PATCH" && known === undefined) throw refusal(404, request);
    const stored = request.method === "POST"
      ? request.body
      : applyPatch(known, request.body, request.contentType ?? "");
    this.events.set(name, stored);
    return stored;
  }

  #status(request: ApiRequest): unknown {
    const [, namespace, name] = /\/namespaces\/([^/]+)\/pods\/([^/]+)\/status$/.exec(request.path) ?? [];
    const pod = this.#objects.pods.get(`${namespace}/${name}`);
    if (pod === undefined) throw refusal(404, request);
    const changed = applyPatch(pod, request.body, request.contentType ?? "");
    this.put("pods", changed);
    return changed;
  }

  /** Until its time limit. Starts at the newest version: nothing happens here between a list and its watch. */
  #watch(request: ApiRequest): ReadableStream<Uint8Array> {
    const query = new URLSearchParams(request.path.split("?")[1]);
    const resource = resourceOf(request.path.split("?")[0] ?? "");
    this.#counted(`${resource} (watch)`, request, () => {});
    const limit = Number(query.get("timeoutSeconds")) * 1000;
    return new ReadableStream<Uint8Array>({
      start: (out) => {
        const send = (event: unknown): void =>
          out.enqueue(new TextEncoder().encode(`${JSON.stringify(event)}\n`));
        const watch: Watch = { resource, send, close: () => this.#watches.delete(watch) };
        this.#watches.add(watch);
        let cancelBookmark = (): void => {};
        const bookmark = (): void => {
          send({ type: "BOOKMARK", object: { metadata: { resourceVersion: String(this.#version) } } });
          cancelBookmark = this.#clock.after(bookmarkEvery, bookmark);
        };
        cancelBookmark = this.#clock.after(bookmarkEvery, bookmark);
        const end = (close: () => void): void => {
          if (!this.#watches.delete(watch)) return;
          cancelBookmark();
          cancelLimit();
          request.signal?.removeEventListener("abort", abort);
          close();
        };
        const abort = (): void => end(() => out.error(new Error("aborted")));
        const cancelLimit = this.#clock.after(limit, () => end(() => out.close()));
        request.signal?.addEventListener("abort", abort, { once: true });
      },
    });
  }

  #tell(resource: Resource, event: unknown): void {
    for (const watch of this.#watches) if (watch.resource === resource) watch.send(event);
  }
}

function resourceOf(path: string): Resource {
  return path.endsWith("/configmaps") ? "configmaps" : "pods";
}

function keyOf(object: unknown): string {
  const metadata = field(object, "metadata");
  return `${field(metadata, "namespace")}/${field(metadata, "name")}`;
}

function record(object: unknown, name: string): object {
  const value = field(object, name);
  return isJsonObject(value) ? value : {};
}

function refusal(status: number, request: ApiRequest): ApiError {
  const failure = { kind: "status", status, reason: "", message: "" } as const;
  return new ApiError(failure, `Cannot ${request.purpose}: status ${status}`);
}
