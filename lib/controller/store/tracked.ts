// Everything that is known of one pod: its record, with which all of it ends.
import {
  mayHaveOthers,
  type Member,
  type Membership,
  membership,
  type MembershipContext,
} from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";
import { type Network, peerKey } from "../../network/network.ts";
import type { PoolAnswer } from "../../network/pool.ts";
import type { PoolRequest } from "../../network/pool_request.ts";
import { namesPooled } from "../../member/pool_requests.ts";
import { addressesFound, addressesGone } from "../../overlay/claimed_addresses.ts";
import { borneOut, type ClaimContext, linkedNetworks } from "../../overlay/claimed_networks.ts";
import { type HadForms, hadNow, lastForms } from "../../overlay/had_forms.ts";
import { compact } from "../../text/defined.ts";
import type { Counted } from "../../report/counts.ts";
import type { Timed } from "../../report/latency.ts";
import { PodCache } from "../agent/pod_cache.ts";
import type { Selection, WorkItem } from "./work_item.ts";

/** Added (ms) to a grace period before the pod counts as gone: the kubelet kills at its end, not before. */
const graceMargin = 2_000;

/** One for all: thousands of empty maps take megabytes. */
const none: ReadonlyMap<string, never> = new Map<string, never>();

/** One pod. */
export class Tracked implements Counted, Timed, HadForms {
  readonly uid: string;
  pod: PodView;
  selection: Selection = "selected";
  /** The selected pod of which everything is known that follows from it: in a list it is no news. */
  settled: PodView | undefined;
  /** What it asks for, before anybody looks at how many others do. */
  asked: Membership = { kind: "none", reason: "no annotation" };
  /** Of the networks at cluster level by which that was judged. */
  generation = 0;
  membership: Membership = this.asked;
  /** Why it is followed, and whether it is a former member, when that was last told; empty before. */
  standing = "";
  /** When it stops being a peer though it is still there (monotonic ms); Infinity while it is not being deleted. */
  graceEnds = Infinity;
  good: readonly Network[] = [];
  left: readonly Network[] = [];
  holds: readonly string[] = [];
  /** Networks that it must not have, by name, until it may: though the rule that said so may be gone before its link. */
  out: readonly string[] = [];
  /** What the pools have answered, by network. */
  answers: ReadonlyMap<string, PoolAnswer> = none;
  /** Networks whose addresses of pools a look has found gone, since it asks for them no more. */
  returned: readonly string[] = [];
  /** What it asks of them. */
  requests: readonly PoolRequest[] = [];
  /** Addresses that it had of pools at the first look, by network. */
  found: ReadonlyMap<string, readonly string[]> = none;
  /** Networks in whose name links of ours stood at the first look, whatever they are. */
  adrift: readonly string[] = [];
  /** False until its kernel was looked at for the first time. In which nothing has run yet nothing can be found. */
  seen: boolean;
  /** It may have interfaces of ours. */
  wasServed: boolean;
  /** Nothing of ours is left in it, and it asks for nothing. */
  clean = false;
  /** It is about to be looked at. */
  due = false;
  /** Number of the last change that the last look at it knew of. */
  began = 0;
  /** What the last looks have found in its kernel. */
  readonly cache = new PodCache();
  counted?: Counted["counted"];
  times?: Timed["times"];

  constructor(pod: PodView) {
    this.uid = pod.uid;
    this.pod = pod;
    this.seen = [...pod.initContainers, ...pod.containers].every(({ containerId }) => containerId === "");
    this.wasServed = pod.shown !== undefined;
  }

  /** The form in which it last had each of its networks, by name. */
  get lastGood(): ReadonlyMap<string, Network> {
    return lastForms(this, this.cache.cached?.kernel);
  }

  /** It asks for nothing: what it has of ours is to go. */
  get isFormer(): boolean {
    return this.selection !== "selected" || this.pod.annotation === undefined;
  }

