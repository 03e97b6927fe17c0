// Is the process itself alive, whatever the API server does: timers fire, and no worker is stuck for ever.
import type { Clock } from "../time/clock.ts";
import type { Health, HealthCheck } from "./health.ts";

export interface LivenessOptions {
  readonly clock: Clock;
  /** For how long (ms) the longest work under way has lasted, or work has waited though none is; 0 when all is done. */
  readonly longestRunning: () => number;
  /** A worker busy longer than this (ms) counts as stuck. Far above every deadline; default 10 minutes. */
  readonly stuckAfter?: number;
  /** Told at every beat by how many ms it came late. */
  readonly onLag?: (ms: number) => void;
}

/** Beats once a second until it is closed. */
export interface Liveness {
  readonly checks: readonly HealthCheck[];
  /** Stops the heartbeat. Safe to repeat. */
  close(): void;
}

/** Between two beats (ms). */
const period = 1_000;

/** Without a beat for this long (ms) timers are suspected to be dead. */
const silence = 30_000;

/** A beat later than this (ms) means that the whole process stood still: stopped, or starved of its processor. */
const standstill = 5_000;

/**
 * Nothing here asks whether the API server answers: an outage must not restart the pod, because every other
 * replica would be restarted with it and nothing would be better.
 */
export function createLiveness(options: LivenessOptions): Liveness {
  const { clock, stuckAfter = 600_000 } = options;
  let lastBeat = clock.now();
  let wokeAt = clock.now();
  let suspectedSince: number | undefined;
  let cancel = clock.after(period, beat);

  function beat(): void {
    const lag = Math.max(0, clock.now() - lastBeat - period);
    lastBeat = clock.now();
    suspectedSince = undefined;
    if (lag > standstill) wokeAt = lastBeat;
    options.onLag?.(lag);
    cancel = clock.after(period, beat);
  }

  /** The first doubt is not enough: right after a standstill the probe may come before the overdue beat. */
  function timers(): Health {
    const now = clock.now();
    if (now - lastBeat <= silence) return { ok: true };
    suspectedSince ??= now;
    if (now - suspectedSince < period) return { ok: true };
    return { ok: false, reason: `no timer has fired for ${seconds(now - lastBeat)} s` };
  }

  /** Time in which the process stood still is not the worker's. */
  function workers(): Health {
    const busy = Math.min(options.longestRunning(), clock.now() - wokeAt);
    if (busy <= stuckAfter) return { ok: true };
    return { ok: false, reason: `a worker has been busy for ${seconds(busy)} s` };
  }

  return {
    checks: [{ name: "event-loop", check: timers }, { name: "workers", check: workers }],
    close: () => cancel(),
  };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(0);
}
