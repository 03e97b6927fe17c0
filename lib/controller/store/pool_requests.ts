// What does a pod ask of the pools of its networks, and what had it of them before we came?
import type { PoolAnswers, PoolHooks, PoolRequest } from "../../network/pool_request.ts";
import type { PodView } from "../../member/pod.ts";
import type { KernelState } from "../../overlay/observation.ts";
import { networkOfAlias } from "../../overlay/wanted.ts";
import { type Affected, openNames, type Tracked } from "./work_item.ts";

/** Who holds a pod's addresses: its name where that comes back, else its uid. */
export function holderOf({ uid, namespace, name, nameReturns }: PodView): string {
  return nameReturns === true ? `${namespace}/${name}` : uid;
}

/** The same list as `before` while it says the same. Empty for who is nobody's peer, and so needs no address. */
export function poolRequests(tracked: Tracked, isPeer: boolean): readonly PoolRequest[] {
  const { pod, membership, requests: before } = tracked;
  if (membership.kind !== "member" || membership.member.leaving?.terminated || !isPeer) return [];
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
    claim: claimOf(tracked, each.network),
  }));
  return now.length === before.length && now.every((each, at) => isSame(each, before[at])) ? before : now;
}

function claimOf({ seen, pod, found }: Tracked, network: string): PoolRequest["claim"] {
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

/** Addresses that the pod shows and its interfaces have, by network: both can be forged, so it takes both. */
export function addressesFound(
  { pod: { shown }, asked }: Pick<Tracked, "pod" | "asked">,
  { observed, annotationKey }: { readonly observed: KernelState; readonly annotationKey: string },
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { alias, addresses } of observed.links) {
    const network = networkOfAlias(alias, annotationKey);
    const ips = network === undefined ? undefined : shown?.ips?.get(network);
    if (network === undefined || ips === undefined || !mayBePooled(network, asked)) continue;
    const there = new Set(addresses.map((cidr) => cidr.slice(0, cidr.indexOf("/"))));
    found.set(network, ips.filter((ip) => there.has(ip)));
  }
  return found;
}

/** What the pools are asked, and by whom; what they answer may change what is to be done. */
export function poolHooks(
  store: {
    readonly tracked: ReadonlyMap<string, Readonly<Tracked>>;
    putAnswers(answers: PoolAnswers): Affected;
  },
  affect: (affected: Affected) => void,
): PoolHooks {
  return {
    requests: () => [...store.tracked.values()].flatMap(({ requests }) => requests),
    holders: () => {
      const known = [...store.tracked.values()].filter(({ membership }) => membership.kind === "member");
      return new Set(known.map(({ pod }) => holderOf(pod)));
    },
    onAnswers: (answers) => affect(store.putAnswers(answers)),
  };
}

/** Addresses that it asked for itself are none of the pool. */
function mayBePooled(name: string, asked: Tracked["asked"]): boolean {
  if (asked.kind !== "member") return false;
  return openNames(asked.member).includes(name) ||
    asked.member.networks.some((network) => network.name === name && network.pool?.asked === true);
}
