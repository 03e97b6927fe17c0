// What is known of the cluster: pods as members, and the networks' options. Tells which keys a change affects.
import type { ClusterNetworks } from "../../network/cluster_networks.ts";
import { type MembershipSettings, problemsOf } from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";
import { poolRequests } from "../../member/pool_requests.ts";
import type { Problem } from "../../network/problem.ts";
import type { KernelState } from "../../overlay/observation.ts";
import type { PoolAnswers } from "../../network/pool_request.ts";
import { defaultMaxMembers } from "./member_limit.ts";
import { withoutFull } from "../../member/without_full.ts";
import { type Totals, totals } from "../../report/counts.ts";
import { KnownNetworks } from "./known_networks.ts";
import { Surroundings } from "./surroundings.ts";
import { Tracked } from "./tracked.ts";
import { atHand, atOnce, forEach, type Pieces } from "../../time/pieces.ts";
import type { Affected, Selection, WorkItem } from "./work_item.ts";

/** No I/O, no timers: the caller passes the monotonic time in. */
export class Store {
  readonly #settings: MembershipSettings;
  readonly #pods = new Map<string, Tracked>();
  /** What they are to each other, and what is reserved for whom. */
  readonly surroundings: Surroundings;
  readonly networks: KnownNetworks;
  /** Pods being deleted whose grace period has not run out. */
  readonly #leaving = new Set<Tracked>();
  /** The latest time anybody told. */
  #now = 0;
  /** What has changed since somebody asked. */
  readonly #unsettled = new Set<string>();
  #changed = new Set<string>();
  #gone: PodView[] = [];

