// What does a pod ask of the pools of its networks, and who holds what they give?
import type { PoolAnswer } from "../network/pool.ts";
import type { PoolRequest } from "../network/pool_request.ts";
import { type Member, type Membership, openNames } from "./member.ts";
import type { PodView } from "./pod.ts";

/** Who holds a pod's addresses: its name where that comes back, else its uid. */
function holderOf({ uid, namespace, name, nameReturns }: PodView): string {
  return nameReturns === true ? `${namespace}/${name}` : uid;
}

/** What is known of who asks. */
interface Asking {
  readonly pod: PodView;
  readonly membership: Membership;
  /** What it asked until now. */
  readonly requests: readonly PoolRequest[];
  /** Its kernel was looked at. */
  readonly seen: boolean;
  /** Addresses that it had of pools then, by network. */
  readonly found: ReadonlyMap<string, readonly string[]>;
  /** What the pools have answered, by network. */
  readonly answers: ReadonlyMap<string, PoolAnswer>;
  /** Networks whose addresses of pools have gone from its kernel. */
  readonly returned: readonly string[];
  /** It asks for nothing any more; `clean` once its kernel has nothing of ours. */
  readonly isFormer: boolean;
  readonly clean: boolean;
}

/** Who may hold addresses: the members among these. */
export function holdersAmong(
  pods: Iterable<{ readonly pod: PodView; readonly membership: Membership }>,
): ReadonlySet<string> {
  const members = [...pods].filter(({ membership }) => membership.kind === "member");
  return new Set(members.map(({ pod }) => holderOf(pod)));
}

/** The same list as before while it says the same. Empty for who has ended, and so needs no address. */
export function poolRequests(asking: Asking): readonly PoolRequest[] {
  const { pod, membership, requests: before } = asking;
  if (membership.kind !== "member" || membership.member.leaving?.terminated) return [];
  const { member } = membership;
  const { uid, created } = pod;
  const pooled = member.networks.flatMap((network) =>
    network.pool === undefined ? [] : [{
      network: network.name,
      subnets: network.pool.subnets,
      asks: network.pool.asked,
      own: network.pool.asked && network.pool.subnets.length > 0
        ? []
        : network.addresses.map(({ address }) => address),
    }]
  );
  const open = keptNames(asking, member).map((network) => ({
    network,
    subnets: none,
    asks: true,
    own: claimOf(asking, network).addresses,
  }));
  const about = { uid, created, holder: holderOf(pod), pod: `${pod.namespace}/${pod.name}` };
  const now = [...pooled, ...open].map((each): PoolRequest => ({
    ...about,
    ...each,
    claim: claimOf(asking, each.network),
  }));
  return now.length === before.length && now.every((each, at) => isSame(each, before[at])) ? before : now;
}

/** It keeps what it has, which is given to nobody else, and gets no more. One for all, so that who compares finds them equal. */
const none: PoolRequest["subnets"] = [];

/**
 * Networks of which it keeps what it has: unresolvable is not unwanted, and what is asked for no more is free when it has
 * gone from the kernel, which a look finds, and after a restart the pod's status says.
 */
function keptNames(asking: Asking, member: Member): readonly string[] {
  const { isFormer, clean, requests, pod, seen } = asking;
  const asked = requests.filter(({ asks }) => asks).map(({ network }) => network);
  const shown = [...pod.shown?.ips?.keys() ?? []];
  if (isFormer) return clean ? [] : [...new Set([...asked, ...shown])];
  const isAddressed = (name: string): boolean =>
    member.networks.some((each) =>
      each.name === name && (each.pool !== undefined || each.addresses.length > 0)
    );
  const open = [...openNames(member), ...seen ? [] : member.forbidden];
  return [...new Set([...open, ...shown.filter((name) => !isAddressed(name)), ...toReturn(asking)])];
}

/** Networks in which it was given addresses that it asks for no more, and of which no look has found yet that they have gone. */
function toReturn({ answers, membership, returned }: Asking): readonly string[] {
  const pooled = namesPooled(membership);
  return [...answers].flatMap(([network, { kind }]) =>
    kind === "given" && !pooled.has(network) && !returned.includes(network) ? network : []
  );
}

/** Networks whose pools it asks. */
export function namesPooled(membership: Membership): ReadonlySet<string> {
  const networks = membership.kind === "member" ? membership.member.networks : [];
  return new Set(networks.flatMap(({ name, pool }) => pool?.asked === true ? name : []));
}

/**
 * Its pools have not answered, and what its kernel holds tells them nothing: until they have, an exec would only make what
 * a second one has to finish.
 */
export function awaitsPools({ awaited }: Pick<Member, "awaited">, shown: PodView["shown"]): boolean {
  const isClaimed = (network: string): boolean => (shown?.ips?.get(network) ?? []).length > 0;
  return awaited.length > 0 && !awaited.some(isClaimed);
}

function claimOf({ seen, pod, found }: Asking, network: string): PoolRequest["claim"] {
  const shown = pod.shown?.ips?.get(network) ?? [];
  if (!seen) return { kind: shown.length > 0 ? "unseen" : "none", addresses: shown };
  const addresses = found.get(network) ?? [];
  return { kind: addresses.length > 0 ? "borne out" : "none", addresses };
}

/** Subnets are the same object as long as nobody edits them. */
function isSame(one: PoolRequest, other: PoolRequest | undefined): boolean {
  if (other === undefined || one.subnets !== other.subnets) return false;
  return JSON.stringify({ ...one, subnets: [] }) === JSON.stringify({ ...other, subnets: [] });
}
