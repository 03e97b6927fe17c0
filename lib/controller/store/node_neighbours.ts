// How many neighbours may the members on one node have? All of a node's pods share the kernel's one neighbour table.
//
// A member has an entry for each peer that it reaches without a router, for its kernel's IPv6 announcements go to all.
// Where pods of several nodes share a subnet that is everybody: so much is counted. Beyond gc_thresh3, 1024 unless somebody
// has raised it, no new neighbour is found on the node, not even by pods that are in no network.

/** Neighbours on a node from which on a network is worth a warning: other pods need some too. */
export const manyNeighbours = 900;

/** Counts by segment and node. */
export class NodeNeighbours {
  readonly #segments = new Map<string, Map<string, Set<string>>>();
  readonly #places = new Map<string, { readonly node: string; readonly segments: readonly string[] }>();
  readonly #sizes = new Map<string, number>();
  readonly #said = new Set<string>();
  #notices: string[] = [];

  /** Makes `uid` a member of exactly these segments on that node; without a node of none. */
  put(
    uid: string,
    { node, segments }: { readonly node?: string; readonly segments: Iterable<string> },
  ): void {
    const before = this.#places.get(uid);
    const now = node === undefined ? [] : [...segments];
    if (before?.node === node && before?.segments.join() === now.join()) return;
    for (const segment of before?.segments ?? []) this.#leave(uid, { segment, node: before?.node ?? "" });
    this.#places.delete(uid);
    if (node === undefined || now.length === 0) return;
    this.#places.set(uid, { node, segments: now });
    for (const segment of now) this.#join(uid, { segment, node });
  }

  /** The most that members of all networks together may have on one node. */
  most(): number {
    const nodes = new Map<string, number>();
    for (const [segment, members] of this.#segments) {
      for (const [node, uids] of members) {
        nodes.set(node, (nodes.get(node) ?? 0) + this.#neighbours(segment, uids.size));
      }
    }
    return Math.max(0, ...nodes.values());
  }

  /** What is to be said, once for each segment. */
  takeNotices(): readonly string[] {
    const notices = this.#notices;
    this.#notices = [];
    return notices;
  }

  #join(uid: string, { segment, node }: { readonly segment: string; readonly node: string }): void {
    const nodes = this.#segments.get(segment) ?? new Map<string, Set<string>>();
    const uids = nodes.get(node) ?? new Set();
    this.#segments.set(segment, nodes.set(node, uids.add(uid)));
    this.#sizes.set(segment, (this.#sizes.get(segment) ?? 0) + 1);
    const neighbours = this.#neighbours(segment, uids.size);
    if (neighbours <= manyNeighbours || this.#said.has(segment)) return;
    this.#said.add(segment);
    this.#notices.push(
      `Network "${segment}" (name, VNI, port, IP family) has ${
        this.#sizes.get(segment)
      } members, ${uids.size} of them on ` +
        `node ${node}: these have up to ${neighbours} neighbours, even if they say nothing. The node's pods share ` +
        "one neighbour table; when it is full (gc_thresh3, mostly 1024) none of them finds a new neighbour. Raise " +
        "net.ipv4.neigh.default.gc_thresh3 on the nodes, or split the network",
    );
  }

  #leave(uid: string, { segment, node }: { readonly segment: string; readonly node: string }): void {
    const nodes = this.#segments.get(segment);
    const uids = nodes?.get(node);
    uids?.delete(uid);
    if (uids?.size === 0) nodes?.delete(node);
    if (nodes?.size === 0) this.#segments.delete(segment);
    const left = (this.#sizes.get(segment) ?? 1) - 1;
    if (left === 0) this.#sizes.delete(segment);
    else this.#sizes.set(segment, left);
  }

  #neighbours(segment: string, here: number): number {
    return here * ((this.#sizes.get(segment) ?? 1) - 1);
  }
}
