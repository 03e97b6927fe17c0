// How busy is a work queue: client-go's usual numbers from what the queue tells.
import type { Instruments } from "./instruments.ts";

/** Told by a work queue of everything that happens to its keys. Fits the queue's own observer; times in ms. */
export interface WorkQueueMetrics {
  /** How to ask for the state of the moment. */
  attached(
    state: () => {
      readonly depth: number;
      readonly longestWaiting: number;
      readonly longestRunning: number;
      readonly unfinished: number;
    },
  ): void;
  added(): void;
  started(waitedMs: number): void;
  finished(seen: { readonly outcome: { readonly kind: ReconcileOutcome }; readonly ms: number }): void;
}

/** What one look at a member came to. */
export const reconcileOutcomes = ["done", "wait", "retry"] as const;
export type ReconcileOutcome = typeof reconcileOutcomes[number];

/** The numbers of one queue. */
export interface WorkQueueNumbers extends WorkQueueMetrics {
  /** Brings the gauges up to date, just before somebody reads them: a queue that stands still tells nothing itself. */
  refresh(): void;
}

/** `name` tells the queue in the label. */
export function workQueueNumbers(
  { counter, gauge, histogram }: Instruments,
  { name }: { readonly name: string },
): WorkQueueNumbers {
  const labels = { name };
  let stateOf: Parameters<WorkQueueMetrics["attached"]>[0] | undefined;
  counter("workqueue_adds_total").inc(labels, 0);
  counter("workqueue_retries_total").inc(labels, 0);

  return {
    attached: (state) => {
      stateOf = state;
    },
    added: () => counter("workqueue_adds_total").inc(labels),
    started: (waitedMs) => histogram("workqueue_queue_duration_seconds").observe(labels, waitedMs / 1000),
    finished: ({ outcome, ms }) => {
      histogram("workqueue_work_duration_seconds").observe(labels, ms / 1000);
      if (outcome.kind === "retry") counter("workqueue_retries_total").inc(labels);
    },
    refresh: () => {
      const state = stateOf?.();
      if (state === undefined) return;
      gauge("workqueue_depth").set(labels, state.depth);
      gauge("workqueue_longest_waiting_seconds").set(labels, state.longestWaiting / 1000);
      gauge("workqueue_unfinished_work_seconds").set(labels, state.unfinished / 1000);
      gauge("workqueue_longest_running_processor_seconds").set(labels, state.longestRunning / 1000);
    },
  };
}
