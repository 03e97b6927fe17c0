// A pod has left the selection: is it gone, or does it live on without its label?
import type { V1Pod } from "@kubernetes/client-node";
import { type ApiClient, ApiError, statusOf } from "../../kube/api/client.ts";
import { pickPods, podPath } from "../../kube/watch/pod_metadata.ts";
import { statusAnnotation } from "../../member/current_status.ts";
import { type PodView, podView } from "../../member/pod.ts";
import type { Log } from "../../ops/log.ts";
import { messageOf } from "../../text/defined.ts";
import { isRecord } from "../../text/json.ts";
import { type Clock, sleep } from "../../time/clock.ts";

/** Asked this often, so long apart (ms); after that the next relist is left to find out. */
const attempts = 4;
const pause = 5_000;
const deadline = 10_000;

/** Asked about at the same time: a relist may miss thousands at once. */
const atOnce = 8;

/** Pods that wait to be asked about; more are dropped, and that is said. */
const mostWaiting = 10_000;

/** As much of a pod as it takes to look it up. */
type SoughtPod = Pick<PodView, "uid" | "namespace" | "name" | "deletion">;

export interface UnlabelledPodsOptions {
  readonly client: ApiClient;
  readonly annotationKey: string;
  readonly selector: string;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Whether the pod is followed anyway. */
  readonly isKnown: (uid: string) => boolean;
  readonly onFound: (pod: PodView) => void;
  readonly log: Log;
}

/** Pods that have vanished from the selection without being deleted: they may live on, without their label. */
export class UnlabelledPods {
  readonly #options: UnlabelledPodsOptions;
  readonly #waiting = new Map<string, SoughtPod>();
  readonly #workers = new Set<Promise<void>>();
  #sweeping: Promise<void> | undefined;
  /** Found by a sweep, and not looked for at each of the next ones. */
  #sought = new Set<string>();

  constructor(options: UnlabelledPodsOptions) {
    this.#options = options;
  }

  /** Finds out whether it lives, unless it was being deleted. Returns at once. */
  lookUp(pod: SoughtPod): void {
    if (pod.deletion !== undefined) return;
    if (this.#waiting.size >= mostWaiting) return this.#drop(pod);
    this.#waiting.set(pod.uid, pod);
    if (this.#workers.size >= atOnce) return;
    const worker: Promise<void> = this.#work().finally(() => this.#workers.delete(worker));
    this.#workers.add(worker);
  }

  /** Finds those who lost their label while nobody watched: they show what we set in them. Returns at once. */
  sweep(): void {
    this.#sweeping ??= this.#sweep().finally(() => this.#sweeping = undefined);
  }

  /** Resolves when no question is open. */
  async settled(): Promise<void> {
    await this.#sweeping;
    await Promise.all(this.#workers);
  }

  async #sweep(): Promise<void> {
    const { isKnown, log, signal } = this.#options;
    try {
      const served = await this.#servedPods();
      const lost = served.filter(({ uid }) => !isKnown(uid) && !this.#sought.has(uid));
      const selected = lost.length === 0 ? new Set() : await this.#selectedPods();
      this.#sought = new Set(served.map(({ uid }) => uid)).intersection(this.#sought);
      for (const pod of lost) {
        if (selected.has(pod.uid) || isKnown(pod.uid)) continue;
        this.#sought.add(pod.uid);
        this.lookUp(pod);
      }
    } catch (error) {
      if (!signal.aborted) log.warn(`Cannot look for pods that have lost their label: ${messageOf(error)}`);
    }
  }

  /** Pods with the networks annotation and with the one that we write on those we serve. */
  async #servedPods(): Promise<readonly SoughtPod[]> {
    const { client, annotationKey, watchNamespaces: namespaces, signal } = this.#options;
    const status = statusAnnotation(annotationKey);
    const pick = (metadata: Readonly<Record<string, unknown>>): SoughtPod | undefined => {
      const { annotations, deletionTimestamp, uid, namespace, name } = metadata;
      const isServed = isRecord(annotations) && status in annotations && annotationKey in annotations;
      if (!isServed || deletionTimestamp !== undefined) return undefined;
      return { uid: String(uid), namespace: String(namespace), name: String(name) };
    };
    return await pickPods(client, { namespaces, signal, pick });
  }

  /** Uids of all pods that are selected now: what is watched may be behind. */
  async #selectedPods(): Promise<ReadonlySet<string>> {
    const { client, selector: labelSelector, watchNamespaces: namespaces, signal } = this.#options;
    const pick = ({ uid }: Readonly<Record<string, unknown>>): string => String(uid);
    return new Set(await pickPods(client, { namespaces, labelSelector, signal, pick }));
  }

  #drop({ namespace, name }: SoughtPod): void {
    this.#options.log.warn(
      "Cannot find out whether the pod lives on without its label: too many have vanished at once; if it does, it " +
        "keeps its interfaces: give it the label and take it away again, or delete it",
      { member: `${namespace}/${name}` },
    );
  }

  async #work(): Promise<void> {
    for (const [uid, pod] of this.#waiting) {
      this.#waiting.delete(uid);
      const found = await this.#find(pod);
      if (found !== undefined && !this.#options.isKnown(uid)) this.#options.onFound(found);
    }
  }

  /** The pod as it is now, if the one with this very uid still lives. Never throws. */
  async #find({ uid, namespace, name }: SoughtPod): Promise<PodView | undefined> {
    const { client, clock, annotationKey, signal } = this.#options;
    const path = podPath(namespace, name);
    for (let attempt = 0; attempt < attempts && !signal.aborted; attempt++) {
      try {
        const found = await client.json({ method: "GET", path, purpose: "get a pod", deadline, signal });
        const view = podView(found as V1Pod, { annotationKey });
        return view.uid === uid && view.deletion === undefined ? view : undefined;
      } catch (error) {
        // It is not there, or we may not see it: asking again changes nothing.
        if (!(error instanceof ApiError) || (statusOf(error) ?? 500) < 429) return undefined;
        await sleep(clock, pause, signal);
      }
    }
    return undefined;
  }
}
