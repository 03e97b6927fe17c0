// What happens to pods, told in the log: a line per change, a line per problem (once, then counted), none when healthy.
import { dedupKey, problemText } from "../network/problem.ts";
import type { Log } from "../ops/log.ts";
import { createLogDeduplicator } from "../ops/dedup.ts";
import { changeSummary } from "../overlay/step_text.ts";
import type { PodReport, Reporter } from "./report.ts";

/** Pods whose problems are remembered; beyond that the oldest may be said again. */
const remembered = 10_000;

/** A reporter that writes to `log`. */
export function createLogReporter(log: Log): Reporter {
  const problems = createLogDeduplicator({ limit: remembered });
  const warnings = createLogDeduplicator({ limit: remembered });

  function report({ pod, state, warnings: notes }: PodReport): void {
    const member = nameOf(pod);
    for (const note of notes) {
      const text = problemText(note);
      if (warnings.problem(`${pod.uid}/${text}`, text).say) log.warn(text, { member });
    }
    switch (state.kind) {
      case "failing":
        for (const problem of state.problems) {
          const text = problemText(problem);
          const { say, suppressed } = problems.problem(pod.uid, dedupKey(problem));
          if (say) {
            log.warn(text, {
              member,
              kind: problem.kind,
              ...(suppressed > 0 ? { repeated: suppressed } : {}),
            });
          }
        }
        return;
      case "ready":
      case "former": {
        const repeated = problems.recovered(pod.uid);
        if (repeated !== undefined) log.info("recovered: in sync", { member, repeated });
        return;
      }
      case "waiting":
        log.debug(`waiting: ${state.reason}`, { member });
        return;
      default:
        state satisfies never;
    }
  }

  return {
    report,
    changed: (pod, steps) => log.info(changeSummary(steps), { member: nameOf(pod) }),
    released: (pod, networks) =>
      log.info(`released: ${networks.map((network) => network.name).join(", ") || "no networks"} ready`, {
        member: nameOf(pod),
      }),
    forget: (pod) => {
      problems.recovered(pod.uid);
    },
  };
}

/** The same calls to several reporters. */
export function joinReporters(reporters: readonly Reporter[]): Reporter {
  return {
    report: (report) => reporters.forEach((each) => each.report(report)),
    changed: (pod, steps) => reporters.forEach((each) => each.changed(pod, steps)),
    released: (pod, networks) => reporters.forEach((each) => each.released(pod, networks)),
    forget: (pod) => reporters.forEach((each) => each.forget(pod)),
  };
}

function nameOf(pod: { readonly namespace: string; readonly name: string }): string {
  return `${pod.namespace}/${pod.name}`;
}
