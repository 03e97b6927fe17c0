// What has a pod of networks that cannot be had at the moment? For who does not look into its kernel, as the pod shows it.
import type { Store } from "../controller/store/store.ts";
import type { Tracked } from "../controller/store/tracked.ts";
import type { PodView } from "../member/pod.ts";
import { contains, readCidr } from "../network/grammar/address.ts";
import { parseAnnotation } from "../network/grammar/annotation.ts";
import { type OptionSet, optionTable } from "../network/grammar/option_table.ts";
import { peerKey } from "../network/network.ts";
import type { ObservedLink } from "../overlay/observation.ts";
import { aliasOf } from "../overlay/wanted.ts";

/**
 * Gives the store, of pods whose kernels nobody has looked at, what the controller has found there and written on them.
 * What that does not tell is as in `seen`, the links of the one that was looked into.
 */
export function believeShown(
  store: Store,
  { annotationKey, seen = [] }: { readonly annotationKey: string; readonly seen?: readonly ObservedLink[] },
): void {
  for (const tracked of store.tracked.values()) {
    const { uid, pod } = tracked;
    const shown = linksShown(tracked, store);
    if (shown === undefined) continue;
    const { namespace, name, annotation = "" } = pod;
    const source = { kind: "annotation", key: annotationKey, namespace, pod: name } as const;
    const entries = new Map(parseAnnotation(annotation, source).entries.map((each) => [each.network, each]));
    const links = shown.map((each) => {
      const atCluster = store.cluster.networks.get(each.network)?.options;
      const said = { ...atCluster, ...entries.get(each.network)?.options };
      const ips = pod.shown?.ips?.get(each.network) ?? [];
      const alias = aliasOf(each.network, annotationKey);
      const peer = seen.find((link) => link.alias === alias && link.vxlan?.vni === each.vni);
      return linkOf(each, { said, ips, alias, like: peer?.vxlan });
    });
    store.claim(uid, { links, routes: [] });
  }
}

/** Undefined where it need not be known, or is not. That a pod has no link matters where it asks for what is full. */
function linksShown(
  { uid, pod: { shown }, seen, asked }: Pick<Tracked, "uid" | "pod" | "seen" | "asked">,
  { surroundings: { limit } }: Store,
): ShownLinks | undefined {
  const { links = [], ready } = shown ?? {};
  if (seen) return undefined;
  if (links.length > 0) return links;
  const networks = asked.kind === "member" ? asked.member.networks : [];
  if (networks.every((network) => limit.verdict(uid, peerKey(network)) === "in")) return undefined;
  if (ready !== "True") return shown?.links;
  return networks.map(({ name: network, interfaceName, vni, mac = "" }) => ({
    network,
    interfaceName,
    vni,
    mac,
  }));
}

type ShownLinks = NonNullable<NonNullable<PodView["shown"]>["links"]>;

/** The annotation on a pod does not tell port, device and lengths: they are as they are asked for. */
function linkOf(
  { interfaceName, vni, mac }: ShownLinks[number],
  { said, ips, alias, like }: {
    /** What ConfigMap and annotation say of the network. */
    readonly said: OptionSet;
    readonly ips: readonly string[];
    readonly alias: string;
    readonly like: ObservedLink["vxlan"];
  },
): ObservedLink {
  const addresses = ips.map((ip) => {
    const subnet = said.subnet?.find((each) => contains(each, ip));
    return `${ip}/${subnet?.prefix ?? (ip.includes(":") ? 128 : 32)}`;
  });
  const { dev, dstport, family } = optionTable;
  return {
    // No link has it: nothing is done to what nobody has seen.
    index: 0,
    name: interfaceName,
    altnames: [],
    mtu: said.mtu ?? 0,
    mac,
    up: true,
    alias,
    kind: "vxlan",
    vxlan: {
      vni,
      port: said.dstport ?? like?.port ?? dstport.fallback,
      family: said.family ?? like?.family ?? family.fallback,
      dev: said.dev ?? dev.fallback,
    },
    addresses: addresses.filter((text) => readCidr(text) !== undefined),
  };
}
