// What is known of one member's contact to its peers, and what a probe changes in it.
import type { Member } from "../member/member.ts";
import { peerKey } from "../network/network.ts";
import { type Problem, runtimeProblem } from "../network/problem.ts";
import type { PodReport } from "../report/report.ts";
import { cutOff, cutOffProblem } from "./cut_off.ts";
import type { LastProbe } from "./last_probes.ts";

/** What is kept of one member. */
export interface Contact {
  /** Networks (as of `peerKey`, here and below) in which it has asked, or stood before we came. */
  readonly met: Set<string>;
  /** Failed in a row. */
  readonly failures: Map<string, number>;
  readonly problems: Map<string, Problem>;
  /** In which somebody did not answer, or it was not decided. */
  open: ReadonlySet<string>;
  attempts: number;
  errors: number;
  busy: boolean;
}

/** Milliseconds from the first try to the second, and then: doubling. */
export const pauses = { second: 5_000, first: 10_000, most: 60_000 } as const;

/** Key of what a pod showed before we came: of which networks is not known. */
const shownBefore = "";

/** One that was ready before we came joins nothing; but who did not reach its peers then asks again. */
export function newContact(
  { pod, shown, keys }: {
    readonly pod: PodReport["pod"];
    readonly shown: PodReport["shown"];
    readonly keys: readonly string[];
  },
): Contact {
  const message = shown?.unreachable;
  const problems = new Map<string, Problem>();
  if (message !== undefined) problems.set(shownBefore, runtimeProblem(pod, { kind: "unreachable", message }));
  return {
    met: new Set(shown?.ready === "True" ? keys : []),
    failures: new Map(),
    problems,
    open: new Set(message === undefined ? [] : keys),
    attempts: 0,
    errors: 0,
    busy: false,
  };
}

/** Nothing is said of networks in which it is no more. */
export function leaveOthers(contact: Contact, keys: readonly string[]): void {
  for (const key of contact.problems.keys()) {
    if (key !== shownBefore && !keys.includes(key)) contact.problems.delete(key);
  }
}

/** It reaches somebody there, or nobody is there any more. True when that is news. */
export function clear(contact: Contact, key: string): boolean {
  contact.failures.delete(key);
  return [contact.problems.delete(key), contact.problems.delete(shownBefore)].some(Boolean);
}

/**
 * Takes down what was found: all of one asking. `isNews`: there is something else to tell; `healed`: it reaches who it did
 * not; `again`: milliseconds from the beginning of this asking to the next, if somebody did not answer, or nothing is known
 * yet (`undecided`: in these networks).
 */
export function takeDown(
  contact: Contact,
  { member, pairs, undecided }: {
    readonly member: Member;
    readonly pairs: readonly LastProbe[];
    readonly undecided: readonly string[];
  },
): { readonly isNews: boolean; readonly healed: boolean; readonly again: number | undefined } {
  const open = new Set(undecided);
  let [healed, worse] = [false, false];
  for (const [key, all] of Map.groupBy(pairs, ({ network }) => peerKey(network))) {
    if (all.some(({ outcome }) => outcome.kind === "unreachable")) open.add(key);
    const isCutOff = cutOff(all);
    if (isCutOff === "no") healed = clear(contact, key) || healed;
    const failures = isCutOff === "yes" ? (contact.failures.get(key) ?? 0) + 1 : 0;
    contact.failures.set(key, failures);
    const [first] = all;
    if (first === undefined || failures < 2 || contact.problems.has(key)) continue;
    contact.problems.set(key, cutOffProblem(member, { network: first.network, pairs: all }));
    contact.problems.delete(shownBefore);
    worse = true;
  }
  contact.open = open;
  contact.attempts = open.size === 0 ? 0 : contact.attempts + 1;
  const again = open.size === 0 ? undefined : pauseAfter(contact.attempts);
  return { isNews: healed || worse, healed, again };
}

function pauseAfter(attempts: number): number {
  return attempts <= 1
    ? pauses.second
    : Math.min(pauses.most, pauses.first * 2 ** Math.min(10, attempts - 2));
}

/** Whom it does not reach comes last: what keeps an interface from being there says more. */
export function withProblems(report: PodReport, problems: readonly Problem[]): PodReport {
  const { state } = report;
  switch (state.kind) {
    case "ready":
      return { ...report, state: { kind: "failing", problems } };
    case "failing":
      return { ...report, state: { kind: "failing", problems: [...state.problems, ...problems] } };
    case "waiting":
    case "former":
      return report;
    default:
      return state satisfies never;
  }
}
