// How many members fail, and how many entries are missing: counted from the last report of each.
import type { PodReport, Reporter } from "./report.ts";

/** Sums that are brought up to date with every report, so that reading them costs nothing. */
export class ReportCounts implements Reporter {
  readonly #failing = new Set<string>();
  /** Only pods that miss some. */
  readonly #missing = new Map<string, number>();

  report({ pod, state, entriesMissing }: PodReport): void {
    if (state.kind === "failing") this.#failing.add(pod.uid);
    else this.#failing.delete(pod.uid);
    // Without a look at the kernel the last one counts.
    if (entriesMissing === undefined) return;
    if (entriesMissing > 0) this.#missing.set(pod.uid, entriesMissing);
    else this.#missing.delete(pod.uid);
  }

  changed(): void {}

  released(): void {}

  forget({ uid }: { readonly uid: string }): void {
    this.#failing.delete(uid);
    this.#missing.delete(uid);
  }

  get membersFailing(): number {
    return this.#failing.size;
  }

  get entriesMissing(): number {
    return [...this.#missing.values()].reduce((sum, each) => sum + each, 0);
  }
}
