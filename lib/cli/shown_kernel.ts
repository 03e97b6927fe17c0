// What has a pod of networks that cannot be had at the moment? For who does not look into its kernel, as the pod shows it.
import type { Store } from "../controller/store/store.ts";
import type { PodView } from "../member/pod.ts";
import { contains, readCidr } from "../network/grammar/address.ts";
import { parseAnnotation } from "../network/grammar/annotation.ts";
import { type OptionSet, optionTable } from "../network/grammar/option_table.ts";
import type { ObservedLink } from "../overlay/observation.ts";
import { aliasOf } from "../overlay/wanted.ts";

/** Gives the store, of pods whose kernels nobody has looked at, what the controller has found there and written on them. */
export function believeShown(store: Store, annotationKey: string): void {
  for (const { uid, pod, seen } of store.tracked.values()) {
    const shown = pod.shown?.links ?? [];
    if (seen || shown.length === 0) continue;
    const links = shown.map((each) => linkOf(each, { pod, store, annotationKey }));
    store.claim(uid, { links, routes: [] });
  }
}

type ShownLinks = NonNullable<NonNullable<PodView["shown"]>["links"]>;

/** The annotation on a pod does not tell port, device and lengths: they are as they are asked for. */
function linkOf(
  { network, interfaceName, vni, mac }: ShownLinks[number],
  { pod, store, annotationKey }: {
    readonly pod: PodView;
    readonly store: Store;
    readonly annotationKey: string;
  },
): ObservedLink {
  const { namespace, name, annotation = "", shown } = pod;
  const source = { kind: "annotation", key: annotationKey, namespace, pod: name } as const;
  const entry = parseAnnotation(annotation, source).entries.find((each) => each.network === network);
  const said: OptionSet = { ...store.cluster.networks.get(network)?.options, ...entry?.options };
  const addresses = (shown?.ips?.get(network) ?? []).map((ip) => {
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
    alias: aliasOf(network, annotationKey),
    kind: "vxlan",
    vxlan: {
      vni,
      port: said.dstport ?? dstport.fallback,
      family: said.family ?? family.fallback,
      dev: said.dev ?? dev.fallback,
    },
    addresses: addresses.filter((text) => readCidr(text) !== undefined),
  };
}
