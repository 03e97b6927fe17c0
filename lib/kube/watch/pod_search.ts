// Who asks what has become of pods that were lost sight of, and until when? One search after the other, until all is known.
import { messageOf } from "../../text/defined.ts";
import { listed } from "../../text/quoted.ts";
import type { Clock } from "../../time/clock.ts";
import { forEach, inPieces } from "../../time/pieces.ts";
import type { ApiClient } from "../api/client.ts";
import { untilAnswered } from "../api/until_answered.ts";
import { type Finding, findPods, type FindPodsOptions, type SoughtPod } from "./find_pods.ts";

/** Pods that wait to be asked about, at most: as many as a cluster has, in 20 MB. */
const mostWaiting = 100_000;

export interface PodSearchOptions<T> extends Omit<FindPodsOptions<T>, "sought"> {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** What has become of one. Called for each in the end, if it takes hours. */
  readonly onFinding: (uid: string, finding: Finding<T>) => void;
  /** A sentence, once for all who are sought when it begins. */
  readonly onTrouble: (message: string) => void;
}

/** Pods that are sought. Those that come while a search is under way are sought together by the next. */
export class PodSearch<T> {
  readonly #options: PodSearchOptions<T>;
  readonly #waiting = new Map<string, SoughtPod>();
  #searching: Promise<void> | undefined;
  #isFull = false;

  constructor(options: PodSearchOptions<T>) {
    this.#options = options;
  }

  /** Returns at once. */
  add({ uid, namespace, name }: SoughtPod): void {
    if (this.#waiting.size >= mostWaiting) return this.#refuse();
    this.#waiting.set(uid, { uid, namespace, name });
    this.#start();
  }

  /** Resolves when no question is open, or the signal was aborted. */
  async settled(): Promise<void> {
    while (this.#searching !== undefined) await this.#searching;
  }

  #refuse(): void {
    if (!this.#isFull) {
      this.#options.onTrouble(
        `Cannot find out whether pods live on without their label: ${mostWaiting} wait for an answer; of those that ` +
          "come now, who lives on keeps its interfaces: give it the label and take it away again, or delete it",
      );
    }
    this.#isFull = true;
  }

  #start(): void {
    const { signal, onTrouble } = this.#options;
    if (signal.aborted) return;
    const tell = (error: unknown): void => {
      const names = [...this.#waiting.values()].map(({ namespace, name }) => `${namespace}/${name}`);
      onTrouble(
        `Cannot find out which of ${names.length} pods live on without their label: ${
          messageOf(error)
        }; they stay as ` +
          `they are until that is known: ${listed(names)}`,
      );
    };
    this.#searching ??= untilAnswered(() => this.#searchAll(), { ...this.#options, onTrouble: tell }).finally(
      () => {
        this.#searching = undefined;
        // One may have come since the last was found.
        if (this.#waiting.size > 0) this.#start();
      },
    );
  }

  async #searchAll(): Promise<void> {
    const { client, clock, signal, onFinding } = this.#options;
    // Many come in one turn.
    await Promise.resolve();
    while (this.#waiting.size > 0 && !signal.aborted) {
      const sought = new Map(this.#waiting);
      const { known, failure } = await findPods(client, { ...this.#options, sought });
      const take = ([uid, finding]: readonly [string, Finding<T>]): void => {
        // It may have come back and gone once more meanwhile: that is another question.
        if (this.#waiting.get(uid) === sought.get(uid)) this.#waiting.delete(uid);
        onFinding(uid, finding);
      };
      await inPieces(forEach(known, take), clock);
      if (failure !== undefined) throw failure;
    }
    this.#isFull = false;
  }
}
