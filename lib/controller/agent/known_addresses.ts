// Which addresses of a pod were set by us: only those are ever removed.
import { cidrText } from "../../network/grammar/address.ts";
import type { KernelState } from "../../overlay/observation.ts";
import type { Step } from "../../overlay/step.ts";
import type { WantedState } from "../../overlay/wanted.ts";

/** Addresses by interface. */
interface Knowing {
  readonly addresses: Map<string, Set<string>>;
}

/** Learns from what was carried out. */
export function rememberAddresses(pod: Knowing, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind === "add-address") addressesOf(pod, step.interfaceName).add(step.cidr);
    if (step.kind === "delete-address") addressesOf(pod, step.interfaceName).delete(step.cidr);
    if (step.kind === "delete-link") pod.addresses.delete(step.interfaceName);
  }
}

/** After a restart of ours we no longer know what we set; what is there and wanted is taken as set by us. */
export function claimAddresses(
  pod: Knowing,
  { observed, wanted }: { readonly observed: KernelState; readonly wanted: WantedState },
): void {
  for (const { interfaceName, addresses } of wanted.interfaces) {
    const present = new Set(observed.links.find((link) => link.name === interfaceName)?.addresses ?? []);
    for (const text of addresses.map(cidrText)) {
      if (present.has(text)) addressesOf(pod, interfaceName).add(text);
    }
  }
}

function addressesOf(pod: Knowing, name: string): Set<string> {
  const known = pod.addresses.get(name) ?? new Set<string>();
  pod.addresses.set(name, known);
  return known;
}
