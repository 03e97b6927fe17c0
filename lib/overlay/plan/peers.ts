// What has changed between two lists of peers: asked by every member of a network after each change, answered once.
import type { KernelState, Observation } from "../observation.ts";
import { isOfBridge, type Step } from "../step.ts";
import type { Neighbour, WantedInterface, WantedState } from "../wanted.ts";
import { floodMac } from "../iproute2/render.ts";
import type { Plan, StandingLink } from "./parts.ts";
import { knowsFamily, staticEntries } from "./static_neighbours.ts";
import { defined } from "../../text/defined.ts";

/** What came and what went. */
export interface PeerChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What an interface knows of the other members: the very lists that were wanted, which all of them share. */
export type KnownPeers = Pick<WantedInterface, "peers" | "presumed" | "neighbours"> & {
  readonly neigh?: WantedInterface["neigh"] | undefined;
};

/** What is known of a pod. */
export interface KnownPod {
  readonly kernel: Pick<KernelState, "links">;
  /** By interface. */
  readonly peers: ReadonlyMap<string, KnownPeers>;
}

/** Steps for all interfaces. */
export interface PeerSteps {
  readonly appends: readonly Step[];
  readonly deletions: readonly Step[];
  /** What is asked anew, for somebody else answers there by now. */
  readonly forgets: readonly Step[];
}

/** Entries that are set for a network. */
interface StaticChange {
  readonly neighbours: { readonly added: readonly Neighbour[]; readonly removed: readonly Neighbour[] };
  readonly unicasts: { readonly added: readonly Neighbour[]; readonly removed: readonly Neighbour[] };
}

/** Lines about neighbours of one interface at most: each goes through all that the kernel knows. */
const mostForgotten = 16;

/** Remembers the last answer for each list it was asked about. All members of a network share their lists. */
export class PeerChanges {
  readonly #peers = new Memory<readonly string[], PeerChange>();
  readonly #moved = new Memory<readonly Neighbour[], readonly string[]>();
  readonly #static = new Memory<readonly Neighbour[], StaticChange>();

  /** Both are sorted. */
  between(from: readonly string[], to: readonly string[]): PeerChange {
    if (from === to) return { added: [], removed: [] };
    return this.#peers.once(from, to, () => {
      const [before, after] = [new Set(from), new Set(to)];
      return { added: to.filter((ip) => !before.has(ip)), removed: from.filter((ip) => !after.has(ip)) };
    });
  }

  /** Steps for the interfaces of which it is known what they held. */
  steps(wanted: WantedState, { kernel, peers: held }: KnownPod): PeerSteps {
    const parts = wanted.interfaces.flatMap((each): readonly PeerSteps[] => {
      const before = held.get(each.interfaceName);
      if (before === undefined) return [];
      const change = this.#staticChange(before, each);
      const flooding = this.#floodSteps(before, { each, own: wanted.own });
      return change === undefined
        ? [flooding]
        : [flooding, staticSteps(change, { each, own: wanted.own, links: kernel.links })];
    });
    return {
      appends: parts.flatMap(({ appends }) => appends),
      deletions: parts.flatMap(({ deletions }) => deletions),
      forgets: parts.flatMap(({ forgets }) => forgets),
    };
  }

  /** Flood entries, and what is found out about those who are peers no more. */
  #floodSteps(
    before: KnownPeers,
    { each, own }: { readonly each: WantedInterface; readonly own: ReadonlySet<string> },
  ): PeerSteps {
    const { interfaceName } = each;
    const { added, removed } = this.between(before.peers, each.peers);
    const gone = before.presumed === each.presumed ? removed : newlyGone(removed, before, each);
    const isOther = (dst: string): boolean => !own.has(dst);
    return {
      appends: added.filter(isOther).map((dst) => ({ kind: "append-fdb", interfaceName, dst })),
      deletions: gone.filter(isOther)
        .map((dst) => ({ kind: "delete-fdb", interfaceName, mac: floodMac, dst })),
      forgets: each.neigh === undefined ? this.#forgets(before, each) : [],
    };
  }

  /** Addresses at which another interface answers now, or none: what the kernel has found out about them is wrong. */
  #forgets(before: KnownPeers, { interfaceName, neighbours: to }: WantedInterface): readonly Step[] {
    const from = before.neighbours;
    if (from === to) return [];
    const addresses = this.#moved.once(from, to, () => {
      const after = new Set(to.map(({ address, mac }) => `${address} ${mac}`));
      const gone = from.filter(({ address, mac }) => !after.has(`${address} ${mac}`));
      return [...new Set(gone.map(({ address }) => address))];
    });
    if (addresses.length > mostForgotten) return [{ kind: "forget-neighbour", interfaceName }];
    return addresses.map((address) => ({ kind: "forget-neighbour", interfaceName, address }));
  }

  /** Undefined: nothing is set for the network, nor was. */
  #staticChange(before: KnownPeers, now: WantedInterface): StaticChange | undefined {
    const [from, to] = [before, now].map(({ neigh, neighbours }) =>
      neigh === undefined ? nobody : neighbours
    );
    if (from === undefined || to === undefined || from === to) return undefined;
    return this.#static.once(from, to, () => {
      const [old, next] = [from, to].map((neighbours) => staticEntries({ neigh: "static", neighbours }));
      return {
        neighbours: changed(old?.neighbours, { to: next?.neighbours, value: ({ mac }) => mac }),
        unicasts: changed(old?.unicasts, { to: next?.unicasts, value: ({ dst }) => dst }),
      };
    });
  }
}

