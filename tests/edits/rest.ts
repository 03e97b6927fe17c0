// Since when has a controller nothing to do? What it does next nobody has asked for yet.
import type { WorkQueueObserver } from "../../lib/queue/work_queue.ts";

/** Longer than changes are gathered for before pods are looked at (ms). */
const pause = 250;

/** Sees all that happens to the keys of one queue. */
export class Rest {
  #state: Parameters<WorkQueueObserver["attached"]>[0] = () => {
    throw new Error("no queue is seen");
  };
  #last = performance.now();

  readonly observer: WorkQueueObserver = {
    attached: (state) => {
      this.#state = state;
    },
    added: () => this.#note(),
    started: () => this.#note(),
    finished: () => this.#note(),
  };

  /** Nothing is due or under way, nor was in the last moments. */
  get hasLasted(): boolean {
    const { depth, running } = this.#state();
    return depth + running === 0 && performance.now() - this.#last >= pause;
  }

  #note(): void {
    this.#last = performance.now();
  }
}
