// Which device does a packet leave by: the rules and routes of a namespace, looked up as the kernel does (ip-rule(8)).
import { contains, readCidr } from "../../../lib/network/grammar/address.ts";
import { readRoutes } from "../../../lib/overlay/iproute2/read_routes.ts";
import type { ObservedRoute } from "../../../lib/overlay/observation.ts";
import type { ToyNamespace } from "../../sandbox/toy/kernel.ts";

/** A packet of the pod. */
export interface Packet {
  readonly to: string;
  /** UDP port that it goes to. */
  readonly port?: number;
  /** The address that its socket is bound to, as in a reply. */
  readonly from?: string;
}

/** The device, or undefined when there is no way or an unreachable one. */
export function wayOf(packet: Packet, toy: ToyNamespace): string | undefined {
  const family = packet.to.includes(":") ? ["-6"] : [];
  const rules: readonly Rule[] = JSON.parse(toy.run(["ip", ...family, "rule", "show"]).stdout);
  const routes = readRoutes(toy.run(["ip", "route", "show", "table", "all"]).stdout);
  for (const rule of rules.filter((each) => isFor(each, packet))) {
    const found = bestIn(routes.filter(({ table }) => table === rule.table), packet.to);
    if (found === undefined || found.type === "throw" || length(found) <= (rule.suppress_prefixlen ?? -1)) {
      continue;
    }
    return found.type === "unreachable" ? undefined : found.dev;
  }
  return undefined;
}

interface Rule {
  readonly src: string;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly dport?: number;
  readonly table: string;
  readonly suppress_prefixlen?: number;
}

function isFor({ src, dst, dstlen, dport }: Rule, { to, port, from }: Packet): boolean {
  const target = dst === undefined
    ? undefined
    : readCidr(`${dst}/${dstlen ?? (dst.includes(":") ? 128 : 32)}`);
  return (src === "all" || src === from) && (dport === undefined || dport === port) &&
    (target === undefined || contains(target, to));
}

function bestIn(routes: readonly ObservedRoute[], to: string): ObservedRoute | undefined {
  return routes.filter(({ subnet }) => {
    const cidr = readCidr(subnet);
    return cidr !== undefined && contains(cidr, to);
  }).sort((a, b) => length(b) - length(a) || a.metric - b.metric)[0];
}

function length({ subnet }: ObservedRoute): number {
  return Number(subnet.split("/")[1]);
}
