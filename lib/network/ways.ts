// What do the options say together of where a pod's packets go: routes, gateways, what is left out of them, peers outside?
import { type Ip, type Route, routeText } from "./grammar/address.ts";
import { type OptionSet, optionTable } from "./grammar/option_table.ts";
import { defined } from "../text/defined.ts";
import type { ResolveFault } from "./settle.ts";

/**
 * The pod's options before those of the ConfigMap. What it says of its default route takes the place of what is said there,
 * whether it is written as `gateway=` or as a route.
 */
export function merged(atCluster: OptionSet | undefined, own: OptionSet): OptionSet {
  const options = { ...atCluster, ...own };
  if (own.gateway !== undefined) {
    const route = own.route ?? atCluster?.route?.filter(({ subnet }) => subnet.prefix > 0);
    return { ...options, ...defined({ route }) };
  }
  const families = new Set(own.route?.flatMap(({ subnet }) => subnet.prefix === 0 ? [subnet.family] : []));
  const gateway = atCluster?.gateway?.filter((each) => each === "none" || !families.has(each.family));
  return { ...options, ...defined({ gateway }) };
}

/** Each once: `gateway=` and a default route may say the same. */
export function routesOf({ route = [], gateway = [] }: OptionSet): readonly Route[] {
  const routes = [...route, ...gateway.flatMap((each) => each === "none" ? [] : [defaultRoute(each)])];
  return [...new Map(routes.map((each) => [routeText(each), each])).values()];
}

function defaultRoute({ family, address }: Ip): Route {
  return { subnet: { family, address: family === 4 ? "0.0.0.0" : "::", prefix: 0 }, gateway: address };
}

/** What does not fit together of it. */
export function wayFaults(
  { peer = [], family = optionTable.family.fallback, ...options }: OptionSet,
): ResolveFault[] {
  const faults = peer.filter((ip) => ip.family !== family).map(({ address }) =>
    `peer=${address} is no IPv${family} address, and the network is carried by IPv${family} (family=…)`
  );
  const hasDefault = routesOf(options).some(({ subnet }) => subnet.prefix === 0);
  if (options.except !== undefined && options.gateway === undefined && !hasDefault) {
    faults.push("except=… says what does not go through a gateway, and there is none: give gateway=… too");
  }
  if (options.gateway?.includes("none") && hasDefault) {
    faults.push("gateway=none stands beside a gateway or a default route: keep one of them");
  }
  return faults.map((reason) => ({ kind: "invalid-option", reason }));
}
