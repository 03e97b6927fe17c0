// Which of a holder's addresses does the pool no longer give, and of which subnets has it none? Pure.
import { type Cidr, contains } from "../network/grammar/address.ts";
import type { PoolSubnet } from "../network/pool.ts";
import type { PoolState } from "./pool_state.ts";

/** Whether no subnet of the pool would give the address now. */
export function isOutdated(
  cidr: Cidr,
  subnets: readonly PoolSubnet[],
  state: Pick<PoolState, "isGiveable">,
): boolean {
  return !subnets.some((subnet) => state.isGiveable(cidr, subnet));
}

/** The subnets of which it has no address: an address of a former subnet stands for one of its family. */
export function shortOf(addresses: readonly Cidr[], subnets: readonly PoolSubnet[]): readonly PoolSubnet[] {
  const left = [...addresses];
  const unmet = subnets.filter(({ subnet }) => {
    const at = left.findIndex(({ address }) => contains(subnet, address));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return unmet.filter(({ subnet: { family } }) => {
    const at = left.findIndex((cidr) => cidr.family === family);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
