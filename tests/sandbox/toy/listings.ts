// What the listings of `ip -json -details` and `bridge -json` look like, with the fields that somebody reads.
import type { ToyAddresses } from "./addresses.ts";
import type { ToyLink } from "./links.ts";
import type { ToyRoute } from "./routes.ts";

/** `ip link show`. */
export function linkListing(links: readonly ToyLink[]): readonly unknown[] {
  return links.map(linkObject);
}

/** `ip address show`. */
export function addressListing(links: readonly ToyLink[], addresses: ToyAddresses): readonly unknown[] {
  return links.map((link) => ({
    ...linkObject(link),
    addr_info: addresses.of(link).map(({ family, address, prefix }) => ({
      family: family === 4 ? "inet" : "inet6",
      local: address,
      prefixlen: prefix,
      ...(addresses.isWithoutRoute(link, { family, address, prefix }) ? { noprefixroute: true } : {}),
      scope: link.name === "lo" ? "host" : address.startsWith("fe80:") ? "link" : "global",
      valid_life_time: 4294967295,
      preferred_life_time: 4294967295,
    })),
  }));
}

/** `ip route show table all`, as far as the toy has them. */
export function routeListing(routes: readonly ToyRoute[]): readonly Record<string, unknown>[] {
  const [ipv4, ipv6] = [false, true].map((is) => routes.filter(({ subnet }) => subnet.includes(":") === is));
  return [...ipv4 ?? [], ...ipv6 ?? []].map(routeObject);
}

/** `bridge fdb show [dynamic]`. */
export function fdbListing(
  links: readonly ToyLink[],
  { dynamic }: { readonly dynamic: boolean },
): readonly unknown[] {
  return links.flatMap((link) =>
    link.fdb.all().filter(({ learned }) => learned || !dynamic).map(({ mac, dst, learned }) => ({
      mac,
      ifname: link.name,
      dst,
      flags: ["self"],
      state: learned ? "" : "permanent",
    }))
  );
}

function linkObject(link: ToyLink): Record<string, unknown> {
  return {
    ifindex: link.index,
    ifname: link.name,
    flags: [link.name === "lo" ? "LOOPBACK" : "BROADCAST", ...(link.up ? ["UP", "LOWER_UP"] : [])],
    mtu: link.mtu,
    operstate: link.up ? "UNKNOWN" : "DOWN",
    link_type: link.name === "lo" ? "loopback" : "ether",
    address: link.mac,
    ...(link.kind === "" ? {} : { linkinfo: { info_kind: link.kind, ...vxlanData(link) } }),
    ...(link.alias === "" ? {} : { ifalias: link.alias }),
    ...(link.altnames.length === 0 ? {} : { altnames: link.altnames }),
    ...(link.master === undefined ? {} : { master: link.master.name }),
  };
}

function vxlanData({ vxlan }: ToyLink): Record<string, unknown> {
  if (vxlan === undefined) return {};
  const local = vxlan.local === undefined ? {} : { [vxlan.family === 6 ? "local6" : "local"]: vxlan.local };
  return {
    info_data: { id: vxlan.vni, ...local, link: vxlan.underlay.name, port: vxlan.port, learning: true },
  };
}

/** Hosts and default routes are written as the real tools write them. */
function routeObject(route: ToyRoute): Record<string, unknown> {
  const isIpv6 = route.subnet.includes(":");
  return {
    type: route.type ?? "unicast",
    dst: route.subnet.endsWith("/0") ? "default" : route.subnet.replace(isIpv6 ? /\/128$/ : /\/32$/, ""),
    ...(route.gateway === undefined ? {} : { gateway: route.gateway }),
    ...(route.link === undefined ? {} : { dev: route.link.name }),
    table: route.table ?? "main",
    protocol: route.protocol,
    scope: "global",
    ...(isIpv6 || route.metric > 0 ? { metric: route.metric } : {}),
    flags: [],
    ...(isIpv6 ? { pref: "medium" } : {}),
  };
}
