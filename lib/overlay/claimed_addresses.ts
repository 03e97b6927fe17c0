// Which addresses does a pod's kernel bear out: those that pools gave it before we came, and of those that they gave it since?
import { addressOf } from "../network/grammar/address.ts";
import type { PoolAnswer } from "../network/pool.ts";
import { type Membership, openNames } from "../member/member.ts";
import type { PodView } from "../member/pod.ts";
import { namesPooled } from "../member/pool_requests.ts";
import type { ClaimContext } from "./claimed_networks.ts";
import { networkOfAlias } from "./wanted.ts";

/** Addresses that the pod shows and its interfaces have, by network: both can be forged, so it takes both. */
export function addressesFound(
  { pod: { shown }, asked }: { readonly pod: PodView; readonly asked: Membership },
  { observed, settings: { annotationKey } }: ClaimContext,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { alias, addresses } of observed.links) {
    const network = networkOfAlias(alias, annotationKey);
    const ips = network === undefined ? undefined : shown?.ips?.get(network);
    if (network === undefined || ips === undefined || !mayBePooled(network, asked)) continue;
    const there = new Set(addresses.map(addressOf));
    found.set(network, ips.filter((ip) => there.has(ip)));
  }
  return found;
}

/** Networks whose pools had given the pod addresses that it asks for no more, and that its interface has no more. */
export function addressesGone(
  { answers, membership }: {
    readonly answers: ReadonlyMap<string, PoolAnswer>;
    readonly membership: Membership;
  },
  { observed, settings: { annotationKey } }: ClaimContext,
): readonly string[] {
  const pooled = namesPooled(membership);
  return [...answers].flatMap(([network, answer]) => {
    if (answer.kind !== "given" || pooled.has(network)) return [];
    const its = observed.links.filter(({ alias }) => networkOfAlias(alias, annotationKey) === network);
    const there = its.flatMap(({ addresses }) => addresses.map(addressOf));
    return answer.addresses.some(({ address }) => there.includes(address)) ? [] : network;
  });
}

/** Addresses that it asked for itself are none of the pool. */
function mayBePooled(name: string, asked: Membership): boolean {
  if (asked.kind !== "member") return false;
  return openNames(asked.member).includes(name) ||
    asked.member.networks.some((network) => network.name === name && network.pool?.asked === true);
}
