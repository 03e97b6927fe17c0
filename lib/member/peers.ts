// By which address do other members reach this one.
import type { Family } from "../network/network.ts";

/** The first pod IP of that family in canonical text (`podView` sees to that), or undefined when the pod has none. */
export function podIpOf(member: { readonly podIPs: readonly string[] }, family: Family): string | undefined {
  return member.podIPs.find((ip) => ip.includes(":") === (family === 6));
}
