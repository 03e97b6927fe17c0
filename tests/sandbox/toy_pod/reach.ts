// Does a ping come back? Walks routes, forwarding entries and pods in memory, there and back again.
import { contains, readCidr } from "../../../lib/network/grammar/address.ts";
import { readFdb, readIp } from "../../../lib/overlay/iproute2/read.ts";
import type { ObservedFdbEntry, ObservedLink, ObservedRoute } from "../../../lib/overlay/observation.ts";
import type { ToyHost } from "./plane.ts";

interface Seen {
  readonly host: ToyHost;
  readonly links: readonly ObservedLink[];
  readonly routes: readonly ObservedRoute[];
  readonly fdb: readonly ObservedFdbEntry[];
}

/** What a host answers on the way. */
interface Arrival {
  readonly host: Seen;
  /** The address that the first host sent from. */
  readonly source: string;
}

const zeroMac = "00:00:00:00:00:00";

/** True when `address` answers a ping from `from`. */
export function reaches(
  from: ToyHost,
  target: { readonly address: string; readonly hosts: readonly ToyHost[] },
): boolean {
  const all = target.hosts.map(see);
  const start = all.find((one) => one.host === from);
  if (start === undefined) return false;
  const there = travel(start, { address: target.address, all });
  const back = there && travel(there.host, { address: there.source, all });
  return back?.host === start;
}

function see(host: ToyHost): Seen {
  const ask = (...argv: string[]): string => host.namespace.run(argv).stdout.trim();
  const questions = ["address show", "route show table all"];
  const ip = questions.map((question) => ask("ip", ...question.split(" ")));
  return { host, ...readIp(ip, questions), fdb: readFdb([ask("bridge", "fdb", "show")]) };
}

function travel(
  start: Seen,
  way: { readonly address: string; readonly all: readonly Seen[] },
): Arrival | undefined {
  let here: Seen | undefined = start;
  let source = "";
  for (let hops = 0; here !== undefined && hops < 8; hops++) {
    if (has(here.links, way.address)) return { host: here, source: source === "" ? way.address : source };
    if (hops > 0 && here.host.network.sysctls["net.ipv4.ip_forward"] !== "1") return undefined;
    const route = bestRoute(here.routes, way.address);
    const link: ObservedLink | undefined = here.links.find((one) => one.name === route?.dev && one.up);
    if (route === undefined || link === undefined) return undefined;
    const neighbour = route.gateway ?? way.address;
    if (source === "") source = addressTowards(link, neighbour);
    here = next(here, { link, neighbour, all: way.all });
  }
  return undefined;
}

function has(links: readonly ObservedLink[], address: string): boolean {
  return links.some((link) => link.up && link.addresses.some((cidr) => cidr.split("/")[0] === address));
}

function bestRoute(routes: readonly ObservedRoute[], address: string): ObservedRoute | undefined {
  const length = (route: ObservedRoute): number => Number(route.subnet.split("/")[1]);
  return routes.filter((route) => route.table === "main" && covers(route.subnet, address))
    .sort((one, other) => length(other) - length(one))[0];
}

function covers(subnet: string, address: string): boolean {
  const cidr = readCidr(subnet);
  return cidr !== undefined && contains(cidr, address);
}

function addressTowards(link: ObservedLink, neighbour: string): string {
  const cidr = link.addresses.find((one) => covers(one, neighbour)) ?? link.addresses[0] ?? "";
  return cidr.split("/")[0] ?? "";
}

/** The pod that holds the neighbour's address at the other end of a link, if the link leads there. */
function next(
  here: Seen,
  step: { readonly link: ObservedLink; readonly neighbour: string; readonly all: readonly Seen[] },
): Seen | undefined {
  const { link, neighbour } = step;
  const { vxlan } = link;
  if (vxlan === undefined) return step.all.find((one) => has(one.links.filter(isEth0), neighbour));
  const floods = new Set(
    here.fdb.filter((entry) => entry.dev === link.name && entry.mac === zeroMac).map((entry) => entry.dst),
  );
  return step.all.find((one) =>
    one !== here &&
    one.links.filter(isEth0).some((eth0) =>
      eth0.addresses.some((cidr) => floods.has(cidr.split("/")[0] ?? ""))
    ) &&
    has(
      one.links.filter((other) => other.vxlan?.vni === vxlan.vni && other.vxlan.port === vxlan.port),
      neighbour,
    )
  );
}

function isEth0(link: ObservedLink): boolean {
  return link.name === "eth0";
}