const nobody: readonly Neighbour[] = [];

/** What is set for peers, and not found out. */
function staticSteps(
  { unicasts, neighbours }: StaticChange,
  { each: { interfaceName }, own, links }: {
    readonly each: WantedInterface;
    readonly own: ReadonlySet<string>;
    readonly links: KernelState["links"];
  },
): PeerSteps {
  const isOther = ({ dst }: Neighbour): boolean => !own.has(dst);
  const link = links.find(({ name }) => name === interfaceName) ?? { addresses: [], mtu: 0 };
  return {
    appends: [
      ...unicasts.added.filter(isOther)
        .map(({ mac, dst }) => ({ kind: "replace-fdb", interfaceName, mac, dst }) as const),
      ...neighbours.added.filter((one) => isOther(one) && knowsFamily(link, one.address))
        .map(({ address, mac }) => ({ kind: "set-neighbour", interfaceName, address, mac }) as const),
    ],
    deletions: unicasts.removed.filter(isOther)
      .map(({ mac, dst }) => ({ kind: "delete-fdb", interfaceName, mac, dst })),
    forgets: neighbours.removed.filter(isOther)
      .map(({ address }) => ({ kind: "forget-neighbour", interfaceName, address, permanent: true })),
  };
}

/** Who may have been a member until now, and is none, has an entry perhaps. */
function newlyGone(
  removed: readonly string[],
  before: KnownPeers,
  { peers, presumed = [] }: WantedInterface,
): readonly string[] {
  const stay = new Set([...peers, ...presumed]);
  return [...new Set([...removed, ...before.presumed ?? []]).difference(stay)];
}

/** Those with another value count as added: what is set takes the place of what was. */
function changed(
  from: ReadonlyMap<string, Neighbour> = new Map(),
  { to = new Map(), value }: {
    readonly to: ReadonlyMap<string, Neighbour> | undefined;
    readonly value: (one: Neighbour) => string;
  },
): { readonly added: readonly Neighbour[]; readonly removed: readonly Neighbour[] } {
  const isThere = (key: string, one: Neighbour): boolean => {
    const before = from.get(key);
    return before !== undefined && value(before) === value(one);
  };
  return {
    added: [...to].flatMap(([key, one]) => isThere(key, one) ? [] : [one]),
    removed: [...from].flatMap(([key, one]) => to.has(key) ? [] : [one]),
  };
}

/** The last answer for each list. */
class Memory<List extends readonly unknown[], Answer> {
  readonly #answers = new WeakMap<List, { readonly to: List; readonly answer: Answer }>();

  once(from: List, to: List, work: () => Answer): Answer {
    const known = this.#answers.get(from);
    if (known?.to === to) return known.answer;
    const answer = work();
    this.#answers.set(from, { to, answer });
    return answer;
  }
}

/** What interfaces of these names know of their peers once all is as wanted. */
export function peersOf(
  wanted: WantedState,
  names: Iterable<string>,
): KnownPod["peers"] {
  const kept = new Set(names);
  const now = new Map(
    wanted.interfaces.flatMap(({ interfaceName, peers, presumed, neighbours, neigh }) => {
      const known = { peers, neighbours, neigh, ...defined({ presumed }) };
      return kept.has(interfaceName) ? [[interfaceName, known] as const] : [];
    }),
  );
  const [first] = now.values();
  if (first === undefined) return now;
  const known = shared.get(first.peers) ?? now;
  const isSame = known.size === now.size &&
    [...now].every(([name, { peers, presumed, neighbours, neigh }]) => {
      const other = known.get(name);
      return other?.peers === peers && other.presumed === presumed && other.neighbours === neighbours &&
        other.neigh === neigh;
    });
  const one = isSame ? known : now;
  shared.set(first.peers, one);
  return one;
}

/** Most members of a network know the same: one map for all of them, found by the list that they share anyway. */
const shared = new WeakMap<readonly string[], KnownPod["peers"]>();

/** Interfaces whose link is there as it should be, so that peers are all it may want. */
export function standingIn(
  { steps }: Pick<Plan, "steps">,
  { wanted, observed }: {
    readonly wanted: WantedState;
    readonly observed: Pick<Observation, "links">;
  },
): readonly string[] {
  const names = new Set(
    observed.links.flatMap(({ name, alias }) =>
      wanted.interfaces.some((each) => each.interfaceName === name && each.alias === alias) ? [name] : []
    ),
  );
  return [...names].filter((name) => !steps.some((step) => isOfBridge(step) && step.interfaceName === name));
}

/** Forwarding entries, and neighbours, that are wanted. */
export function entriesOf(wanted: WantedState): number {
  return wanted.interfaces.reduce(
    (sum, { peers, neighbours, neigh }) =>
      sum + peers.length + (neigh === undefined ? 0 : 2 * neighbours.length),
    0,
  );
}

/** The wanted interfaces of which it is known what they hold, by name. */
export function heldBy(
  held: KnownPod["peers"] | undefined,
  { interfaces }: WantedState,
): readonly Pick<StandingLink, "wanted">[] {
  return interfaces.flatMap((wanted) => held?.has(wanted.interfaceName) ? [{ wanted }] : []);
}
