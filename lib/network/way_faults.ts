// Which options of where packets go do not fit together, or not to the pod.
import type { Network } from "./network.ts";
import { type OptionSet, optionTable } from "./grammar/option_table.ts";
import type { ResolveFault } from "./settle.ts";

/** The pod's own addresses; absent: those that the network needs. */
interface Carrier {
  readonly podIPs?: readonly string[];
}

/** What does not fit together of what says where packets go. */
export function wayFaults(
  { peer = [], family = optionTable.family.fallback, ...options }: OptionSet,
): readonly ResolveFault[] {
  const faults = peer.filter((ip) => ip.family !== family).map(({ address }) =>
    `peer=${address} is no IPv${family} address, and the network is carried by IPv${family} (family=…)`
  );
  const hasDefault = options.gateway !== undefined ||
    options.route?.some(({ subnet }) => subnet.prefix === 0);
  if (options.except !== undefined && hasDefault !== true) {
    faults.push("except=… says what does not go through a gateway, and there is none: give gateway=… too");
  }
  return faults.map((reason) => ({ kind: "invalid-option", reason }));
}

/** A pod may get other addresses: a form that it had before may be none for it now. */
export function isCarried({ family }: Pick<Network, "family">, { podIPs }: Carrier): boolean {
  return podIPs === undefined || podIPs.some((ip) => ip.includes(":") === (family === 6));
}

export function carrierFaults(
  { family = optionTable.family.fallback }: OptionSet,
  context: Carrier,
): readonly ResolveFault[] {
  if (isCarried({ family }, context)) return [];
  const reason = `pod IPs of IPv${family} carry it, and the pod has ${context.podIPs?.join(", ")} only; ` +
    `family=${family === 4 ? 6 : 4} in its ConfigMap entry makes it one for such pods`;
  return [{ kind: "setup-failed", reason }];
}
