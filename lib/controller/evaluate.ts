// What the result of a look means: where the pod stands, in words, and when to look again. Pure.
import type { Member } from "../member/member.ts";
import type { Network } from "../network/network.ts";
import type { Problem } from "../network/problem.ts";
import { contains, readCidr } from "../network/grammar/address.ts";
import type { KernelState, ObservedLink } from "../overlay/observation.ts";
import { problemsOf } from "../overlay/unfinished.ts";
import { untended } from "../overlay/untended.ts";
import type { Convergence } from "./agent/convergence.ts";
import type { Outcome } from "../queue/work_queue.ts";
import type { NetworkState, PodReport, PodState } from "../report/report.ts";
import type { WorkItem } from "./store/work_item.ts";
import { defined } from "../text/defined.ts";

/** What a look comes to. */
export interface Evaluation {
  /** While it `holds` the pod may be released. */
  readonly report: PodReport;
  readonly outcome: Outcome;
}

/**
 * Judges what `converge` left behind. `conflicts` must be told, but nothing waits for their end.
 *
 *   what is wrong                           | state           | looked at again     | may be released
 *   ----------------------------------------|-----------------|---------------------|----------------
 *   nothing                                 | ready or former | at its next reading | yes
 *   an address that others have too         | failing         | at its next reading | yes
 *   what its author wrote                   | failing         | by event            | no
 *   something in the way, a step that fails | failing         | with backoff        | no
 */
export function evaluate(
  item: WorkItem & { kind: "member" | "former" },
  { result, annotationKey, conflicts, settlesIn = Infinity }: {
    readonly result: Convergence;
    readonly annotationKey: string;
    readonly conflicts: readonly Problem[];
    /** Milliseconds after which there may be other conflicts to tell. */
    readonly settlesIn?: number;
  },
): Evaluation {
  const { member } = item;
  const left = untended(member, { ...result.kernel, annotationKey });
  const problems = [...member.problems, ...problemsOf(member, result), ...left];
  const told = [...problems, ...conflicts];
  const networks = networkStates(member, { kernel: result.kernel, problems: told });
  const state: PodState = told.length > 0
    ? { kind: "failing", problems: told }
    : { kind: item.kind === "former" ? "former" : "ready" };
  return {
    report: {
      pod: member,
      state,
      holds: problems.length === 0,
      warnings: member.warnings,
      networks,
      entriesMissing: result.entriesMissing,
    },
    outcome: outcomeOf({ ...result, lookIn: Math.min(result.lookIn, settlesIn) }, problems),
  };
}

/** Nothing can be done at the moment; what is wrong with the request is said all the same. */
export function waitingReport(member: Member, reason: string): PodReport {
  const idle: PodState = member.onlyShows ? { kind: "former" } : { kind: "waiting", reason };
  const { problems } = member;
  const state: PodState = problems.length === 0 ? idle : { kind: "failing", problems };
  return { pod: member, state, holds: false, warnings: member.warnings, networks: [] };
}

/** What stands in the way inside the pod may go without an event, and what the kernel refused may work later. */
function outcomeOf({ obstacles, steps, lookIn }: Convergence, problems: readonly Problem[]): Outcome {
  const [first] = problems;
  if (first === undefined) return { kind: "done", requeueAfter: lookIn };
  if (obstacles.length + steps.length > 0) return { kind: "retry", reason: first.message };
  return { kind: "wait", reason: first.message, requeueAfter: lookIn };
}

/** What was read of each network. */
function networkStates(
  member: Member,
  { kernel, problems }: { readonly kernel: KernelState; readonly problems: readonly Problem[] },
): readonly NetworkState[] {
  return member.networks.map((each) => {
    const link = kernel.links.find(({ name }) => name === each.interfaceName);
    const network = each.pool?.open === true ? withAddressesOf(link, each) : each;
    const problem = problems.find((one) => one.network === network.name)?.message;
    const holds = link !== undefined && problem === undefined;
    return { network, holds, ...defined({ mac: link?.mac, mtu: link?.mtu, problem }) };
  });
}

/** Which addresses it is to have is open: besides those that are known it has those that it has of the pool. */
function withAddressesOf(link: ObservedLink | undefined, network: Network): Network {
  const subnets = network.pool?.subnets ?? [];
  const others = (link?.addresses ?? []).flatMap((text) => readCidr(text) ?? [])
    .filter(({ address }) => subnets.some(({ subnet }) => contains(subnet, address)));
  return { ...network, addresses: [...network.addresses, ...others] };
}
