// What happens to pods, told in the log: a line per change (peers: one for all), a line per problem (once, then counted).
import { dedupKey, gistOf, type Problem, problemText } from "../network/problem.ts";
import type { Log } from "../ops/log.ts";
import { createLogDeduplicator } from "../ops/dedup.ts";
import { changeSummary } from "../overlay/step_text.ts";
import { defined } from "../text/defined.ts";
import type { Clock } from "../time/clock.ts";
import { LogSums } from "./log_sums.ts";
import type { PodReport, ReportedPod, Reporter } from "./report.ts";

/** A reporter that writes to `log`; what it has summed up is said at its end. */
export function createLogReporter(
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Required<Reporter> & { readonly close: () => void } {
  const sums = new LogSums({ log, clock });
  const problems = createLogDeduplicator({ clock });
  const warnings = createLogDeduplicator({ clock });

  function warn(
    pod: ReportedPod,
    { found, said }: { readonly found: readonly Problem[]; readonly said: typeof problems },
  ): void {
    for (const problem of found) {
      const { say, suppressed } = said.problem(pod.uid, dedupKey(problem));
      if (!say) continue;
      const level = sums.isExample(gistOf(problem)) ? "warn" : "debug";
      const repeated = suppressed > 0 ? { repeated: suppressed } : {};
      log[level](problemText(problem), { member: nameOf(pod), kind: problem.kind, ...repeated });
    }
  }

  function report({ pod, state, warnings: notes }: PodReport): void {
    warn(pod, { found: notes, said: warnings });
    switch (state.kind) {
      case "failing":
        return warn(pod, { found: state.problems, said: problems });
      case "ready":
      case "former": {
        const repeated = problems.recovered(pod.uid);
        if (repeated !== undefined) log.info("recovered: in sync", { member: nameOf(pod), repeated });
        return;
      }
      case "waiting":
        return log.debug(`waiting: ${state.reason}`, { member: nameOf(pod) });
      default:
        state satisfies never;
    }
  }

  return {
    report,
    changed: (pod, steps) => {
      const level = sums.countPeers(pod.uid, steps) ? "debug" : "info";
      log[level](changeSummary(steps), { member: nameOf(pod) });
    },
    released: (pod, networks) => {
      const names = networks.map(({ name }) => name).join(", ");
      const text = names === "" ? "released: it asks for no network" : `released: ${names} ready`;
      log.info(text, { member: nameOf(pod) });
    },
    forget: (uid) => {
      for (const said of [problems, warnings]) said.forget(uid);
    },
    close: () => sums.close(),
  };
}

/**
 * The same calls to several reporters. A look may end after its pod is gone: of who `podOf` does not know nothing is told,
 * and to a report is added what the pod shows.
 */
export function joinReporters(
  reporters: readonly Reporter[],
  podOf: (uid: string) => Pick<PodReport, "shown"> | undefined = () => ({}),
): Required<Reporter> {
  const tell = (pod: ReportedPod, call: (each: Reporter) => void): void => {
    if (podOf(pod.uid) !== undefined) reporters.forEach(call);
  };
  return {
    report: (report) => {
      const shown = podOf(report.pod.uid)?.shown;
      tell(report.pod, (each) => each.report({ ...report, ...defined({ shown }) }));
    },
    changed: (pod, steps) => tell(pod, (each) => each.changed?.(pod, steps)),
    released: (pod, networks) => tell(pod, (each) => each.released?.(pod, networks)),
    forget: (uid) => reporters.forEach((each) => each.forget?.(uid)),
  };
}

function nameOf(pod: ReportedPod): string {
  return `${pod.namespace}/${pod.name}`;
}