  /** What is to be done; undefined when nothing is (any more). */
  get workItem(): WorkItem | undefined {
    const { pod, membership, selection } = this;
    switch (membership.kind) {
      case "member":
        if (!this.isFormer) return { kind: "member", member: membership.member };
        return this.clean
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

  /** Its containers wait for its networks. A native sidecar that was released, and so is ready, is still set up. */
  get isAwaited(): boolean {
    const { workItem: item, pod } = this;
    if (item?.kind !== "member" || item.member.phase.kind !== "setup") return false;
    return item.member.phase.release === "terminate" || pod.shown?.ready !== "True";
  }

  /** As it is now. Its grace period counts from the first sight, unless a later deletion shortens it. */
  see(pod: PodView, { now, selection }: { readonly now: number; readonly selection: Selection }): void {
    const { deletion } = pod;
    // What an edit of its own leads into is another network: it has no place there yet.
    if (pod.annotation !== this.pod.annotation) {
      this.holds = compact(this.good.filter((one) => this.isHeld(one)).map(peerKey));
    }
    const graceEnds = deletion && Math.min(this.graceEnds, now + deletion.graceSeconds * 1000 + graceMargin);
    Object.assign(this, { pod, selection, graceEnds: graceEnds ?? Infinity });
  }

  /** Judges what it asks for. Without its label that is nothing, and one that cannot be served then needs nothing either. */
  ask(around: Pick<MembershipContext, "settings" | "cluster">): void {
    const { pod, lastGood, answers, wasServed, clean } = this;
    const context = { ...around, lastGood, answers };
    const { annotation: _, misnamed: __, ...bare } = pod;
    this.asked = this.selection === "selected"
      ? this.#stillForbidden(membership(pod, { ...context, wasServed: wasServed && !clean }))
      : membership(bare, { ...context, wasServed: true, isUnlabelled: true });
  }

  /** What must go must go until it may be had again. */
  #stillForbidden(asked: Membership): Membership {
    if (asked.kind !== "member") return asked;
    const { networks, forbidden } = asked.member;
    const out = new Set([...this.out, ...forbidden]).difference(new Set(networks.map(({ name }) => name)));
    return { kind: "member", member: { ...asked.member, forbidden: compact([...out].sort()) } };
  }

  /** What it is now is taken down; true when that is something else than before. Being deleted changes only its peers. */
  settle(membership: Membership): boolean {
    const before = textOf(this.membership);
    const standing = this.isFormer ? `former, ${this.selection}` as const : this.selection;
    this.membership = membership;
    if (membership.kind === "member") this.#rememberGood(membership.member);
    if (standing === this.standing && textOf(membership) === before) return false;
    Object.assign(this, { standing, clean: this.clean && membership.kind === "none", due: true });
    return true;
  }

  #rememberGood(member: Member): void {
    this.out = member.forbidden;
    const pooled = namesPooled(this.membership);
    this.returned = compact(this.returned.filter((name) => !pooled.has(name)));
    const { asked, seen, cache: { cached } } = this;
    Object.assign(this, hadNow(this, { member, asked, seen, kernel: cached?.kernel }));
    this.wasServed ||= !this.isFormer && !member.onlyShows;
  }

  isHeld(network: Network): boolean {
    return this.holds.includes(network.name) || this.holds.includes(peerKey(network));
  }

  /** What it was given and asks for no more comes back when it has gone from its kernel. True: something has. */
  giveBack(context: ClaimContext): boolean {
    const before = this.returned;
    this.returned = compact(addressesGone(this, context));
    return !this.returned.every((network) => before.includes(network));
  }

  /** It may have had more before we came than is known of it, and a look would tell. */
  get mayHaveMore(): boolean {
    const { membership } = this;
    return this.mayHold && membership.kind === "member" && membership.member.phase.kind !== "wait";
  }

  /** The same, be its agent there or not. */
  get mayHold(): boolean {
    return !this.seen && this.membership.kind === "member" && mayHaveOthers(this.membership.member);
  }

  /**
   * Gives the pod back what it had of networks that cannot be had at the moment, and its places in those that can. A link
   * into a network that is closed to it must go, whatever the annotation says.
   */
  believe(context: ClaimContext): void {
    const { asked, pod } = this;
    if (this.mayHold) this.adrift = compact(linkedNetworks(context));
    this.seen = true;
    this.found = addressesFound(this, context);
    if (asked.kind !== "member") return;
    const { closed, had, held } = borneOut(pod, { ...context, asked: asked.member, good: this.good });
    this.out = compact([...new Set([...this.out, ...closed])]);
    this.good = compact(had);
    this.holds = compact([...new Set([...this.holds, ...held])]);
  }
}

/** Equal text: nothing to do. It is made anew each time, for ten thousand of them would be kept for nothing. */
function textOf(judged: Membership): string {
  if (judged.kind !== "member") return JSON.stringify(judged);
  const { leaving: _, meant: __, ...member } = judged.member;
  return JSON.stringify(member);
}
