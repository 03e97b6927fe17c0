// Has the pod an IP that can carry a network of this family, and is the MTU large enough for what that is to carry?
import { familyOf } from "./grammar/address.ts";
import type { Network } from "./network.ts";
import { mtuLimits, type OptionSet, optionTable } from "./grammar/option_table.ts";
import type { ResolveFault } from "./settle.ts";
import { routesOf } from "./ways.ts";

/** The pod's own addresses; absent: those that the network needs. */
interface Carrier {
  readonly podIPs?: readonly string[];
}

/** A pod may get other addresses: a form that it had before may be none for it now. */
export function isCarried({ family }: Pick<Network, "family">, { podIPs }: Carrier): boolean {
  return podIPs === undefined || podIPs.some((ip) => familyOf(ip) === family);
}

/** Why none of them can. */
export function carrierFaults(
  { family = optionTable.family.fallback }: OptionSet,
  context: Carrier,
): readonly ResolveFault[] {
  if (isCarried({ family }, context)) return [];
  const reason = `pod IPs of IPv${family} carry it, and the pod has ${context.podIPs?.join(", ")} only; ` +
    `family=${family === 4 ? 6 : 4} in its ConfigMap entry makes it one for such pods`;
  return [{ kind: "setup-failed", reason }];
}

/** IPv6 needs more than the kernel asks for, be it by `ip=`, by the network's pool or by a route. */
export function mtuFaults(options: OptionSet): readonly ResolveFault[] {
  const { mtu, ip = [], subnet: subnets = [] } = options;
  if (mtu === undefined || mtu >= mtuLimits.ipv6) return [];
  const families = ip.flatMap((request) => {
    if (request.kind === "none") return [];
    return request.kind === "address" ? [request.cidr.family] : [request.base.family];
  });
  const pooled = ip.length === 0 ? subnets.map(({ family }) => family) : [];
  const isIpv6 = [...families, ...pooled, ...routesOf(options).map(({ subnet }) => subnet.family)].includes(
    6,
  );
  if (!isIpv6) return [];
  return [{
    kind: "invalid-option",
    reason: `mtu=${mtu} is too small for its IPv6 addresses or routes: expected at least ${mtuLimits.ipv6}`,
  }];
}
