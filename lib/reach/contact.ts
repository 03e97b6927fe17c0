// What is known of one member's contact to its peers, and what a probe changes in it.
import type { Member } from "../member/member.ts";
import { peerKey } from "../network/network.ts";
import { type Problem, runtimeProblem } from "../network/problem.ts";
import type { PodReport } from "../report/report.ts";
import { cutOff, cutOffProblem } from "./cut_off.ts";
import type { LastProbe } from "./last_probes.ts";

/** What is kept of one member. Most have nothing to tell: an empty collection is one for all, so none is edited in place. */
export interface Contact {
  /** Networks (as of `peerKey`, here and below) in which it has asked, or stood before we came. */
  met: readonly string[];
  /** Failed in a row. */
  failures: ReadonlyMap<string, number>;
  problems: ReadonlyMap<string, Problem>;
  /** In which somebody did not answer, or it was not decided. */
  open: ReadonlySet<string>;
  attempts: number;
  errors: number;
  busy: boolean;
}

/** Milliseconds from the first try to the second, and then: doubling. */
export const pauses = { second: 5_000, first: 10_000, most: 60_000 } as const;

const none: ReadonlyMap<string, never> = new Map<string, never>();
const nowhere: ReadonlySet<string> = new Set();

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
  return {
    met: shown?.ready === "True" ? keys : [],
    failures: none,
    problems: message === undefined
      ? none
      : new Map([[shownBefore, runtimeProblem(pod, { kind: "unreachable", message })]]),
    open: message === undefined ? nowhere : new Set(keys),
    attempts: 0,
    errors: 0,
    busy: false,
  };
}

/** It has asked there. */
export function meet(contact: Contact, keys: readonly string[]): void {
  contact.met = [...new Set([...contact.met, ...keys])];
}

/** Nothing is said of networks in which it is no more, and nothing known. */
export function leaveOthers(contact: Contact, keys: readonly string[]): void {
  contact.problems = only(contact.problems, (key) => key === shownBefore || keys.includes(key));
  contact.failures = only(contact.failures, (key) => keys.includes(key));
  if (!contact.met.every((key) => keys.includes(key))) {
    contact.met = contact.met.filter((key) => keys.includes(key));
  }
}

/** It reaches somebody there, or nobody is there any more. True when that is news. */
export function clear(contact: Contact, key: string): boolean {
  const before = contact.problems;
  contact.failures = only(contact.failures, (one) => one !== key);
  contact.problems = only(before, (one) => one !== key && one !== shownBefore);
  return contact.problems !== before;
}

/** The same map when all of it stays. */
function only<Value>(
  map: ReadonlyMap<string, Value>,
  stays: (key: string) => boolean,
): ReadonlyMap<string, Value> {
  const left = [...map].filter(([key]) => stays(key));
  if (left.length === map.size) return map;
  return left.length === 0 ? none : new Map(left);
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
    contact.failures = failures > 0
      ? new Map([...contact.failures, [key, failures]])
      : only(contact.failures, (one) => one !== key);
    const [first] = all;
    if (first === undefined || failures < 2 || contact.problems.has(key)) continue;
    const problem = cutOffProblem(member, { network: first.network, pairs: all });
    contact.problems = only(new Map([...contact.problems, [key, problem]]), (one) => one !== shownBefore);
    worse = true;
  }
  contact.open = open.size === 0 ? nowhere : open;
  contact.attempts = open.size === 0 ? 0 : contact.attempts + 1;
  const again = open.size === 0 ? undefined : pauseAfter(contact.attempts);
  return { isNews: healed || worse, healed, again };
}

function pauseAfter(attempts: number): number {
  return attempts <= 1
    ? pauses.second
    : Math.min(pauses.most, pauses.first * 2 ** Math.min(10, attempts - 2));
}

/**
 * Whom it does not reach comes last: what keeps an interface from being there says more. By network, not by who failed
 * first: the same trouble is always the same text.
 */
export function withProblems(report: PodReport, contact: Contact): PodReport {
  const { state } = report;
  if (contact.problems.size === 0) return report;
  const problems = [...contact.problems].sort(([a], [b]) => a < b ? -1 : 1).map(([, problem]) => problem);
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
