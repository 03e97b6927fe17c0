// In which table does each route stand: main, ours when packets that carry a network must not follow it, or local?
import {
  type Cidr,
  cidrText,
  type Family,
  hostPrefix,
  isMulticast,
  routeText,
  subnetOf,
} from "../../network/grammar/address.ts";
import { ownTable } from "../step.ts";
import type { WantedInterface, WantedRoute } from "../wanted.ts";
import type { Obstacle } from "./parts.ts";

/** What decides it. */
export interface Placing {
  readonly covers: (subnet: Cidr) => boolean;
  /** Why there are none, by family. */
  readonly noRules: ReadonlyMap<Family, string>;
}

/** Says of each address and route where it is to stand, and which cannot be had without rules. */
export function placed(
  each: WantedInterface,
  { covers, noRules }: Placing,
): { readonly kept: WantedInterface; readonly refused: readonly Obstacle[] } {
  const refused: Obstacle[] = [];
  const mayStand = (family: Family, item: string): boolean => {
    const reason = noRules.get(family);
    if (reason !== undefined) refused.push(unguarded(each, { item, reason }));
    return reason === undefined;
  };
  const routes = each.routes.flatMap((route): readonly WantedRoute[] => {
    // The kernel looks for IPv6 groups in table local, where every device has a route to all of them.
    if (route.subnet.family === 6 && isMulticast(route.subnet)) {
      return [{ ...route, table: "local", type: "multicast", metric: 100 }];
    }
    if (!covers(route.subnet)) return [route];
    const option = route.subnet.prefix === 0 ? `gateway=${route.gateway}` : `route=${routeText(route)}`;
    return mayStand(route.subnet.family, option) ? [{ ...route, table: ownTable }] : [];
  });
  const addresses = each.addresses.flatMap((cidr) => {
    if (covers({ ...cidr, prefix: hostPrefix(cidr.family) })) refused.push(swallowing(each, cidr));
    const isAlone = cidr.prefix === hostPrefix(cidr.family);
    if (isAlone || !covers(subnetOf(cidr))) return [cidr];
    return mayStand(cidr.family, `ip=${cidrText(cidr)}`) ? [{ ...cidr, withoutRoute: true as const }] : [];
  });
  const connected = new Map(
    addresses.filter((cidr) => "withoutRoute" in cidr).reverse().map((cidr) => {
      const subnet = subnetOf(cidr);
      return [cidrText(subnet), { subnet, table: ownTable, source: cidr.address } as const];
    }),
  );
  // What is on the link goes first: it makes the gateways neighbours.
  return { kept: { ...each, addresses, routes: [...connected.values(), ...routes] }, refused };
}

/** The kernel delivers what goes to an address of its own to itself, before any rule is asked. */
function swallowing({ name, interfaceName }: WantedInterface, cidr: Cidr): Obstacle {
  return {
    kind: "conflict",
    network: name,
    interfaceName,
    reason:
      `Cannot rely on ip=${
        cidrText(cidr)
      } of network "${name}": it is also the pod IP of a peer or the gateway of ` +
      "the pod's network, and packets that carry the networks there would stay in the pod. Give it another address",
  };
}

function unguarded(
  { name, interfaceName }: WantedInterface,
  { item, reason }: { readonly item: string; readonly reason: string },
): Obstacle {
  return {
    kind: "setup-failed",
    network: name,
    interfaceName,
    reason:
      `Cannot give interface "${interfaceName}" of network "${name}" its ${item}: packets that carry the ` +
      `networks would follow it, and rules to keep them out cannot be had in this pod (${reason}). ` +
      "Use a subnet that holds no pod IP, or a kernel (4.17 or newer) and an iproute2 with rules",
  };
}
