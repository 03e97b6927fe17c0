// Is the MTU large enough for what the network is to carry?
import { mtuLimits, type OptionSet } from "./grammar/option_table.ts";
import type { ResolveFault } from "./settle.ts";

/** IPv6 needs more than the kernel asks for, be it by `ip=`, by the network's pool or by a route. */
export function mtuFaults(options: OptionSet): readonly ResolveFault[] {
  const { mtu, ip = [], route = [], subnet: subnets = [] } = options;
  if (mtu === undefined || mtu >= mtuLimits.ipv6) return [];
  const families = ip.flatMap((request) => {
    if (request.kind === "none") return [];
    return request.kind === "address" ? [request.cidr.family] : [request.base.family];
  });
  const pooled = ip.length === 0 ? subnets.map(({ family }) => family) : [];
  const isIpv6 = [...families, ...pooled, ...route.map(({ subnet }) => subnet.family)].includes(6);
  if (!isIpv6) return [];
  return [{
    kind: "invalid-option",
    reason: `mtu=${mtu} is too small for its IPv6 addresses or routes: expected at least ${mtuLimits.ipv6}`,
  }];
}
