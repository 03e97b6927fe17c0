// What shall go wrong? Faults as data: which request or exec they befall, how, and how often.
import type { ApiRoute } from "../api/routes.ts";

/** Which requests; a field left out matches all. `namespace` "": of all. `continued`: only pages after the first. */
export interface RequestMatch {
  readonly verb?: ApiRoute["verb"];
  readonly resource?: string;
  readonly namespace?: string;
  readonly continued?: boolean;
}

/** What befalls a request. */
export type RequestFault =
  /** An error answer with this code: 401, 403, 410, 429, 500, … `message`: of each anew; not of a 410. */
  | {
    readonly kind: "status";
    readonly code: number;
    readonly retryAfterSeconds?: number;
    readonly message?: () => string;
  }
  /** For watches: the stream opens and says 410 in an ERROR event. */
  | { readonly kind: "gone-event" }
  /** No answer until the fault is lifted; then the request is served. */
  | { readonly kind: "hang" }
  /** The connection is cut instead of an answer. */
  | { readonly kind: "drop" }
  /** For watches: this text comes first; then the connection is cut, or the watch goes on. */
  | { readonly kind: "watch-text"; readonly text: string; readonly then: "cut" | "go-on" };

/** Which execs; `command` is a prefix of argv. */
export interface ExecMatch {
  readonly namespace?: string;
  readonly pod?: string;
  readonly container?: string;
  readonly command?: readonly string[];
}

/**
 * What befalls an exec. `afterLines`: once so many lines of stdin were handed to the process (0: once it has started);
 * what comes later never reaches it.
 */
export type ExecFault =
  /** An HTTP error before anything runs: 403 RBAC, 422 admission, 429, 500. */
  | { readonly kind: "refuse"; readonly code: number; readonly message?: string }
  /** The connection opens; nothing runs and nothing is said, until the client gives up. */
  | { readonly kind: "hang" }
  /** The connection is cut; the process sees the end of its input. */
  | { readonly kind: "drop"; readonly afterLines: number }
  /** The connection is closed politely, but without a status. */
  | { readonly kind: "close-without-status"; readonly afterLines: number }
  /** The process is killed; its status is sent. */
  | { readonly kind: "kill-process"; readonly afterLines: number }
  /** So many bytes of junk on stdout, as fast as they go. */
  | { readonly kind: "flood"; readonly bytes: number }
  /** Every chunk of output comes so many milliseconds late. */
  | { readonly kind: "slow"; readonly delay: number };

/** A fault that is in force. */
export interface PlacedFault {
  /** How often it has struck. */
  readonly hits: number;
  /** Ends it; what hangs because of it goes on. */
  lift(): void;
}

/** How often: a number of times, or until it is lifted. Default: once. */
export interface FaultOptions {
  readonly times?: number | "until-lifted";
}

class Placed<Match, Fault> implements PlacedFault {
  hits = 0;
  readonly #lifted = Promise.withResolvers<void>();
  #active = true;

  constructor(readonly match: Match, readonly fault: Fault, readonly times: number) {}

  get active(): boolean {
    return this.#active && this.hits < this.times;
  }

  get lifted(): Promise<void> {
    return this.#lifted.promise;
  }

  lift(): void {
    this.#active = false;
    this.#lifted.resolve();
  }
}

/** A fault that strikes now. `lifted` resolves when a test ends it. */
export interface Strike<Fault> {
  readonly fault: Fault;
  readonly lifted: Promise<void>;
}

/** The faults in force. The earliest placed one that matches strikes. */
export class FaultBook {
  readonly #requests: Placed<RequestMatch, RequestFault>[] = [];
  readonly #execs: Placed<ExecMatch, ExecFault>[] = [];

  /** Puts a fault on requests. */
  onRequest(match: RequestMatch, fault: RequestFault, options: FaultOptions = {}): PlacedFault {
    const placed = new Placed(match, fault, timesOf(options));
    this.#requests.push(placed);
    return placed;
  }

  /** Puts a fault on execs. */
  onExec(match: ExecMatch, fault: ExecFault, options: FaultOptions = {}): PlacedFault {
    const placed = new Placed(match, fault, timesOf(options));
    this.#execs.push(placed);
    return placed;
  }

  /** The fault that strikes this request, if any; it is counted. */
  strikeRequest(seen: ApiRoute & { readonly continued: boolean }): Strike<RequestFault> | undefined {
    return strike(
      this.#requests,
      ({ verb, resource, namespace, continued }) =>
        (verb === undefined || verb === seen.verb) &&
        (resource === undefined || resource === seen.resource.plural) &&
        (namespace === undefined || namespace === (seen.namespace ?? "")) &&
        (continued === undefined || continued === seen.continued),
    );
  }

  /** The fault that strikes this exec, if any; it is counted. */
  strikeExec(seen: Required<ExecMatch>): Strike<ExecFault> | undefined {
    return strike(
      this.#execs,
      ({ namespace, pod, container, command }) =>
        (namespace === undefined || namespace === seen.namespace) &&
        (pod === undefined || pod === seen.pod) &&
        (container === undefined || container === seen.container) &&
        (command ?? []).every((word, at) => word === seen.command[at]),
    );
  }

  /** Ends every fault. */
  liftAll(): void {
    for (const placed of [...this.#requests, ...this.#execs]) placed.lift();
  }
}

function timesOf(options: FaultOptions): number {
  return options.times === "until-lifted" ? Infinity : options.times ?? 1;
}

function strike<Match, Fault>(
  all: readonly Placed<Match, Fault>[],
  matches: (match: Match) => boolean,
): Strike<Fault> | undefined {
  const placed = all.find((one) => one.active && matches(one.match));
  if (placed === undefined) return undefined;
  placed.hits++;
  return { fault: placed.fault, lifted: placed.lifted };
}

/** A line of a watch that breaks off in the middle, and then the connection with it. */
export const halfLine: RequestFault = {
  kind: "watch-text",
  text: '{"type":"MODIFIED","object":{"kind":"Pod","metadata":{"na',
  then: "cut",
};

/** A line of a watch that is no JSON. */
export const garbageLine: RequestFault = { kind: "watch-text", text: "\u0000}{ no json\n", then: "go-on" };

/** A line of a watch of about this many bytes, valid JSON of an unknown type. */
export function giantLine(bytes: number): RequestFault {
  const text = JSON.stringify({ type: "UNHEARD-OF", object: { padding: "x".repeat(bytes) } }) + "\n";
  return { kind: "watch-text", text, then: "go-on" };
}
