// Writes on pods where they stand: condition and annotation, on transitions only, and hands the Events on.
import type { ApiClient } from "../kube/api/client.ts";
import type { ShownStatus } from "../member/current_status.ts";
import type { Clock } from "../time/clock.ts";
import type { Log } from "../ops/log.ts";
import type { Step } from "../overlay/step.ts";
import type { EventWriter } from "../events/event_writer.ts";
import { type Outcome, WorkQueue, type WorkQueueObserver } from "../queue/work_queue.ts";
import { type PodStatus, podStatus, statusDifference, type WantedStatus } from "./pod_status.ts";
import type { PodReport, ReportedPod, Reporter } from "../report/report.ts";
import { isFinal, isRefusal, removalPatch, sendStatus, statusPatch } from "./status_patch.ts";
import { WriteErrors } from "../events/write_errors.ts";
import { defined, messageOf } from "../text/defined.ts";

/** `all`: Events, condition and annotation. `events`: only those. */
export type StatusParts = "all" | "events";

export interface StatusWriterOptions {
  readonly client: ApiClient;
  readonly events: EventWriter;
  readonly clock: Clock;
  readonly log: Log;
  readonly annotationKey: string;
  readonly parts: StatusParts;
  /** Whether this replica may write now. */
  readonly isLeader: () => boolean;
  /** Told of every patch that was sent. */
  readonly onWritten: (outcome: "written" | "failed") => void;
  readonly observe?: WorkQueueObserver;
}

type Wanted = Exclude<PodStatus, { kind: "keep" }>;

interface Entry {
  readonly pod: ReportedPod;
  /** Absent once it is told: of thousands of pods it would be kept for nothing. */
  wanted?: Wanted | undefined;
  /** What the pod shows as far as we know. */
  shown: ShownStatus;
  /** When we last wrote (monotonic ms); until the watch has shown it, our own word counts. */
  writtenAt: number;
  /** The Events that were last written. */
  said: readonly Pick<WantedStatus["events"][number], "reason" | "dedupKey">[];
  /** Why the API server did not take the last patch; then the condition goes without the annotation, which may be it. */
  refused?: string;
  /** Nothing more will be reported of it. */
  over: boolean;
}

/** Patches under way at the same time, and of pods whose last patch failed. */
const limits = { workers: 8, workersForFailing: 4 };

/** Milliseconds that a trouble must last before it is written: most end with the first retry. */
const settling = 1_500;
/** Milliseconds between two accounts of the same trouble: its words may change with every try. */
const rewording = 10_000;
/** Milliseconds between two accounts of a pod that is and stays ready: its author may change his mind all the time. */
const reediting = 2_000;
/** Milliseconds after which what the pod shows counts more than what we remember of writing. */
const trustInMemory = 300_000;

/** A reporter that writes on the pods themselves. */
export class StatusWriter implements Reporter {
  readonly #options: StatusWriterOptions;
  readonly #entries = new Map<string, Entry>();
  /** Pods in which we have made an interface and not yet said that they are ready: that is news. */
  readonly #made = new Set<string>();
  readonly #trouble: WriteErrors;
  readonly #queue: WorkQueue;

