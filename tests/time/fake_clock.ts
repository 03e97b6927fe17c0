// What does time do in this test: a clock that stands still until it is told to move.
import { setImmediate } from "node:timers";
import type { Clock } from "../../lib/time/clock.ts";

/** A clock under the test's control. */
export interface FakeClock extends Clock {
  /**
   * Moves time on by `ms`, running every timer that falls due, in order. After each of them (and once at the
   * end) the event loop gets a turn, so that what a timer set going can set the next one.
   */
  advance(ms: number): Promise<void>;
  /** Delays of the timers still waiting, in ms from now, ascending. A closed program leaves none. */
  waiting(): readonly number[];
  /** Moves the wall clock alone, as an administrator or NTP would. */
  shiftWall(ms: number): void;
}

/** Starts at 0 ms; `random` answers `chance` (default 0.5) every time, or the next number of the list, in turn. */
export function fakeClock(options: { readonly chance?: number | readonly number[] } = {}): FakeClock {
  let now = 0;
  let wallStart = Date.UTC(2026, 0, 1);
  let order = 0;
  let draws = 0;
  const timers = new Set<{ readonly due: number; readonly order: number; readonly run: () => void }>();

  function nextDue(limit: number): { readonly due: number; readonly run: () => void } | undefined {
    const due = [...timers].filter((timer) => timer.due <= limit);
    due.sort((a, b) => a.due - b.due || a.order - b.order);
    const first = due[0];
    if (first) timers.delete(first);
    return first;
  }

  return {
    now: () => now,
    wall: () => new Date(wallStart + now),
    random: () => {
      const chance = options.chance ?? 0.5;
      if (typeof chance === "number") return chance;
      return chance[draws++ % chance.length] ?? 0.5;
    },
    after: (ms, run) => {
      const timer = { due: now + Math.max(0, ms), order: order++, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: async (ms) => {
      const target = now + ms;
      for (let timer = nextDue(target); timer; timer = nextDue(target)) {
        now = Math.max(now, timer.due);
        timer.run();
        await turn();
      }
      now = target;
      await turn();
    },
    waiting: () => [...timers].map((timer) => timer.due - now).sort((a, b) => a - b),
    shiftWall: (ms) => {
      wallStart += ms;
    },
  };
}

/** Lets everything that is ready run once: promises, and what waits for the next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits in real time until `condition` holds, looking every few milliseconds; fails after `patience` ms. */
export async function until(
  condition: () => boolean,
  options: { readonly what: string; readonly patience?: number },
): Promise<void> {
  const end = performance.now() + (options.patience ?? 60_000);
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited in vain for: ${options.what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
