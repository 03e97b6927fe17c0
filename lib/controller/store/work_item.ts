// What is known of one pod, what is to be done for it, and which keys a change affects.
import { type Member, type Membership, membership, type MembershipContext } from "../../member/member.ts";
import type { PoolAnswer } from "../../network/pool.ts";
import type { PoolRequest } from "../../network/pool_request.ts";
import type { PodView } from "../../member/pod.ts";
import type { Network } from "../../network/network.ts";
import type { Problem } from "../../network/problem.ts";

/**
 * What the reconciler is to do for one key (a pod's uid).
 * - `member`: make its kernel hold what its networks want.
 * - `former`: it asks for nothing (any more): remove what is ours, and let it go if it waits for us.
 *   `selected` is false once its label is gone: no event will come for it, so it is forgotten when it is clean.
 * - `refused`, `pending`: nothing to do but to say why.
 */
export type WorkItem =
  | { readonly kind: "member"; readonly member: Member }
  | { readonly kind: "former"; readonly member: Member; readonly selected: boolean }
  | { readonly kind: "refused"; readonly pod: PodView; readonly membership: Membership & { kind: "refused" } }
  | { readonly kind: "pending"; readonly pod: PodView };

/** Its containers wait for its networks. A native sidecar that was released, and so is `ready`, is still set up. */
export function isAwaited(item: WorkItem | undefined, ready: string | undefined): boolean {
  if (item?.kind !== "member" || item.member.phase.kind !== "setup") return false;
  return item.member.phase.release === "terminate" || ready !== "True";
}

/** Keys to look at because of what the pods themselves say. Those of their peers are `takeTouched` of the store. */
export interface Affected {
  readonly changed: ReadonlySet<string>;
  /** No longer in the store: what was kept about them elsewhere can go. */
  readonly gone: readonly PodView[];
}

/** Why we follow a pod. */
export type Selection = "selected" | "label removed";

/** Everything that is kept of one pod. */
export interface Tracked {
  readonly uid: string;
  pod: PodView;
  selection: Selection;
  /** What it asks for, before anybody looks at how many others do. */
  asked: Membership;
  membership: Membership;
  /** Membership as text: equal text, nothing to do. */
  fingerprint: string;
  /** When it stops being a peer though it is still there (monotonic ms); set once it is being deleted. */
  graceEnds: number | undefined;
  /** The form in which it last had each of its networks. */
  readonly lastGood: Map<string, Network>;
  /** Networks that it has been let into, by name. */
  readonly holds: Set<string>;
  /** Networks that it must not have, by name, until it may: though the rule that said so may be gone before its link. */
  readonly out: Set<string>;
  /** What the pools have answered, by network. */
  answers: ReadonlyMap<string, PoolAnswer>;
  /** What it asks of them. */
  requests: readonly PoolRequest[];
  /** Addresses that it had of pools at the first look, by network. */
  found: ReadonlyMap<string, readonly string[]>;
  /** False until its kernel was looked at for the first time. */
  seen: boolean;
  /** It may have interfaces of ours. */
  wasServed: boolean;
  /** Nothing of ours is left in it, and it asks for nothing. */
  clean: boolean;
  /** It is about to be looked at. */
  due: boolean;
  /** Number of the last change that the last look at it knew of. */
  began: number;
}

/** Added (ms) to a grace period before the pod counts as gone: the kubelet kills at its end, not before. */
const graceMargin = 2_000;

/** A pod that was not known before. */
export function newlyTracked(pod: PodView): Tracked {
  const nothing: Membership = { kind: "none", reason: "no annotation" };
  return {
    uid: pod.uid,
    pod,
    selection: "selected",
    asked: nothing,
    membership: nothing,
    fingerprint: "",
    graceEnds: undefined,
    lastGood: new Map(),
    holds: new Set(),
    out: new Set(),
    answers: new Map(),
    requests: [],
    found: new Map(),
    // In which nothing has run yet nothing can be found.
    seen: [...pod.initContainers, ...pod.containers].every(({ containerId }) => containerId === ""),
    wasServed: pod.shown !== undefined,
    clean: false,
    due: false,
    began: 0,
  };
}

/** Nothing, or what it has of ours, is asked for. */
export function isFormer({ pod, selection }: Tracked): boolean {
  return selection !== "selected" || pod.annotation === undefined;
}

