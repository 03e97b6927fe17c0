// What is known of the cluster: pods as members, and the networks' options. Tells which keys a change affects.
import {
  type ClusterNetworks,
  noClusterNetworks,
  readClusterNetworks,
} from "../../network/cluster_networks.ts";
import { type Member, type Membership, membership, type MembershipSettings } from "../../member/member.ts";
import { type Network, peerKey } from "../../network/network.ts";
import type { PodView } from "../../member/pod.ts";
import type { Problem } from "../../network/problem.ts";
import { addressConflicts, AddressIndex } from "./address_index.ts";
import { defaultMaxMembers, MemberLimit } from "./member_limit.ts";
import { addressesIn, PeerIndex, reachableIn } from "./peer_index.ts";
import {
  type Affected,
  fingerprintOf,
  graceEnd,
  nothing,
  problemsOf,
  type Selection,
  type Tracked,
  union,
  type WorkItem,
} from "./work_item.ts";

/** No I/O, no timers: the caller passes the monotonic time in. */
export class Store {
  readonly #settings: MembershipSettings;
  readonly #pods = new Map<string, Tracked>();
  readonly #segments = new PeerIndex();
  readonly #addresses = new AddressIndex();
  readonly #admission: MemberLimit;
  /** Networks a pod was last resolved with: what it holds survives the removal of a ConfigMap key. */
  readonly #held = new Map<string, ReadonlySet<string>>();
  /** Pods being deleted. */
  readonly #deleted = new Set<string>();
  #cluster: ClusterNetworks = noClusterNetworks;
  /** The latest time anybody told. */
  #now = 0;

  constructor(settings: MembershipSettings) {
    this.#settings = settings;
    this.#admission = new MemberLimit(this.#segments, settings.maxMembers ?? defaultMaxMembers);
  }

  get cluster(): ClusterNetworks {
    return this.#cluster;
  }

  /** What is to be said since the last call. */
  takeNotices(): readonly string[] {
    return this.#admission.takeNotices();
  }

