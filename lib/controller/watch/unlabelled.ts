// A pod has left the selection: is it gone, or does it live on without its label?
import type { V1Pod } from "@kubernetes/client-node";
import { untilAnswered } from "../../kube/api/until_answered.ts";
import type { Finding, SoughtPod } from "../../kube/watch/find_pods.ts";
import { pickPods } from "../../kube/watch/pod_metadata.ts";
import { PodSearch, type PodSearchOptions } from "../../kube/watch/pod_search.ts";
import { statusAnnotation } from "../../member/current_status.ts";
import { type PodView, podView } from "../../member/pod.ts";
import type { Log } from "../../ops/log.ts";
import { messageOf } from "../../text/defined.ts";
import { isRecord } from "../../text/json.ts";
import { onAbort } from "../../time/clock.ts";
import { Timer } from "../../time/timer.ts";
import type { Tracked } from "../store/tracked.ts";

/** Milliseconds after which one is looked up again: no event tells what becomes of it, as when its agent is started anew. */
const pause = 30_000;

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
  readonly #again: Timer;
  #sweeping: Promise<void> | undefined;
  /** Found by a sweep, and not looked for at each of the next ones. */
  #sought = new Set<string>();

  constructor(options: UnlabelledPodsOptions) {
    this.#options = options;
    this.#again = new Timer(options.clock);
    onAbort(options.signal, () => this.#again.cancel());
    this.#search = new PodSearch({
      ...options,
      namespaces: options.watchNamespaces,
      labelSelector: options.selector,
      read: (pod) => podView(pod as V1Pod, options),
      onFinding: (uid, finding) => this.#tell(uid, finding),
      onTrouble: (message) => options.log.warn(message),
    });
  }

  /** Finds out whether it lives, unless it was being deleted. Returns at once. */
  lookUp(pod: SoughtPod & Pick<PodView, "deletion">): void {
    if (pod.deletion === undefined) this.#search.add(pod);
  }

  /** After a list: who is followed without its label may be gone, and others may have lost theirs while nobody watched. */
  sweep(): void {
    const { log } = this.#options;
    this.#lookUpFollowed();
    const onTrouble = (error: unknown): void =>
      log.warn(`Cannot look for pods that have lost their label: ${messageOf(error)}`);
    this.#sweeping ??= untilAnswered(() => this.#sweep(), { ...this.#options, onTrouble })
      .finally(() => this.#sweeping = undefined);
  }

  /** Resolves when no question is open. */
  async settled(): Promise<void> {
    await this.#sweeping;
    await this.#search.settled();
  }

  #lookUpFollowed(): void {
    for (const { pod, selection } of this.#options.tracked.values()) {
      if (selection !== "selected") this.lookUp(pod);
    }
  }

  #tell(uid: string, finding: Finding<PodView>): void {
    const { tracked, signal, onFound, onGone } = this.#options;
    const selection = tracked.get(uid)?.selection;
    if (selection === "selected") return;
    if (finding.kind === "lives") {
      onFound(finding.pod);
      if (!signal.aborted) this.#again.start(pause, () => this.#lookUpFollowed());
    }
    if (finding.kind === "gone" && selection !== undefined) onGone(uid);
  }

  /** Those who show what we set in them. */
  async #sweep(): Promise<void> {
    const { tracked } = this.#options;
    const served = await this.#servedPods();
    const lost = served.filter(({ uid }) => !tracked.has(uid) && !this.#sought.has(uid));
    const selected = lost.length === 0 ? new Set() : await this.#selectedPods();
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

  /** Uids of all pods that are selected now: what is watched may be behind. */
  async #selectedPods(): Promise<ReadonlySet<string>> {
    const { client, selector: labelSelector, watchNamespaces: namespaces, signal } = this.#options;
    const pick = ({ uid }: Readonly<Record<string, unknown>>): string => String(uid);
    return new Set(await pickPods(client, { namespaces, labelSelector, signal, pick }));
  }
}