/** What is to be done; undefined when nothing is (any more). */
export function workItemOf(tracked: Tracked): WorkItem | undefined {
  const { pod, membership, selection, clean } = tracked;
  switch (membership.kind) {
    case "member":
      if (!isFormer(tracked)) return { kind: "member", member: membership.member };
      return clean
        ? undefined
        : { kind: "former", member: membership.member, selected: selection === "selected" };
    case "refused":
      return { kind: "refused", pod, membership };
    case "pending":
      return { kind: "pending", pod };
    case "none":
      return undefined;
    default:
      return membership satisfies never;
  }
}

/** What it asks for. Without its label it asks for nothing, and one that cannot be served then needs nothing either. */
export function askedBy(
  { pod, selection, lastGood, answers, out, wasServed, clean }: Tracked,
  around: Pick<MembershipContext, "settings" | "cluster">,
): Membership {
  const context = { ...around, lastGood, answers };
  if (selection === "selected") {
    return stillForbidden(membership(pod, { ...context, wasServed: wasServed && !clean }), out);
  }
  const { annotation: _, misnamed: __, ...bare } = pod;
  const judged = membership(bare, { ...context, wasServed: true });
  return judged.kind === "refused" ? { kind: "none", reason: "finished" } : judged;
}

/** What must go must go until it may be had again. */
function stillForbidden(asked: Membership, out: Set<string>): Membership {
  if (asked.kind !== "member") return asked;
  const { networks, forbidden } = asked.member;
  for (const name of forbidden) out.add(name);
  for (const { name } of networks) out.delete(name);
  return { kind: "member", member: { ...asked.member, forbidden: [...out].sort() } };
}

/** Networks that it names, has not, and might have. */
export function openNames({ unresolved, forbidden }: Member): readonly string[] {
  return unresolved.filter((name) => !forbidden.includes(name));
}

/** It may have had more before we came than is known of it, and a look would tell. */
export function mayHaveMore({ seen, membership }: Tracked): boolean {
  if (seen || membership.kind !== "member") return false;
  return openNames(membership.member).length > 0 && membership.member.phase.kind !== "wait";
}

/** What keeps the pod from having all it asks for. */
export function problemsOf(judged: Membership): readonly Problem[] {
  if (judged.kind === "refused") return judged.problems;
  return judged.kind === "member" ? judged.member.problems : [];
}

/** Being deleted changes nothing in the pod itself, only for its peers. */
export function fingerprintOf(tracked: Tracked): string {
  const { membership, selection } = tracked;
  const how = [selection, isFormer(tracked)];
  if (membership.kind !== "member") return JSON.stringify([how, membership]);
  const { leaving: _, ...member } = membership.member;
  return JSON.stringify([how, member]);
}

/** Takes down what the pod has now. A network that it asks for no more, or must not have, is forgotten. */
export function rememberGood(tracked: Tracked): void {
  const { membership, lastGood, holds, seen } = tracked;
  if (membership.kind !== "member") return;
  const { networks } = membership.member;
  for (const network of networks) {
    lastGood.set(network.name, network);
    if (seen) holds.add(network.name);
  }
  const named = new Set([...networks.map(({ name }) => name), ...openNames(membership.member)]);
  for (const name of lastGood.keys()) if (!named.has(name)) lastGood.delete(name);
  for (const name of holds) if (!named.has(name)) holds.delete(name);
  tracked.wasServed ||= !isFormer(tracked);
}

/** Counted from the first sight, unless a later deletion shortens the grace period. */
export function graceEnd(
  pod: PodView,
  { now, known }: { readonly now: number; readonly known: number | undefined },
): number | undefined {
  if (pod.deletion === undefined) return undefined;
  return Math.min(known ?? Infinity, now + pod.deletion.graceSeconds * 1000 + graceMargin);
}

/** `rejected`: pods that do not get all they ask for. */
export function countsOf(
  all: readonly Tracked[],
): { readonly members: number; readonly rejected: number } {
  const isMember = (tracked: Tracked): boolean => tracked.membership.kind === "member" && !isFormer(tracked);
  const isRejected = ({ membership }: Tracked): boolean => problemsOf(membership).length > 0;
  return { members: all.filter(isMember).length, rejected: all.filter(isRejected).length };
}
