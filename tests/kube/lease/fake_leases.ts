// What does the API server do with a Lease in these tests: one object in memory, and clients that can suffer.
import { type ApiClient, ApiError, type ApiRequest } from "../../../lib/kube/api/client.ts";
import type { Clock } from "../../../lib/time/clock.ts";
import type { FakeClock } from "../../time/fake_clock.ts";

type Json = Readonly<Record<string, unknown>>;

/** What happens to a request. `lost`: it is carried out, but the answer never comes. */
export type Fault =
  | { readonly kind: "none" | "unreachable" | "hang" | "lost" }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: number };

/** The one Lease of the cluster. */
export class FakeLeases {
  object: Json | undefined;
  /** "METHOD holder" of every request that arrived. */
  readonly requests: string[] = [];
  #version = 0;

  /** Somebody edits the spec with kubectl; fields left out stay. */
  edit(spec: Json): void {
    this.object = this.#stored({ ...this.object, spec: { ...this.spec, ...spec } });
  }

  delete(): void {
    this.object = undefined;
  }

  get spec(): Json {
    return field(this.object, "spec");
  }

  /** Carries out one request as the API server does. */
  serve(request: ApiRequest): unknown {
    const body = isJson(request.body) ? request.body : undefined;
    this.requests.push(`${request.method} ${field(body, "spec")["holderIdentity"] ?? ""}`.trim());
    const known = this.object;
    switch (request.method) {
      case "GET":
        return known ?? refuse(404, request);
      case "POST":
        return known === undefined ? this.#keep(body) : refuse(409, request);
      case "PUT":
        if (known === undefined) return refuse(404, request);
        if (versionOf(body) !== versionOf(known)) return refuse(409, request);
        return this.#keep(body);
      default:
        return refuse(405, request);
    }
  }

  #keep(object: Json | undefined): Json {
    return this.object = this.#stored(object);
  }

  #stored(object: Json | undefined): Json {
    const metadata = { ...field(object, "metadata"), resourceVersion: String(++this.#version) };
    return structuredClone({ ...object, metadata });
  }
}

/** A client of the fake. Requests and answers each travel for `latency` ms of its own clock. */
export function leaseClient(
  leases: FakeLeases,
  { clock, fault, latency = 10 }: {
    readonly clock: Clock;
    readonly fault: () => Fault;
    readonly latency?: number;
  },
): ApiClient {
  const unused = (): Promise<never> => Promise.reject(new Error("not used by elections"));
  const send = async (request: ApiRequest): Promise<unknown> => {
    await delay(clock, latency, request.signal);
    const now = fault();
    if (now.kind === "unreachable") throw unreachable(request, "connection refused");
    if (now.kind === "status") return refuse(now.status, request, now.retryAfter);
    if (now.kind === "lost") leases.serve(request);
    if (now.kind !== "none") {
      await delay(clock, request.deadline, request.signal);
      throw unreachable(request, "no answer in time");
    }
    const answer = leases.serve(request);
    await delay(clock, latency, request.signal);
    return answer;
  };
  return { json: send, stream: unused, close: () => {} };
}

/** A process that can be stopped and woken: meanwhile time goes on, but its timers do not run. */
export interface FreezableClock extends Clock {
  freeze(): void;
  thaw(): void;
  readonly frozen: boolean;
}

export function freezable(clock: FakeClock): FreezableClock {
  let frozen = false;
  let overdue: { readonly run: () => void; cancelled: boolean }[] = [];
  return {
    now: clock.now,
    wall: clock.wall,
    random: clock.random,
    after: (ms, run) => {
      const timer = { run, cancelled: false };
      const cancel = clock.after(ms, () => frozen ? void overdue.push(timer) : run());
      return () => {
        timer.cancelled = true;
        cancel();
      };
    },
    freeze: () => {
      frozen = true;
    },
    thaw: () => {
      frozen = false;
      const late = overdue;
      overdue = [];
      for (const timer of late) if (!timer.cancelled) timer.run();
    },
    get frozen(): boolean {
      return frozen;
    },
  };
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

function refuse(status: number, request: ApiRequest, retryAfter?: number): never {
  throw new ApiError(
    {
      kind: "status",
      status,
      reason: "",
      message: "",
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
    `Cannot ${request.purpose}: status ${status}.`,
  );
}

function versionOf(object: Json | undefined): unknown {
  return field(object, "metadata")["resourceVersion"];
}

function field(object: Json | undefined, name: string): Json {
  const value = object?.[name];
  return isJson(value) ? value : {};
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
