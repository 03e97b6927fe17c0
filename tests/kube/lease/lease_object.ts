// What happens to a Lease, and to those who want it? The one Lease of an API server in memory, and clients that can suffer.
import { type ApiClient, ApiError, type ApiRequest } from "../../../lib/kube/api/client.ts";
import type { Clock } from "../../../lib/time/clock.ts";
import { InProcessApi } from "../../sandbox/api/in_process.ts";
import { leases } from "../../sandbox/api/resources.ts";
import { field, isJsonObject } from "../../sandbox/store/kube_object.ts";

type Json = Readonly<Record<string, unknown>>;

/** What happens to a request. `lost`: it is carried out, but the answer never comes. */
export type Fault =
  | { readonly kind: "none" | "unreachable" | "hang" | "lost" }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: number };

const name = "kube-vxlan-controller";
const namespace = "kube-system";

/** The one Lease of the cluster. */
export class LeaseObject {
  /** "METHOD holder" of every request that arrived. */
  readonly requests: string[] = [];
  readonly #api: InProcessApi;

  constructor(api: InProcessApi) {
    this.#api = api;
  }

  get object(): Json | undefined {
    return this.#api.find(leases, name, namespace);
  }

  get spec(): Json {
    return jsonIn(this.object, "spec");
  }

  /** Somebody puts another object in its place. */
  replace(object: Json): void {
    this.#api.put(leases, { ...object, metadata: { ...jsonIn(object, "metadata"), namespace, name } });
  }

  /** Somebody edits the spec with kubectl; fields left out stay. */
  edit(spec: Json): void {
    this.replace({ ...this.object, spec: { ...this.spec, ...spec } });
  }

  delete(): void {
    this.#api.remove(leases, name, namespace);
  }

  /** A client. Requests and answers each travel for `latency` ms of its own clock. */
  client(
    { clock, fault, latency = 10 }: {
      readonly clock: Clock;
      readonly fault: () => Fault;
      readonly latency?: number;
    },
  ): ApiClient {
    const { client } = this.#api;
    const serve = (request: ApiRequest): Promise<unknown> => {
      this.requests.push(`${request.method} ${jsonIn(request.body, "spec")["holderIdentity"] ?? ""}`.trim());
      return client.json(request);
    };
    const json = async (request: ApiRequest): Promise<unknown> => {
      await delay(clock, latency, request.signal);
      const now = fault();
      if (now.kind === "unreachable") throw unreachable(request, "connection refused");
      if (now.kind === "status") throw refusal(request, now);
      if (now.kind === "lost") await serve(request).catch(() => {});
      if (now.kind !== "none") {
        await delay(clock, request.deadline, request.signal);
        throw unreachable(request, "no answer in time");
      }
      const answer = await serve(request);
      await delay(clock, latency, request.signal);
      return answer;
    };
    return { ...client, json };
  }
}

function delay(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      cancel();
      reject(new ApiError({ kind: "unreachable", reason: "aborted" }, "Cannot go on: aborted."));
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    });
    if (signal?.aborted) aborted();
    else signal?.addEventListener("abort", aborted, { once: true });
  });
}

function unreachable(request: ApiRequest, reason: string): ApiError {
  return new ApiError({ kind: "unreachable", reason }, `Cannot ${request.purpose}: ${reason}.`);
}

function refusal(
  request: ApiRequest,
  { status, retryAfter }: { readonly status: number; readonly retryAfter?: number },
): ApiError {
  const failure = { kind: "status", status, reason: "", message: "" } as const;
  return new ApiError(
    retryAfter === undefined ? failure : { ...failure, retryAfter },
    `Cannot ${request.purpose}: status ${status}.`,
  );
}

function jsonIn(object: unknown, key: string): Json {
  const value = field(object, key);
  return isJsonObject(value) ? value : {};
}