  /** Every key, for a look at everything. */
  keys(): readonly string[] {
    return [...this.#pods.keys()];
  }

  /** The pod as it was last seen. */
  pod(uid: string): PodView | undefined {
    return this.#pods.get(uid)?.pod;
  }

  /** What is to be done for a key; undefined when nothing is (any more). */
  workItem(uid: string): WorkItem | undefined {
    const tracked = this.#pods.get(uid);
    if (tracked === undefined) return undefined;
    const { pod, membership, selection } = tracked;
    switch (membership.kind) {
      case "member":
        return selection === "selected"
          ? { kind: "member", member: membership.member }
          : { kind: "former", member: membership.member, selected: selection !== "label removed" };
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

  /** Pod IPs of the other members of the network's segment. */
  peersOf(uid: string, network: Network): readonly string[] {
    return this.#segments.peersOf(uid, peerKey(network));
  }

  /** Addresses of this member that others of its networks have too. They stop nothing, but people must know. */
  conflictsOf(member: Member): readonly Problem[] {
    const nameOf = (uid: string): string => {
      const pod = this.pod(uid);
      return pod === undefined ? "another member" : `${pod.namespace}/${pod.name}`;
    };
    return addressConflicts(member, { shared: this.#addresses.sharedBy(member.uid), nameOf });
  }

  /** Segments in which the pod is reachable. */
  segmentsOf(uid: string): Iterable<string> {
    return this.#segments.of(uid).keys();
  }

  /** Uids of those reachable in the segment. */
  membersOf(segment: string): Iterable<string> {
    return this.#segments.membersOf(segment);
  }

  /** For metrics. `rejected`: pods that do not get all they ask for. */
  counts(): {
    readonly members: number;
    readonly rejected: number;
    readonly segments: ReadonlyMap<string, number>;
  } {
    let [members, rejected] = [0, 0];
    for (const { membership } of this.#pods.values()) {
      if (membership.kind === "member") members++;
      if (problemsOf(membership).length > 0) rejected++;
    }
    return { members, rejected, segments: this.#segments.sizes() };
  }

  /** A complete list of the pods that `covers` selects (a namespace, or all): what is not in it is gone. */
  replacePods(
    pods: readonly PodView[],
    { now, covers }: { readonly now: number; readonly covers: (pod: PodView) => boolean },
  ): Affected {
    const listed = new Set(pods.map((pod) => pod.uid));
    const missing = [...this.#pods.values()].map((tracked) => tracked.pod)
      .filter((pod) => covers(pod) && !listed.has(pod.uid));
    return union([
      ...missing.map((pod) => this.removePod(pod.uid)),
      ...pods.map((pod) => this.putPod(pod, { now })),
    ]);
  }

  /** A pod as it is now. */
  putPod(pod: PodView, { now }: { readonly now: number }): Affected {
    return this.#put(pod, { now, selection: "selected" });
  }

  /** A pod that lives on without its label: its peers forget it, its own links are to be removed. */
  putUnlabelled(pod: PodView, { now }: { readonly now: number }): Affected {
    return this.#put(pod, { now, selection: "label removed" });
  }

  /** A pod that is gone, or a former member that is clean. */
  removePod(uid: string): Affected {
    const known = this.#pods.get(uid);
    if (known === undefined) return nothing;
    this.#pods.delete(uid);
    this.#held.delete(uid);
    this.#deleted.delete(uid);
    this.#admission.forget(uid);
    const { touched, admitted } = this.#announce(uid, absent);
    return union([{ changed: new Set(), touched, gone: [known.pod] }, admitted]);
  }

  /** The ConfigMap's data as it is now; undefined when there is no ConfigMap. */
  putConfigMap(
    data: Readonly<Record<string, string>> | undefined,
    { now }: { readonly now: number },
  ): Affected {
    this.#cluster = readClusterNetworks(data, {
      previous: this.#cluster,
      configMap: this.#settings.configMap,
    });
    return union([...this.#pods.values()].map(({ pod, selection }) => this.#put(pod, { now, selection })));
  }

  /** Ends the peerage of pods whose grace period has run out. */
  expire(now: number): Affected {
    const ended = this.#leaving().filter(({ graceEnds }) => (graceEnds ?? Infinity) <= now);
    return union(ended.map(({ pod, selection }) => this.#put(pod, { now, selection })));
  }

  /** The earliest monotonic time at which `expire` has something to do; undefined when nothing is pending. */
  nextExpiry(): number | undefined {
    const dates = this.#leaving().flatMap(({ graceEnds }) => graceEnds ?? []);
    return dates.length === 0 ? undefined : dates.reduce((a, b) => Math.min(a, b));
  }

  /** Pods being deleted that are still somebody's peer. */
  #leaving(): readonly Tracked[] {
    return [...this.#deleted].filter((uid) => this.#segments.of(uid).size > 0)
      .flatMap((uid) => this.#pods.get(uid) ?? []);
  }

  #put(pod: PodView, { now, selection }: { readonly now: number; readonly selection: Selection }): Affected {
    const evaluated = selection === "selected"
      ? this.#evaluate(pod)
      : this.#evaluate({ ...pod, annotation: "" });
    if (evaluated.kind === "none" && evaluated.reason === "no annotation") {
      return this.#put(pod, { now, selection: "annotation removed" });
    }
    if (evaluated.kind === "none") return this.removePod(pod.uid);
    const known = this.#pods.get(pod.uid);
    this.#now = Math.max(this.#now, now);
    const graceEnds = graceEnd(pod, { now, known: known?.graceEnds });
    const fingerprint = fingerprintOf(selection, evaluated);
    if (graceEnds !== undefined) this.#deleted.add(pod.uid);
    this.#pods.set(pod.uid, {
      pod,
      selection,
      membership: evaluated,
      fingerprint,
      ...(graceEnds === undefined ? {} : { graceEnds }),
    });
    const over = graceEnds !== undefined && graceEnds <= now;
    const { touched, admitted } = this.#announce(pod.uid, over ? absent : evaluated);
    const changed = fingerprint === known?.fingerprint ? new Set<string>() : new Set([pod.uid]);
    return union([{ changed, touched, gone: [] }, admitted]);
  }

  /** Tells the indices what a pod is to the others; gives those whom that concerns, and lets in who waited for it. */
  #announce(
    uid: string,
    evaluated: Membership,
  ): { readonly touched: ReadonlySet<string>; readonly admitted: Affected } {
    const before = this.#segments.of(uid);
    const after = reachableIn(evaluated);
    const peers = this.#segments.put(uid, after);
    const touched = peers.union(this.#addresses.put(uid, addressesIn(evaluated)));
    this.#admission.noteGrowth([...after.keys()].filter((segment) => !before.has(segment)));
    const left = [...before.keys()].filter((segment) => !after.has(segment));
    const waiting = [...this.#admission.admissible(left)].flatMap((other) => this.#pods.get(other) ?? []);
    const admitted = waiting.map(({ pod, selection }) => this.#put(pod, { now: this.#now, selection }));
    return { touched, admitted: admitted.length === 0 ? nothing : union(admitted) };
  }

  #evaluate(pod: PodView): Membership {
    const held = this.#held.get(pod.uid);
    const evaluated = this.#admission.review(membership(pod, {
      settings: this.#settings,
      cluster: this.#cluster,
      holds: (network) => held?.has(network) ?? false,
    }));
    if (evaluated.kind === "member") {
      this.#held.set(pod.uid, new Set(evaluated.member.networks.map((network) => network.name)));
    }
    return evaluated;
  }
}

const absent: Membership = { kind: "none", reason: "finished" };
