// What does a pod ask of the pools of its networks, and who holds what they give?
import type { PoolRequest } from "../network/pool_request.ts";
import { type Membership, openNames } from "./member.ts";
import type { PodView } from "./pod.ts";

/** Who holds a pod's addresses: its name where that comes back, else its uid. */
export function holderOf({ uid, namespace, name, nameReturns }: PodView): string {
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
      own: network.pool.asked ? [] : network.addresses.map(({ address }) => address),
    }]
  );
  // Unresolvable is not unwanted: what it has of these it keeps.
  const open = openNames(member).map((network) => ({ network, subnets: [], asks: true, own: [] }));
  const about = { uid, created, holder: holderOf(pod), pod: `${pod.namespace}/${pod.name}` };
  const now = [...pooled, ...open].map((each): PoolRequest => ({
    ...about,
    ...each,
    claim: claimOf(asking, each.network),
  }));
  return now.length === before.length && now.every((each, at) => isSame(each, before[at])) ? before : now;
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
