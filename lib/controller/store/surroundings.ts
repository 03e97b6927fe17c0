// What is each member to the others: who is in which network, whose peer, with whose address, and whom a change concerns.
import type { Member } from "../../member/member.ts";
import { type Network, peerKey } from "../../network/network.ts";
import type { NamedNetwork, Neighbour, Peers } from "../../overlay/wanted.ts";
import type { Problem } from "../../network/problem.ts";
import { addressesIn } from "../../member/reachable.ts";
import { adriftKey, nameKey, nameKeyOf, perhapsReachableIn, reachableIn } from "../../overlay/reachable.ts";
import { addressConflicts } from "../../member/shared_addresses.ts";
import { type AddressClaims, AddressIndex } from "./address_index.ts";
import { candidacies } from "../../member/admitted.ts";
import { MemberLimit } from "./member_limit.ts";
import { PeerIndex } from "./peer_index.ts";
import { NodeNeighbours } from "./node_neighbours.ts";
import type { Tracked } from "./tracked.ts";
import { defined } from "../../text/defined.ts";

/** The indices that make a change cost only those whom it concerns. */
export class Surroundings implements Peers {
  readonly #peers = new PeerIndex();
  /** Those who may be in a network, by `nameKey`. */
  readonly #presumed = new PeerIndex();
  readonly #addresses = new AddressIndex();
  /** Number of the last change in a segment, and around a single member, until somebody takes those whom it concerns. */
  readonly #touchedSegments = new Map<string, number>();
  readonly #touchedMembers = new Map<string, number>();
  #changes = 0;
  /** Who is let in. */
  readonly limit: MemberLimit;
  readonly #neighbours: NodeNeighbours;
  readonly #notices: string[] = [];

  readonly #pods: ReadonlyMap<string, Tracked>;

