// A pod has left the selection: is it gone, or does it live on without its label?
import type { V1Pod } from "@kubernetes/client-node";
import { untilAnswered } from "../../kube/api/until_answered.ts";
import type { Finding, SoughtPod } from "../../kube/watch/find_pods.ts";
import { pickPods, podUids } from "../../kube/watch/pod_metadata.ts";
import { PodSearch, type PodSearchOptions } from "../../kube/watch/pod_search.ts";
import { statusAnnotation } from "../../member/current_status.ts";
import { type PodView, podView } from "../../member/pod.ts";
import type { Log } from "../../ops/log.ts";
import { messageOf } from "../../text/defined.ts";
import { isRecord } from "../../text/json.ts";
import { sleep } from "../../time/clock.ts";
import type { Tracked } from "../store/tracked.ts";

/** ms from one round of looking them up again to the next. */
const pause = 30_000;
/** Rounds in which each is looked up: longer than Kubernetes ever waits before it starts a container anew. */
const closely = 12;
/** Later it is in every so manieth round, with all others. */
const rarely = 16;

export interface UnlabelledPodsOptions
  extends Pick<PodSearchOptions<PodView>, "client" | "clock" | "signal"> {
  readonly annotationKey: string;
  readonly selector: string;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  /** Those that are followed. */
  readonly tracked: ReadonlyMap<string, Pick<Tracked, "selection" | "pod">>;
  readonly onFound: (pod: PodView) => void;
  /** One that was followed without its label is gone: no event has said so. */
  readonly onGone: (uid: string) => void;
  readonly log: Log;
}

/** Pods that have vanished from the selection without being deleted: they may live on, without their label. */
export class UnlabelledPods {
  readonly #options: UnlabelledPodsOptions;
  readonly #search: PodSearch<PodView>;
  #sweeping: Promise<void> | undefined;
  /** Found by a sweep, and not looked for at each of the next ones. */
  #sought = new Set<string>();

  constructor(options: UnlabelledPodsOptions) {
    this.#options = options;
    this.#search = new PodSearch({
      ...options,
      namespaces: options.watchNamespaces,
      labelSelector: options.selector,
      read: (pod) => podView(pod as V1Pod, options),
      onFinding: (uid, finding) => this.#tell(uid, finding),
      onTrouble: (message) => options.log.warn(message),
    });
    void this.#lookUpAgain();
  }

  /** Finds out whether it lives, unless it was being deleted. Returns at once. */
  lookUp(pod: SoughtPod & Pick<PodView, "deletion">): void {
    if (pod.deletion === undefined) this.#search.add(pod);
  }

  /** After a list: some may have lost their label while nobody watched. */
  sweep(): void {
    const onTrouble = (error: unknown): void =>
      this.#options.log.warn(`Cannot look for pods that have lost their label: ${messageOf(error)}`);
    this.#sweeping ??= untilAnswered(() => this.#sweep(), { ...this.#options, onTrouble })
      .finally(() => this.#sweeping = undefined);
  }

  /** Resolves when no question is open. */
  async settled(): Promise<void> {
    await this.#sweeping;
    await this.#search.settled();
  }

  /** No event tells what becomes of one that is followed without its label, as when its agent is started anew. */
  async #lookUpAgain(): Promise<void> {
    const { tracked, clock, signal } = this.#options;
    const rounds = new WeakMap<object, number>();
    for (let round = 1; !signal.aborted; round++) {
      for (const one of tracked.values()) {
        if (one.selection === "selected") continue;
        const its = (rounds.get(one) ?? 0) + 1;
        rounds.set(one, its);
        if (its <= closely || round % rarely === 0) this.lookUp(one.pod);
      }
      await sleep(clock, pause, signal);
    }
  }

  #tell(uid: string, finding: Finding<PodView>): void {
    const { tracked, onFound, onGone } = this.#options;
    const selection = tracked.get(uid)?.selection;
    if (selection === "selected") return;
    if (finding.kind === "lives") onFound(finding.pod);
    if (finding.kind === "gone" && selection !== undefined) onGone(uid);
  }

  /** Those who show what we set in them. */
  async #sweep(): Promise<void> {
    const { client, tracked, selector: labelSelector, watchNamespaces: namespaces, signal } = this.#options;
    const named = { labelSelector, namespaces, signal };
    const served = await this.#servedPods();
    const lost = served.filter(({ uid }) => !tracked.has(uid) && !this.#sought.has(uid));
    // What is watched may be behind.
    const selected = lost.length === 0 ? new Set() : await podUids(client, named);
    this.#sought = new Set(served.map(({ uid }) => uid)).intersection(this.#sought);
    for (const pod of lost) {
      if (selected.has(pod.uid) || tracked.has(pod.uid)) continue;
      this.#sought.add(pod.uid);
      this.lookUp(pod);
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
}
