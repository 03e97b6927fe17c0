// Which addresses has the pod in a network: those that it asks for, or those that the network's pool has given it.
import type { Cidr } from "./grammar/address.ts";
import type { OptionSet } from "./grammar/option_table.ts";
import { addressFor } from "./grammar/requested_address.ts";
import type { Network } from "./network.ts";
import { type PoolAnswer, poolSubnets } from "./pool.ts";
import type { ResolveFault } from "./settle.ts";

/** What the pod says itself. */
export interface AskedAddresses {
  readonly addresses: readonly Cidr[];
  /** It has said nothing of addresses, so that the network's pool may give it one. */
  readonly leavesItOpen: boolean;
  /** It wants nothing of the pool. */
  readonly wantsNone: boolean;
  readonly faults: readonly ResolveFault[];
}

/** Reads the `ip=` of one network; `ordinal` is the pod's number in its StatefulSet or Indexed Job. */
export function askedAddresses(
  { ip = [] }: OptionSet,
  { ordinal }: { readonly ordinal?: number | undefined },
): AskedAddresses {
  const read = ip.map((request) => addressFor(request, { ordinal }));
  const faults = read.flatMap((each): ResolveFault[] =>
    each.kind === "fault" ? [{ kind: "invalid-option", reason: each.reason }] : []
  );
  const wantsNone = ip.some(({ kind }) => kind === "none");
  const contradiction = "ip=none stands beside another ip=…: keep one of them";
  return {
    addresses: read.flatMap((each) => each.kind === "value" ? each.value : []),
    leavesItOpen: ip.length === 0,
    wantsNone,
    faults: wantsNone && ip.length > 1
      ? [...faults, { kind: "invalid-option", reason: contradiction }]
      : faults,
  };
}

/** The addresses, and what the network's pool is to the pod. */
export function withPool(
  asked: AskedAddresses,
  { atCluster, answer }: { readonly atCluster: OptionSet; readonly answer: PoolAnswer | undefined },
): Pick<Network, "addresses" | "pool"> {
  const subnets = poolSubnets(atCluster);
  const { addresses } = asked;
  if (subnets.length === 0 || asked.wantsNone) return { addresses };
  if (!asked.leavesItOpen) return { addresses, pool: { subnets, asked: false, open: false } };
  const given = answer?.kind === "given" ? answer.addresses : undefined;
  return { addresses: given ?? [], pool: { subnets, asked: true, open: given === undefined } };
}
