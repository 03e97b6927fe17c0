// Writes Events: one object for each text about an object, counted as a series, within limits, and never for ever.
import { createHash } from "node:crypto";
import { type ApiClient, statusOf } from "../kube/api/client.ts";
import type { Clock } from "../time/clock.ts";
import type { Log } from "../ops/log.ts";
import { TokenBucket, type TokenBucketOptions } from "../time/token_bucket.ts";
import {
  type EventOccurrence,
  isUseless,
  type Regarding,
  sendEvent,
  type WantedEvent,
} from "./event_request.ts";
import { type Outcome, WorkQueue, type WorkQueueObserver } from "../queue/work_queue.ts";
import { WriteErrors } from "./write_errors.ts";
import { messageOf } from "../text/defined.ts";
import { digestOf } from "../text/digest.ts";

export interface EventWriterOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Which process it is, for `reportingInstance`. */
  readonly instance: string;
  /** Told of every Event that was written, given up, or not written because there were too many. */
  readonly onEvent: (outcome: "written" | "failed" | "dropped") => void;
  readonly observe?: WorkQueueObserver;
}

/** Of thousands at a time, so what can be computed is not kept. */
interface Written extends Omit<EventOccurrence, "name" | "since" | "last"> {
  /** Digest of what is the same when it is said with other numbers. */
  readonly gist: string;
  /** The first time and the last (ms of the wall clock). */
  readonly since: number;
  last: number;
  count: number;
  known: number;
  failures: number;
  /** When (monotonic ms) it may be written again, and how long it had to pause before that. */
  next: number;
  pause: number;
  /** How often it has happened meanwhile: that is written with the next time. */
  untold: number;
  /** It has stood in line for its turn under the overall limit. */
  admitted: boolean;
}

interface PodEvents {
  readonly limit: TokenBucket;
  /** What happened last comes last. */
  events: readonly Written[];
  over: boolean;
}

/** All Events together: a rollout of 200 pods at once, then 20 a second. */
const overall = { burst: 200, refill: 50 };
/** Those about one object: what flaps is told ten times, then once a minute. */
const perObject = { burst: 10, refill: 60_000 };
/** Milliseconds between two writes of one text, be it with other numbers: what comes back is written ever less often. */
const pauses = { first: 1_000, longest: 3_600_000 };
/** Events that wait to be written; beyond, new ones are dropped. */
const longestQueue = 5_000;
/** Different texts about one object that are counted on; an older one would begin anew. */
const textsPerObject = 20;
/**
 * Objects of which it is remembered what was written of them though nothing has been for long; of others that is found out
 * when the same happens again, as after a restart.
 */
const mostQuiet = 1_000;
const workers = 4;
const attempts = 6;

/** Best effort: what cannot be written is counted, and the log has said it anyway. */
export class EventWriter {
  readonly #options: EventWriterOptions;
  readonly #pods = new Map<string, PodEvents>();
  readonly #limit: TokenBucket;
  readonly #perObject: TokenBucketOptions;
  readonly #trouble: WriteErrors;
  readonly #queue: WorkQueue;
  #pending = 0;

