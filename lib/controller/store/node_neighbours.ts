// How many neighbours may the members on one node have? All of a node's pods share the kernel's one neighbour table.
//
// A member has an entry for each peer that it reaches without a router, for its kernel's IPv6 announcements go to all.
// Where pods of several nodes share a subnet that is everybody: so much is counted. Beyond gc_thresh3, 1024 unless somebody
// has raised it, no new neighbour is found on the node, not even by pods that are in no network.
// Networks with neigh=static are not counted: their members have none on the interface itself.
import { KeyCounts } from "../../collections/key_counts.ts";

/** Neighbours on a node from which on a network is worth a warning: other pods need some too. */
const manyNeighbours = 900;

/** Counts by segment and node. */
export class NodeNeighbours {
  /** Members of each segment, and of each segment on a node: `SEGMENT NODE`; neither holds a blank. */
  readonly #members = new KeyCounts();
  readonly #said = new Set<string>();
  readonly #say: (notice: string) => void;

  constructor(say: (notice: string) => void) {
    this.#say = say;
  }

  /** Makes `uid` a member of exactly these segments on that node; without a node of none. */
  put(
    uid: string,
    { node = "", segments }: { readonly node?: string; readonly segments: Iterable<string> },
  ): void {
    const own = node === "" ? [] : [...segments];
    const keys = own.flatMap((segment) => [segment, `${segment} ${node}`]);
    if (this.#members.put(uid, keys).length > 0) own.forEach((segment) => this.#note(segment, node));
  }

  /** The most that members of all networks together may have on one node. */
  most(): number {
    const { counts } = this.#members;
    const nodes = new Map<string, number>();
    for (const [key, here] of counts) {
      const [segment = "", node] = key.split(" ");
      if (node === undefined) continue;
      nodes.set(node, (nodes.get(node) ?? 0) + here * ((counts.get(segment) ?? 1) - 1));
    }
    return Math.max(0, ...nodes.values());
  }

  #note(segment: string, node: string): void {
    const [all, here] = [this.#members.at(segment), this.#members.at(`${segment} ${node}`)];
    const neighbours = here * (all - 1);
    if (neighbours <= manyNeighbours || this.#said.has(segment)) return;
    this.#said.add(segment);
    this.#say(
      `Network "${segment}" (name, VNI, port, IP family) has ${all} members, ${here} of them on ` +
        `node ${node}: these have up to ${neighbours} neighbours, even if they say nothing. The node's pods share ` +
        "one neighbour table; when it is full (gc_thresh3, mostly 1024) none of them finds a new neighbour. Raise " +
        "net.ipv4.neigh.default.gc_thresh3 on the nodes, give the network neigh=static, or split it",
    );
  }
}