  constructor(settings: MembershipSettings) {
    this.#settings = settings;
    this.networks = new KnownNetworks(settings.configMap);
    this.surroundings = new Surroundings(settings.maxMembers ?? defaultMaxMembers, this.#pods);
  }

  get cluster(): ClusterNetworks {
    return this.networks.cluster;
  }

  /** What is to be done for a key; undefined when nothing is (any more). */
  workItem(uid: string): WorkItem | undefined {
    return this.#pods.get(uid)?.workItem;
  }

  /** The record, for one who looks at the pod now: he knows of all changes until now. */
  begin(uid: string): Readonly<Tracked> | undefined {
    const tracked = this.#pods.get(uid);
    return tracked && Object.assign(tracked, { due: false, began: this.surroundings.changes });
  }

  /** All that is wrong as far as it can be known without looking into the pod: the same for every place that says it. */
  problemsOf(uid: string): readonly Problem[] {
    const { membership } = this.#pods.get(uid) ?? { membership: { kind: "pending" } };
    const conflicts = membership.kind === "member" ? this.surroundings.conflictsOf(membership.member) : [];
    return [...problemsOf(membership), ...conflicts];
  }

  /** For metrics. */
  counts(): ReturnType<Surroundings["counts"]> & Totals & {
    readonly members: number;
    readonly rejected: number;
  } {
    const all = [...this.#pods.values()];
    return {
      ...this.surroundings.counts(),
      ...totals(all),
      members: all.filter(({ membership, isFormer }) => membership.kind === "member" && !isFormer).length,
      rejected: all.filter(({ membership }) => problemsOf(membership).length > 0).length,
    };
  }

  /** A complete list of the pods that `covers` selects (a namespace, or all): what is not in it is gone. */
  replacePods(...list: Parameters<Store["replacing"]>): Affected {
    return atOnce(this.replacing(...list));
  }

  /** The same in pieces, like all that may concern every pod: in between others may ask and tell. `missing`: not in the list. */
  *replacing(
    pods: readonly PodView[],
    { now, covers }: { readonly now: number; readonly covers: (pod: PodView) => boolean },
  ): Pieces<Affected & { readonly missing: readonly PodView[] }> {
    const listed = new Set(pods.map((pod) => pod.uid));
    // In no list is one without its label.
    const known = [...this.#pods.values()].filter(({ selection }) => selection === "selected");
    const missing = known.map(({ pod }) => pod).filter((pod) => covers(pod) && !listed.has(pod.uid));
    yield* forEach(missing, ({ uid }) => this.#remove(uid));
    yield* forEach(pods, (pod) => {
      if (this.#pods.get(pod.uid)?.settled !== pod) this.#put(pod, { now, selection: "selected" });
    });
    return { ...yield* this.#settling(), missing };
  }

  /** A pod as it is now. Without its label it may live on: its peers forget it, its own links are to be removed. */
  putPod(
    pod: PodView,
    { now, selection = "selected" }: { readonly now: number; readonly selection?: Selection },
  ): Affected {
    this.#put(pod, { now, selection });
    return this.#settle();
  }

  /** A pod that is gone. */
  removePod(uid: string): Affected {
    this.#remove(uid);
    return this.#settle();
  }

  /** A pod that asks for nothing holds nothing of ours any more. Without its label no event will speak of it. */
  markClean(uid: string): Affected {
    const tracked = this.#pods.get(uid);
    if (tracked?.selection === "label removed") return this.removePod(uid);
    if (tracked !== undefined) Object.assign(tracked, { clean: true, wasServed: false, requests: [] });
    return this.#settle();
  }

  /** The ConfigMap's data as it is now; undefined when there is no ConfigMap. */
  putConfigMap(...edit: Parameters<Store["editing"]>): Affected {
    return atOnce(this.editing(...edit));
  }

  /** The same in pieces, one edit after the other; `onRead`: `cluster` is what it says. */
  *editing(
    data: Readonly<Record<string, string>> | undefined,
    { now, onRead = () => {} }: { readonly now: number; readonly onRead?: () => void },
  ): Pieces<Affected> {
    this.#now = Math.max(this.#now, now);
    return yield* this.judging(this.networks.reading(data, onRead));
  }

  /** What the pod's kernel held at the first look at it: what it had before we came may come back by that, and is news. */
  claim(uid: string, observed: KernelState): Affected {
    const tracked = this.#pods.get(uid);
    const context = { settings: this.#settings, cluster: this.cluster, observed };
    if (tracked?.giveBack(context)) this.#unsettled.add(uid);
    if (tracked?.seen === false) {
      if (tracked.mayHaveMore) this.#changed.add(uid);
      tracked.believe(context);
      this.#again(uid);
    }
    return this.#settle();
  }

  /** Everything that is known of each. */
  get tracked(): ReadonlyMap<string, Readonly<Tracked>> {
    return this.#pods;
  }

  /** What pools have answered. */
  *answering(given: PoolAnswers): Pieces<Affected> {
    for (const [uid, answers] of given) Object.assign(this.#pods.get(uid) ?? {}, { answers });
    return yield* this.judging(atHand(given.keys()));
  }

  /** Those who may have had more than is known of them, and have not been looked at: they go first. */
  unclaimed(): readonly string[] {
    return [...this.#pods.values()].flatMap(({ mayHaveMore, uid }) => mayHaveMore ? [uid] : []);
  }

  /** Another replica has led until now: of who is in which network only the kernels know. */
  *forgettingHolders(): Pieces<Affected> {
    for (const tracked of this.#pods.values()) Object.assign(tracked, { seen: false, holds: [] });
    return yield* this.judging(atHand(this.#pods.keys()));
  }

  /** Ends the peerage of pods whose grace period has run out. */
  expire(now: number): Affected {
    this.#now = Math.max(this.#now, now);
    for (const tracked of this.#leaving) {
      if (tracked.graceEnds <= now && this.#leaving.delete(tracked)) this.#unsettled.add(tracked.uid);
    }
    return this.#settle();
  }

  /** The earliest monotonic time at which `expire` has something to do; undefined when nothing is pending. */
  nextExpiry(): number | undefined {
    const first = Math.min(...[...this.#leaving].map(({ graceEnds }) => graceEnds));
    return first === Infinity ? undefined : first;
  }

  #put(pod: PodView, { now, selection }: { readonly now: number; readonly selection: Selection }): void {
    this.#now = Math.max(this.#now, now);
    const tracked = this.#pods.get(pod.uid) ?? new Tracked(pod);
    tracked.see(pod, { now, selection });
    tracked.ask({ settings: this.#settings, cluster: this.cluster });
    tracked.generation = this.networks.generation;
    const { asked, graceEnds } = tracked;
    if (asked.kind === "none" && !(tracked.clean && asked.reason === "no annotation")) {
      return this.#remove(pod.uid);
    }
    this.#pods.set(pod.uid, tracked);
    if (graceEnds > this.#now && graceEnds < Infinity) this.#leaving.add(tracked);
    this.surroundings.ask(tracked);
    this.#unsettled.add(pod.uid);
  }

  *judging(concerned: Pieces<Iterable<string>>): Pieces<Affected> {
    yield* forEach(yield* concerned, (uid) => this.#again(uid));
    return yield* this.#settling();
  }

  #again(uid: string): void {
    const tracked = this.#pods.get(uid);
    if (tracked !== undefined) this.#put(tracked.pod, { now: this.#now, selection: tracked.selection });
  }

  #remove(uid: string): void {
    const known = this.#pods.get(uid);
    if (known === undefined) return;
    this.#pods.delete(uid);
    this.#leaving.delete(known);
    this.#unsettled.delete(uid);
    this.#changed.delete(uid);
    this.surroundings.leave(uid);
    this.networks.note(new Tracked(known.pod));
    this.#gone.push(known.pod);
  }

  #settle(): Affected {
    return atOnce(this.#settling());
  }

  /** Until nothing follows from anything any more; gives what has changed since the last time. */
  *#settling(): Pieces<Affected> {
    for (;;) {
      yield* forEach(yield* this.networks.freed(), (uid) => this.#again(uid));
      const uids = new Set([...this.#unsettled, ...this.surroundings.limit.settle()]);
      this.#unsettled.clear();
      if (uids.size === 0) break;
      yield* forEach(uids, (uid) => this.#finish(uid));
    }
    const affected = { changed: this.#changed, gone: this.#gone };
    [this.#changed, this.#gone] = [new Set(), []];
    return affected;
  }

  /** The limit has spoken: what the pod is, to itself and to others. */
  #finish(uid: string): void {
    const tracked = this.#pods.get(uid);
    if (tracked === undefined) return;
    // An edit that came in between does not know of it yet.
    if (tracked.generation !== this.networks.generation) return this.#again(uid);
    const { asked, lastGood, left } = tracked;
    // Of what its text has left nothing stays when its place is another's by now.
    const out = [...tracked.out, ...left.map(({ name }) => name)];
    if (tracked.settle(withoutFull(asked, { limit: this.surroundings.limit, lastGood, out }))) {
      this.#changed.add(uid);
    }
    this.networks.note(tracked);
    const isOver = tracked.graceEnds <= this.#now;
    tracked.requests = isOver ? [] : poolRequests(tracked);
    if (isOver) this.surroundings.leave(uid);
    else this.surroundings.announce(tracked);
    tracked.settled = tracked.selection === "selected" ? tracked.pod : undefined;
  }
}
