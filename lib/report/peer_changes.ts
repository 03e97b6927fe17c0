// Entries of peers that came and went, counted for one line: each member that joins changes all of its peers.
import type { Log } from "../ops/log.ts";
import type { Step } from "../overlay/step.ts";
import type { Clock } from "../time/clock.ts";

/** Milliseconds that are summed up. */
const period = 5_000;

/** What the log is told of peers. Close it: its timer may be under way. */
export class PeerChanges {
  readonly #parts: { readonly log: Log; readonly clock: Clock };
  readonly #members = new Set<string>();
  #added = 0;
  #removed = 0;
  #cancel: (() => void) | undefined;

  constructor(parts: { readonly log: Log; readonly clock: Clock }) {
    this.#parts = parts;
  }

  /** False, and not counted, when other things than peers were changed too. */
  count(member: string, steps: readonly Step[]): boolean {
    const added = steps.filter(({ kind }) => kind === "append-fdb").length;
    const removed = steps.filter(({ kind }) => kind === "delete-fdb").length;
    if (added + removed < steps.length) return false;
    this.#members.add(member);
    this.#added += added;
    this.#removed += removed;
    this.#cancel ??= this.#parts.clock.after(period, () => this.close());
    return true;
  }

  /** Says what was counted until now. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#members.size === 0) return;
    const [added, removed, members] = [this.#added, this.#removed, this.#members.size];
    this.#parts.log.info("peers have changed", { added, removed, members });
    this.#members.clear();
    this.#added = this.#removed = 0;
  }
}
