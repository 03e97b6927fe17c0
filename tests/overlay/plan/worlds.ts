// Small worlds for tables: a wanted interface, the link that fulfils it, and changes to either.
import { cidrText, readCidr } from "../../../lib/network/grammar/address.ts";
import { render } from "../../../lib/overlay/iproute2/render.ts";
import type { Observation, ObservedLink, ObservedRoute } from "../../../lib/overlay/observation.ts";
import type { KnownAddresses } from "../../../lib/overlay/plan/parts.ts";
import { plan } from "../../../lib/overlay/plan/plan.ts";
import type { Step } from "../../../lib/overlay/step.ts";
import { aliasOf, type WantedInterface, type WantedState } from "../../../lib/overlay/wanted.ts";

export const annotationKey = "vxlan.travelping.com/networks";

/** A wanted interface: network and interface vxeth0, VNI 100 on eth0, up; nothing else. */
export function anInterface(changes: Partial<WantedInterface> = {}): WantedInterface {
  const name = changes.name ?? "vxeth0";
  return {
    name,
    interfaceName: name,
    alias: aliasOf(name, annotationKey),
    vni: 100,
    port: 8472,
    family: 4,
    underlay: "eth0",
    mac: "02:00:00:00:00:01",
    up: true,
    addresses: [],
    routes: [],
    peers: [],
    neighbours: [],
    ...changes,
  };
}

/** What is wanted: the interfaces, with everything else allowed. */
export function aWantedState(
  interfaces: readonly WantedInterface[],
  changes: Partial<WantedState> = {},
): WantedState {
  return { interfaces, untouchable: [], mayRemove: true, annotationKey, own: new Set(), ...changes };
}

/** The link that fulfils `anInterface()`, addresses and state included. */
export function aLink(changes: Partial<ObservedLink> = {}): ObservedLink {
  return {
    index: 7,
    name: "vxeth0",
    altnames: [],
    mtu: 1450,
    mac: "02:00:00:00:00:01",
    up: true,
    alias: aliasOf("vxeth0", annotationKey),
    kind: "vxlan",
    vxlan: { vni: 100, port: 8472, family: 4, dev: "eth0" },
    addresses: [],
    ...changes,
  };
}

/** A link that is none of ours. */
export function aDevice(name: string, changes: Partial<ObservedLink> = {}): ObservedLink {
  const mac = "02:42:0a:f4:01:05";
  const link = {
    index: 2,
    name,
    altnames: [],
    mtu: 1500,
    mac,
    up: true,
    alias: "",
    kind: "veth",
    addresses: [],
  };
  return { ...link, ...changes };
}

/** A pod with lo and eth0 and these links. */
export function anObservation(
  links: readonly ObservedLink[] = [],
  changes: Partial<Observation> = {},
): Observation {
  const all = [aDevice("lo", { kind: "", mtu: 65536 }), aDevice("eth0"), ...links];
  return { links: all.sort((a, b) => a.name < b.name ? -1 : 1), routes: [], fdb: [], ...changes };
}

/** A route of the main table without a protocol of ours. */
export function aRoute(changes: Partial<ObservedRoute> & Pick<ObservedRoute, "subnet">): ObservedRoute {
  return { dev: "vxeth0", ours: false, table: "main", metric: 0, ...changes };
}

/** `192.0.2.1/24` as a value. */
export function cidrs(...texts: readonly string[]): WantedInterface["addresses"] {
  return texts.map((text) => {
    const cidr = readCidr(text);
    if (cidr === undefined) throw new Error(`${text} is no address with prefix length`);
    return cidr;
  });
}

/** `192.0.2.0/24 via 198.51.100.1` as a value. */
export function routes(...texts: readonly string[]): WantedInterface["routes"] {
  return texts.flatMap((text) => {
    const [subnet = "", gateway] = text.split(" via ");
    return cidrs(subnet).map((cidr) => ({ subnet: cidr, ...(gateway === undefined ? {} : { gateway }) }));
  });
}

/** The plan as the lines it is sent as, and what stands in the way as kind and reason. */
export function planLines(
  input: {
    readonly wanted: WantedState;
    readonly observed: Observation;
    readonly ours?: Readonly<Record<string, readonly string[]>>;
  },
): { readonly lines: readonly string[]; readonly obstacles: readonly string[] } {
  const { steps, obstacles } = plan({ ...input, ourAddresses: known(input.ours ?? {}) });
  return {
    lines: steps.map(lineOf),
    obstacles: obstacles.map(({ kind, reason }) => `${kind}: ${reason}`),
  };
}

/** Addresses that we know we set. */
export function known(ours: Readonly<Record<string, readonly string[]>>): KnownAddresses {
  return new Map(Object.entries(ours).map(([name, texts]) => [name, new Set(texts)]));
}

/** All wanted addresses, as a controller knows them that has set them itself. */
export function knownOf(wanted: WantedState): KnownAddresses {
  return new Map(
    wanted.interfaces.map((
      { interfaceName, addresses },
    ) => [interfaceName, new Set(addresses.map(cidrText))]),
  );
}

/** With the names of links instead of their indexes. */
function lineOf(step: Step): string {
  const { tool, text } = render(step, { chance: 0 });
  const named = "interfaceName" in step ? text.replace(/\bif0\d{9,13}\b/, step.interfaceName ?? "") : text;
  return tool === "ip" ? named : `${tool} ${named}`;
}