  constructor(options: EventWriterOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#limit = new TokenBucket({ clock, ...overall });
    this.#perObject = { clock, ...perObject };
    this.#trouble = new WriteErrors({
      clock,
      log,
      what: "events (events.k8s.io)",
      verbs: "create and patch",
    });
    this.#queue = new WorkQueue({
      ...options,
      work: (key) => this.#work(key),
      workers,
      workersForFailing: workers,
    });
  }

  /** It has happened (again). Returns at once. */
  emit(regarding: Regarding, { reason, type, note, dedupKey }: WantedEvent): void {
    const pod = this.#podOf(regarding);
    const gist = digestOf(`${reason} ${dedupKey}`);
    const known = pod.events.find((event) => event.gist === gist);
    const isPending = known !== undefined && known.count > known.known;
    const { clock } = this.#options;
    if (known !== undefined && !isPending && clock.now() < known.next) {
      known.untold++;
      return;
    }
    if (pod.limit.take() > 0 || (!isPending && this.#pending >= longestQueue)) {
      return this.#options.onEvent("dropped");
    }
    const { next, pause, untold } = known ?? { next: 0, pause: 0, untold: 0 };
    const isSame = known !== undefined && (isPending || known.note === note);
    const event = isSame ? known : {
      gist,
      regarding,
      reason,
      type,
      note,
      since: clock.wall().getTime(),
      last: 0,
      count: 0,
      known: 0,
      failures: 0,
      next,
      pause,
      untold,
      admitted: false,
    };
    event.count += 1 + event.untold;
    event.untold = 0;
    event.last = clock.wall().getTime();
    pod.events = withLatest(pod.events, event);
    if (!isPending) this.#pending++;
    this.#queue.add(`${regarding.uid}/${gist}`);
  }

  /** No more is emitted about this object; what waits is still written. */
  forget(uid: string): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    pod.over = true;
    this.#tidy(uid);
  }

  /** Objects remembered. */
  get size(): number {
    return this.#pods.size;
  }

  /** Waits for what is under way and drops the rest. */
  async close(): Promise<void> {
    await this.#queue.stop();
    this.#pods.clear();
  }

  #podOf({ uid }: Regarding): PodEvents {
    const known = this.#pods.get(uid);
    if (known !== undefined) return known;
    const pod: PodEvents = { limit: new TokenBucket(this.#perObject), events: [], over: false };
    this.#pods.set(uid, pod);
    this.#forgetQuiet();
    return pod;
  }

  /** Looks at two of the oldest for each that comes new: those that are not quiet begin anew as the youngest. */
  #forgetQuiet(): void {
    for (const [uid, pod] of [...this.#pods.entries().take(2)]) {
      if (this.#pods.size <= mostQuiet) return;
      this.#pods.delete(uid);
      const isPausing = pod.events.some(({ next }) => next > this.#options.clock.now());
      if (isWaiting(pod) || isPausing || !pod.limit.isFull) this.#pods.set(uid, pod);
    }
  }

  /** Drops an object that is over once nothing of it waits. */
  #tidy(uid: string): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined || !pod.over) return;
    if (!isWaiting(pod)) this.#pods.delete(uid);
  }

  async #work(key: string): Promise<Outcome> {
    const [uid, gist] = [key.slice(0, key.lastIndexOf("/")), key.slice(key.lastIndexOf("/") + 1)];
    const event = this.#pods.get(uid)?.events.find((one) => one.gist === gist);
    if (event === undefined || event.count === event.known) return { kind: "done" };
    if (this.#trouble.pauseLeft(event.regarding.namespace) > 0) return this.#end(event, "dropped");
    const busy = this.#trouble.busyLeft();
    if (busy > 0) return { kind: "wait", reason: "the server is busy", requeueAfter: busy };
    const wait = event.admitted ? 0 : this.#limit.reserve();
    event.admitted = true;
    if (wait > 0) return { kind: "wait", reason: "too many Events", requeueAfter: wait };
    const { count } = event;
    try {
      const known = await sendEvent(occurrenceOf(event), this.#options);
      event.count += known - count;
      this.#trouble.recovered(event.regarding.namespace);
      return this.#end(event, "written", known);
    } catch (error) {
      return this.#failed(event, error);
    }
  }

  #failed(event: Written, error: unknown): Outcome {
    event.failures++;
    if (isUseless(error)) return this.#end(event, "failed");
    this.#trouble.met(error, event.regarding.namespace);
    if (event.failures >= attempts || statusOf(error) === 403) return this.#end(event, "failed");
    return { kind: "retry", reason: messageOf(error) };
  }

  #end(event: Written, outcome: "written" | "failed" | "dropped", known = event.count): Outcome {
    event.known = known;
    event.failures = 0;
    event.admitted = false;
    const now = this.#options.clock.now();
    const isRare = now - event.next > pauses.longest;
    event.pause = Math.max(pauses.first, isRare ? 0 : Math.min(pauses.longest, 2 * event.pause));
    event.next = now + event.pause;
    this.#options.onEvent(outcome);
    if (event.count > known) return { kind: "done", requeueAfter: 0 };
    this.#pending--;
    this.#tidy(event.regarding.uid);
    return { kind: "done" };
  }
}

function isWaiting({ events }: PodEvents): boolean {
  return events.some(({ count, known }) => count > known);
}

function occurrenceOf(event: Written): EventOccurrence {
  return { ...event, name: eventName(event), since: new Date(event.since), last: new Date(event.last) };
}

/** The same text about the same object has the same name after a restart too, so that it is counted on. */
function eventName({ regarding: { name, uid }, reason, note }: Written): string {
  const digest = hexOf(`${uid} ${uid}/${hexOf(`${reason} ${note}`)}`);
  return `${name.slice(0, 200).replace(/[^a-z0-9]+$/, "")}.${digest}`;
}

function hexOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** A list of its own each time: to one that is added to V8 gives sixteen places more. */
function withLatest(events: readonly Written[], latest: Written): readonly Written[] {
  const others = events.filter(({ gist }) => gist !== latest.gist);
  const oldest = others.findIndex(({ count, known }) => count <= known);
  const isFull = others.length >= textsPerObject && oldest >= 0;
  return others.filter((_, at) => !isFull || at !== oldest).concat(latest);
}