  constructor(options: StatusWriterOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#trouble = new WriteErrors({ clock, log, what: "pods/status", verbs: "patch" });
    this.#queue = new WorkQueue({
      ...options,
      work: (uid) => this.#work(uid),
      ...limits,
      groupOf: (uid) => this.#entries.get(uid)?.pod.namespace ?? "",
    });
  }

  report(report: PodReport): void {
    const { pod } = report;
    const { isLeader, clock } = this.#options;
    if (!isLeader()) return this.#drop(pod.uid);
    const known = this.#entries.get(pod.uid);
    const isFresh = known !== undefined && clock.now() - known.writtenAt <= trustInMemory;
    const shown = isFresh ? known.shown : report.shown ?? {};
    const wanted = podStatus(report, shown.ready);
    if (wanted.kind === "keep") return;
    const entry = known ?? newEntry(pod, { wanted, shown });
    this.#entries.set(pod.uid, entry);
    const { wanted: pending } = entry;
    Object.assign(entry, { wanted, shown });
    if (this.#isTold(entry, wanted)) entry.wanted = pending && wanted;
    else this.#queue.add(pod.uid, { delay: delayOf(entry, { wanted, now: clock.now() }) });
  }

  changed(pod: ReportedPod, steps: readonly Step[]): void {
    if (steps.some(({ kind }) => kind === "add-link")) this.#made.add(pod.uid);
  }

  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    this.#options.events.forget(uid);
    // A former member is cleaned and forgotten at once: what it shows must still be taken away.
    if (entry?.wanted?.kind === "remove" && !this.#isTold(entry, entry.wanted)) entry.over = true;
    else this.#drop(uid);
  }

  /** Pods remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** Waits for what is under way; the rest is found out anew after the next start. */
  async close(): Promise<void> {
    await this.#queue.stop();
    this.#entries.clear();
  }

  #drop(uid: string): void {
    this.#entries.delete(uid);
    this.#made.delete(uid);
    this.#queue.forget(uid);
  }

  /** Nothing is to be written. */
  #isTold(entry: Entry, wanted: Wanted): boolean {
    if (wanted.kind === "remove") return this.#options.parts === "events" || isBare(entry.shown);
    return this.#differs(entry, wanted) === undefined && this.#newsOf(entry, wanted).length === 0;
  }

  /** Events whose gist is new. Being ready is news after a trouble or when we made it so, not after our restart. */
  #newsOf({ said, pod }: Entry, wanted: WantedStatus): WantedStatus["events"] {
    const isNew = said.length > 0 || this.#made.has(pod.uid);
    return wanted.events.filter(({ reason, type, dedupKey }) =>
      !said.some((one) => one.reason === reason && one.dedupKey === dedupKey) && (type === "Warning" || isNew)
    );
  }

  #differs({ shown }: Entry, wanted: WantedStatus): ReturnType<typeof statusDifference> {
    return this.#options.parts === "events" ? undefined : statusDifference(wanted, shown);
  }

  async #work(uid: string): Promise<Outcome> {
    if (!this.#options.isLeader()) this.#drop(uid);
    const entry = this.#entries.get(uid);
    if (entry?.wanted === undefined) return { kind: "done" };
    const { wanted, pod } = entry;
    if (wanted.kind === "show") this.#sayNews(entry, wanted);
    const patch = this.#patchFor(entry, wanted);
    const wait = Math.max(this.#trouble.pauseLeft(pod.namespace), this.#trouble.busyLeft());
    if (patch !== undefined && wait > 0) return { kind: "wait", reason: "not now", requeueAfter: wait };
    if (patch !== undefined) await this.#write(entry, patch.body);
    this.#settle(entry, wanted, patch?.rest);
    if (patch?.rest !== undefined) return { kind: "retry", reason: patch.rest };
    // What came meanwhile was no news beside what was shown then.
    return { kind: "done", ...(entry.wanted && entry.wanted !== wanted && { requeueAfter: 0 }) };
  }

  #sayNews(entry: Entry, wanted: WantedStatus): void {
    const { uid, namespace, name } = entry.pod;
    const regarding = { kind: "Pod", uid, namespace, name } as const;
    for (const event of this.#newsOf(entry, wanted)) this.#options.events.emit(regarding, event);
    entry.said = saidOf(wanted);
    if (wanted.condition.status === "True") this.#made.delete(uid);
  }

  /** `rest`: a part is left out, and why. */
  #patchFor(
    entry: Entry,
    wanted: Wanted,
  ): { readonly body: ReturnType<typeof statusPatch>; readonly rest?: string } | undefined {
    const { annotationKey, clock } = this.#options;
    const { pod: { uid } } = entry;
    if (wanted.kind === "remove") {
      return this.#isTold(entry, wanted) ? undefined : { body: removalPatch({ uid, annotationKey }) };
    }
    const difference = this.#differs(entry, wanted);
    if (difference === undefined) return undefined;
    const { annotation, ...alone } = difference;
    const isApart = entry.refused !== undefined && alone.condition !== undefined && annotation !== undefined;
    const body = statusPatch(isApart ? alone : difference, { uid, annotationKey, now: clock.wall() });
    return { body, ...defined({ rest: isApart ? entry.refused : undefined }) };
  }

  /** Resolves when it is written, or can never be; throws when it is to be tried again. */
  async #write(entry: Entry, body: ReturnType<typeof statusPatch>): Promise<void> {
    const { client, onWritten, log } = this.#options;
    const { pod } = entry;
    try {
      await sendStatus(client, { pod, body });
      this.#trouble.recovered(pod.namespace);
      onWritten("written");
    } catch (error) {
      onWritten("failed");
      if (isFinal(error)) return;
      if (!isRefusal(error)) this.#trouble.met(error, pod.namespace);
      else if (entry.refused === undefined) log.warn(`${messageOf(error)}; trying its parts again and again`);
      if (isRefusal(error)) entry.refused = messageOf(error);
      throw error;
    }
  }

  /** `rest`: why a part was left out. */
  #settle(entry: Entry, written: Wanted, rest: string | undefined): void {
    entry.writtenAt = this.#options.clock.now();
    if (rest === undefined) delete entry.refused;
    if (written.kind === "remove") entry.shown = {};
    else {
      // The last ones leave out what is no news, so that it is none the next time.
      const condition = written.sameConditions.at(-1);
      const annotation = (rest === undefined ? written.sameAnnotations.at(-1) : undefined) ??
        entry.shown.annotation;
      const { status: ready, reason } = written.condition;
      entry.shown = { ready, reason, ...defined({ condition, annotation }) };
    }
    if (entry.wanted !== undefined && this.#isTold(entry, entry.wanted)) entry.wanted = undefined;
    if (entry.over) this.#drop(entry.pod.uid);
  }
}

function newEntry(
  { uid, namespace, name }: ReportedPod,
  { wanted, shown }: { readonly wanted: Wanted; readonly shown: ShownStatus },
): Entry {
  // After a restart of ours: what the pod shows was said then.
  const isOld = wanted.kind === "show" && shown.condition !== undefined &&
    statusDifference(wanted, shown) === undefined;
  const pod = { uid, namespace, name };
  return { pod, shown, writtenAt: -Infinity, said: isOld ? saidOf(wanted) : [], over: false };
}

function saidOf({ events }: WantedStatus): Entry["said"] {
  return events.map(({ reason, dedupKey }) => ({ reason, dedupKey }));
}

/** Good news at once, bad news when it lasts, and other words for either seldom. */
function delayOf(
  { shown, writtenAt }: Entry,
  { wanted, now }: { readonly wanted: Wanted; readonly now: number },
): number {
  if (wanted.kind === "remove") return 0;
  const { status, reason } = wanted.condition;
  if (status === "True") return shown.ready === status ? Math.max(0, writtenAt + reediting - now) : 0;
  const isTold = shown.ready === "False" && shown.reason === reason;
  return isTold ? rewording : settling;
}

function isBare({ condition, annotation }: ShownStatus): boolean {
  return condition === undefined && annotation === undefined;
}
