// How many members fail, and how many entries are missing: counted from the last report of each.
import type { PodReport, Reporter } from "./report.ts";

/** The last report of each pod, as far as it is counted. */
export class ReportCounts implements Reporter {
  readonly #pods = new Map<string, { readonly isFailing: boolean; readonly missing: number }>();

  report({ pod, state, entriesMissing }: PodReport): void {
    // Without a look at the kernel the last one counts.
    const missing = entriesMissing ?? this.#pods.get(pod.uid)?.missing ?? 0;
    this.#pods.set(pod.uid, { isFailing: state.kind === "failing", missing });
  }

  forget(uid: string): void {
    this.#pods.delete(uid);
  }

  get membersFailing(): number {
    return [...this.#pods.values()].filter(({ isFailing }) => isFailing).length;
  }

  get entriesMissing(): number {
    return [...this.#pods.values()].reduce((sum, { missing }) => sum + missing, 0);
  }
}
