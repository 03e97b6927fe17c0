// What the result of a look means: where the pod stands, in words, and when to look again. Pure.
import type { Member } from "../member/member.ts";
import type { Network } from "../network/network.ts";
import type { Problem, ProblemKind } from "../network/problem.ts";
import type { Observation } from "../overlay/observation.ts";
import { describe } from "../overlay/step_text.ts";
import type { Step } from "../overlay/step.ts";
import type { Convergence } from "./agent/converge.ts";
import type { Outcome } from "../queue/work_queue.ts";
import type { NetworkState, PodReport, PodState } from "../report/report.ts";
import type { WorkItem } from "./store/work_item.ts";
import { defined } from "../text/defined.ts";

export interface Evaluation {
  /** All that was asked for is there, read back, and nothing is wrong: the pod may be released. */
  readonly holds: boolean;
  readonly report: PodReport;
  readonly outcome: Outcome;
}

/** Judges what `converge` left behind. `conflicts` must be told, but nothing waits for their end. */
export function evaluate(
  item: WorkItem & { kind: "member" | "former" },
  { result, conflicts }: { readonly result: Convergence; readonly conflicts: readonly Problem[] },
): Evaluation {
  const { member } = item;
  const problems = [...member.problems, ...problemsOf(member, result)];
  const told = [...problems, ...conflicts];
  const networks = networkStates(member, { observed: result.observed, problems: told });
  const state = stateOf(item, told);
  return {
    holds: problems.length === 0 && result.verifyIn === undefined,
    report: {
      pod: member,
      state,
      holds: problems.length === 0,
      warnings: member.warnings,
      networks,
      entriesMissing: result.entriesMissing,
    },
    outcome: outcomeOf(result, problems),
  };
}

/** Nothing can be done at the moment; what is wrong with the request is said all the same. */
export function waitingReport(member: Member, reason: string): PodReport {
  const state: PodState = member.problems.length === 0
    ? { kind: "waiting", reason }
    : { kind: "failing", problems: member.problems };
  return { pod: member, state, holds: false, warnings: member.warnings, networks: [] };
}

/** A problem of a pod that is met while serving it. */
export function runtimeProblem(
  member: Member,
  { kind, message, network }: {
    readonly kind: ProblemKind;
    readonly message: string;
    readonly network?: string | undefined;
  },
): Problem {
  const source = { kind: "pod", namespace: member.namespace, pod: member.name } as const;
  return { kind, source, message, ...(network === undefined ? {} : { network }) };
}

function problemsOf(member: Member, { obstacles, remaining, refusals }: Convergence): readonly Problem[] {
  const inTheWay = obstacles.map((each) =>
    runtimeProblem(member, { kind: each.kind, message: each.reason, network: each.network })
  );
  const reasons = new Map(refusals.map(({ step, message }) => [JSON.stringify(step), message]));
  const refused = remaining.map((step) =>
    runtimeProblem(member, {
      kind: "setup-failed",
      network: networkOf(member, step),
      message: `Cannot ${describe(step)}: ${
        reasons.get(JSON.stringify(step)) ?? "tried, but it is as before"
      }`,
    })
  );
  return [...inTheWay, ...refused];
}

function networkOf(member: Member, step: Step): string | undefined {
  if (step.kind === "set-ready") return undefined;
  return member.networks.find(({ interfaceName }) => interfaceName === step.interfaceName)?.name;
}

function stateOf(
  item: WorkItem & { kind: "member" | "former" },
  problems: readonly Problem[],
): PodState {
  if (problems.length > 0) return { kind: "failing", problems };
  return item.kind === "former" ? { kind: "former" } : { kind: "ready" };
}

/**
 * What the user wrote wrong is mended by an event. What stands in the way inside the pod may go without one, and
 * what the kernel refused may work later: those are tried again.
 */
function outcomeOf(
  { obstacles, remaining, verifyIn = Infinity, relearnedIn = Infinity }: Convergence,
  problems: readonly Problem[],
): Outcome {
  const soonest = Math.min(verifyIn, relearnedIn);
  const later = soonest === Infinity ? {} : { requeueAfter: soonest };
  const [first] = problems;
  if (first === undefined) return { kind: "done", ...later };
  if (obstacles.length + remaining.length > 0) return { kind: "retry", reason: first.message };
  return { kind: "wait", reason: first.message, ...later };
}

function networkStates(
  member: Member,
  { observed, problems }: { readonly observed: Observation; readonly problems: readonly Problem[] },
): readonly NetworkState[] {
  return member.networks.map((network) => networkStateOf(network, { observed, problems }));
}

function networkStateOf(
  network: Network,
  { observed, problems }: { readonly observed: Observation; readonly problems: readonly Problem[] },
): NetworkState {
  const link = observed.links.find((each) => each.name === network.interfaceName);
  const problem = problems.find((each) => each.network === network.name)?.message;
  return {
    network,
    holds: link !== undefined && problem === undefined,
    ...(link === undefined ? {} : { mac: link.mac, mtu: link.mtu }),
    ...defined({ problem }),
  };
}