  /** `pods`: all that are known, by uid. */
  constructor(maxMembers: number, pods: ReadonlyMap<string, Tracked>) {
    const say = (notice: string): void => void this.#notices.push(notice);
    this.limit = new MemberLimit(maxMembers, say, (segment) => this.#presumed.at(nameKeyOf(segment)).size);
    this.#neighbours = new NodeNeighbours(say);
    this.#pods = pods;
  }

  /** What is to be said since the last call. */
  takeNotices(): readonly string[] {
    return this.#notices.splice(0);
  }

  /** The pod asks to be in its networks. */
  ask(tracked: Tracked): void {
    this.limit.put(tracked.uid, candidacies(tracked));
  }

  /** Tells the others what it is to them. Who may be in already is reachable until that is known. */
  announce(tracked: Tracked): void {
    const { uid, asked, membership } = tracked;
    this.limit.put(uid, candidacies(tracked));
    const reachable = [...reachableIn(asked)].filter(([segment]) =>
      this.limit.verdict(uid, segment) === "unsure"
    );
    this.#put(uid, new Map([...reachable, ...reachableIn(membership)]), addressesIn(membership));
    const segments = this.#peers.of(uid).filter((key) => this.#peers.get(uid, key)?.neigh === undefined);
    this.#neighbours.put(uid, { ...defined({ node: tracked.pod.node }), segments });
    this.#presume(uid, perhapsReachableIn(membership, tracked));
  }

  /** It is nobody to the others any more, though it may still be there. */
  leave(uid: string): void {
    this.limit.put(uid, new Map());
    this.#put(uid, new Map(), new Map());
    this.#neighbours.put(uid, { segments: [] });
    this.#presume(uid, new Map());
  }

  /** Pod IPs of the other members of the network's segment. */
  peersOf(network: Network): readonly string[] {
    return this.#peers.listsOf(peerKey(network)).ips;
  }

  /** Known addresses of the members of the network's segment. */
  neighboursOf(network: Network): readonly Neighbour[] {
    return this.#peers.listsOf(peerKey(network)).neighbours;
  }

  /** Pod IPs of those who may be in the network, which only a look at them tells; undefined: nobody. */
  presumedIn(network: Network): readonly string[] | undefined {
    const key = nameKey(network);
    return this.#presumed.at(key).size === 0 ? undefined : this.#presumed.listsOf(key).ips;
  }

  /** Pod IPs of all who are, or may be, in a network of that name and family, in whatever form. */
  anywhereIn(network: NamedNetwork): readonly string[] {
    const key = nameKey(network);
    const segments = [...this.#peers.sizes().keys()].filter((segment) => nameKeyOf(segment) === key);
    const perhaps = [key, adriftKey(key)].map((each) => this.#presumed.listsOf(each));
    return [...segments.map((each) => this.#peers.listsOf(each)), ...perhaps].flatMap(({ ips }) => ips);
  }

  /** Addresses of this member that others of its networks have too. They stop nothing, but people must know. */
  conflictsOf(member: Member): readonly Problem[] {
    const nameOf = (uid: string): string => {
      const { pod } = this.#pods.get(uid) ?? {};
      return pod === undefined ? "another member" : `${pod.namespace}/${pod.name}`;
    };
    return addressConflicts(member, { shared: this.#addresses.sharedBy(member.uid), nameOf });
  }

  /** Segments in which the pod is reachable. */
  segmentsOf(uid: string): readonly string[] {
    return this.#peers.of(uid);
  }

  /** Uids of those reachable in the segment. */
  membersOf(segment: string): Iterable<string> {
    return this.#peers.at(segment).keys();
  }

  /** Number of members of each segment, and the most neighbours that members may have on one node. */
  counts(): { readonly segments: ReadonlyMap<string, number>; readonly neighbours: number } {
    return { segments: this.#peers.sizes(), neighbours: this.#neighbours.most() };
  }

  /** Number of the latest change. */
  get changes(): number {
    return this.#changes;
  }

  /** Of how many members `takeTouched` would have to think, about; 0 when there is nothing to take. */
  get touchable(): number {
    return [...this.#touchedSegments.keys()]
      .reduce((sum, segment) => sum + 1 + this.#peers.at(segment).size, this.#touchedMembers.size);
  }

  /**
   * Members around whom something has changed since they were last looked at, but for those that are going to be looked at
   * anyway: each comes once, however much has changed, and counts as going to be from now on.
   */
  takeTouched(): ReadonlySet<string> {
    const dates = new Map(this.#touchedMembers);
    for (const [segment, at] of this.#touchedSegments) {
      // Those whose link nobody looks after send to nobody who has gone either.
      const around = [...this.membersOf(segment), ...this.#presumed.at(adriftKey(segment)).keys()];
      for (const uid of around) dates.set(uid, Math.max(at, dates.get(uid) ?? 0));
    }
    this.#touchedSegments.clear();
    this.#touchedMembers.clear();
    const touched = new Set<string>();
    for (const [uid, at] of dates) {
      const one = this.#pods.get(uid);
      if (one === undefined || one.due || one.began >= at) continue;
      one.due = true;
      touched.add(uid);
    }
    return touched;
  }

  /** Who was taken to be there, and is not, must go from their peers. */
  #presume(uid: string, reachable: Parameters<PeerIndex["put"]>[1]): void {
    const gone = new Set(this.#presumed.put(uid, reachable)).difference(reachable);
    if (gone.size === 0) return;
    this.limit.reconsider((segment) => gone.has(nameKeyOf(segment)));
    for (const segment of [...this.#peers.sizes().keys(), ...gone]) {
      if (gone.has(nameKeyOf(segment))) this.#touchedSegments.set(segment, ++this.#changes);
    }
  }

  #put(uid: string, reachable: Parameters<PeerIndex["put"]>[1], claims: AddressClaims): void {
    const changed = this.#peers.put(uid, reachable);
    const { members, segments } = this.#addresses.put(uid, claims);
    for (const key of [...changed, ...segments]) this.#touchedSegments.set(key, ++this.#changes);
    for (const key of members) this.#touchedMembers.set(key, ++this.#changes);
  }
}
