// A clock that runs faster, for stories about patience: what takes a minute and a half is seen in seconds.
import { type Clock, systemClock } from "../../lib/time/clock.ts";

/** The machine's clock, so many times as fast. */
export function timeLapse(factor: number): Clock {
  return {
    now: () => systemClock.now() * factor,
    wall: () => systemClock.wall(),
    after: (ms, run) => systemClock.after(ms / factor, run),
    random: () => systemClock.random(),
  };
}
