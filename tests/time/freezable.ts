// What is time to a process that is stopped and woken?
import type { Clock } from "../../lib/time/clock.ts";
import type { FakeClock } from "./fake_clock.ts";

/** A process that can be stopped and woken: meanwhile time goes on, but its timers do not run. */
export interface FreezableClock extends Clock {
  freeze(): void;
  thaw(): void;
  readonly frozen: boolean;
}

export function freezable(clock: FakeClock): FreezableClock {
  let frozen = false;
  let overdue: { readonly run: () => void; cancelled: boolean }[] = [];
  return {
    now: clock.now,
    wall: clock.wall,
    random: clock.random,
    after: (ms, run) => {
      const timer = { run, cancelled: false };
      const cancel = clock.after(ms, () => frozen ? void overdue.push(timer) : run());
      return () => {
        timer.cancelled = true;
        cancel();
      };
    },
    freeze: () => {
      frozen = true;
    },
    thaw: () => {
      frozen = false;
      const late = overdue;
      overdue = [];
      for (const timer of late) if (!timer.cancelled) timer.run();
    },
    get frozen(): boolean {
      return frozen;
    },
  };
}
