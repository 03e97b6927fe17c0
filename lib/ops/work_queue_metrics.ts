// How busy is a work queue: client-go's usual numbers from what the queue tells.
import type { Clock } from "../time/clock.ts";
import type { Instruments } from "./instruments.ts";

/** Told by a work queue of everything that happens to its keys. Fits the queue's own observer. */
export interface WorkQueueMetrics {
  added(): void;
  started(key: string, waitedMs: number): void;
  finished(
    key: string,
    seen: { readonly outcome: { readonly kind: ReconcileOutcome }; readonly ms: number },
  ): void;
  depth(due: number): void;
}

/** What one look at a member came to. */
export const reconcileOutcomes = ["done", "wait", "retry"] as const;
export type ReconcileOutcome = typeof reconcileOutcomes[number];

/** The numbers of one queue. */
export interface WorkQueueNumbers extends WorkQueueMetrics {
  /** Brings the gauges of work under way up to date, just before somebody reads them. */
  refresh(): void;
}

/** `name` tells the queue in the label. Keys are kept only while they are worked on and never become labels. */
export function workQueueNumbers(
  instruments: Instruments,
  { name, clock }: { readonly name: string; readonly clock: Pick<Clock, "now"> },
): WorkQueueNumbers {
  const running = new Map<string, number>();
  const labels = { name };
  const { counter, gauge, histogram } = instruments;
  counter("workqueue_adds_total").inc(labels, 0);
  counter("workqueue_retries_total").inc(labels, 0);
  gauge("workqueue_depth").set(labels, 0);

  return {
    added: () => counter("workqueue_adds_total").inc(labels),
    started: (key, waitedMs) => {
      running.set(key, clock.now());
      histogram("workqueue_queue_duration_seconds").observe(labels, waitedMs / 1000);
    },
    finished: (key, { outcome, ms }) => {
      running.delete(key);
      histogram("workqueue_work_duration_seconds").observe(labels, ms / 1000);
      if (outcome.kind === "retry") counter("workqueue_retries_total").inc(labels);
    },
    depth: (due) => gauge("workqueue_depth").set(labels, due),
    refresh: () => {
      const lasting = [...running.values()].map((start) => (clock.now() - start) / 1000);
      gauge("workqueue_unfinished_work_seconds").set(labels, lasting.reduce((sum, one) => sum + one, 0));
      gauge("workqueue_longest_running_processor_seconds").set(
        labels,
        lasting.reduce((longest, one) => Math.max(longest, one), 0),
      );
    },
  };
}
