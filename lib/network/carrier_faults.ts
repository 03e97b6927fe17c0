// Has the pod an IP that can carry a network of this family?
import type { Network } from "./network.ts";
import { type OptionSet, optionTable } from "./grammar/option_table.ts";
import type { ResolveFault } from "./settle.ts";

/** The pod's own addresses; absent: those that the network needs. */
interface Carrier {
  readonly podIPs?: readonly string[];
}

/** A pod may get other addresses: a form that it had before may be none for it now. */
export function isCarried({ family }: Pick<Network, "family">, { podIPs }: Carrier): boolean {
  return podIPs === undefined || podIPs.some((ip) => ip.includes(":") === (family === 6));
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
