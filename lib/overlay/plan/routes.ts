// Which routes the interfaces get and lose, and which ones cannot be had.
import {
  type Cidr,
  cidrText,
  contains,
  type Family,
  familyOf,
  linkLocal,
  readCidr,
  subnetOf,
} from "../../network/grammar/address.ts";
import { quoted } from "../../text/quoted.ts";
import type { KernelState, ObservedRoute } from "../observation.ts";
import { ownTable, type Step } from "../step.ts";
import type { WantedInterface, WantedRoute } from "../wanted.ts";
import type { AddressSteps, LinkPlan, Obstacle, StandingLink } from "./parts.ts";

/** Steps for all interfaces: what goes, then what comes, each sorted by interface. */
export interface RouteSteps {
  readonly deletions: readonly Step[];
  readonly additions: readonly Step[];
  readonly obstacles: readonly Obstacle[];
}

/** Plans the routes through our interfaces, in whatever table they stand. `addresses` are those of the standing links, in the same order. */
export function routeSteps(
  links: LinkPlan,
  context: { readonly observed: KernelState; readonly addresses: readonly AddressSteps[] },
): RouteSteps {
  const gone = new Set(links.deletions.map(({ interfaceName }) => interfaceName));
  const main = context.observed.routes
    .filter(({ table, ours, type, dev }) =>
      (table === "main" || ours && (table === ownTable || type === "multicast")) && !gone.has(dev)
    )
    .sort(byText);
  const unwanted = links.standing.flatMap((standing) => unwantedRoutes(standing, main));
  const staying = new Set(main.filter((route) => !unwanted.includes(route)));
  const claimed = new Map<string, string>();
  const perInterface = links.standing.map((standing, position) => {
    const addresses = context.addresses[position] ?? noAddresses;
    for (const route of lostRoutes(standing, { staying, addresses })) staying.delete(route);
    return wantedRoutes(standing, { staying: [...staying], addresses, claimed });
  });
  return {
    deletions: unwanted.map(deletion),
    additions: perInterface.flatMap(({ additions }) => additions),
    obstacles: perInterface.flatMap(({ obstacles }) => obstacles),
  };
}

/** The kernel lists routes in an order of its own. */
function byText(a: ObservedRoute, b: ObservedRoute): number {
  const [left, right] = [a, b].map((route) => `${route.dev} ${told(route)} ${route.metric}`);
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

function unwantedRoutes(
  { wanted }: StandingLink,
  routes: readonly ObservedRoute[],
): readonly ObservedRoute[] {
  return routes.filter((route) =>
    route.ours && route.dev === wanted.interfaceName &&
    !wanted.routes.some((candidate) => isSame(candidate, { route, dev: wanted.interfaceName }))
  );
}

/** When the last IPv4 address of a link goes, the kernel drops its IPv4 routes with it. */
function lostRoutes(
  { wanted }: StandingLink,
  { staying, addresses }: { readonly staying: Iterable<ObservedRoute>; readonly addresses: AddressSteps },
): readonly ObservedRoute[] {
  const isBare = addresses.leaving.some(({ family }) => family === 4) &&
    !addresses.remaining.some(({ family }) => family === 4);
  return isBare
    ? [...staying].filter(({ dev, subnet }) => dev === wanted.interfaceName && familyOf(subnet) === 4)
    : [];
}

interface RouteContext {
  readonly staying: readonly ObservedRoute[];
  readonly addresses: AddressSteps;
  /** Which interface has each subnet in this plan. */
  readonly claimed: Map<string, string>;
}

/** For one interface. A pod may want thousands of routes and have thousands: they are not compared each with each. */
interface Standing {
  readonly dev: string;
  readonly claimed: ReadonlyMap<string, string>;
  readonly bySubnet: ReadonlyMap<string, readonly ObservedRoute[]>;
  /** Subnets whose hosts are neighbours. */
  readonly direct: readonly Cidr[];
}

function wantedRoutes(
  { wanted, link }: StandingLink,
  context: RouteContext,
): { readonly additions: readonly Step[]; readonly obstacles: readonly Obstacle[] } {
  const additions: Step[] = [];
  const obstacles: Obstacle[] = [];
  const { interfaceName } = wanted;
  // On a link that is down the kernel refuses routes; with `up=false` they wait for whoever brings it up.
  const routes = wanted.up || link.up ? wanted.routes : [];
  const standing: Standing = {
    dev: interfaceName,
    claimed: context.claimed,
    bySubnet: Map.groupBy(context.staying, ({ subnet }) => subnet),
    direct: routes.length === 0 ? [] : directSubnets(wanted, context),
  };
  for (const route of routes) {
    const alike = standing.bySubnet.get(cidrText(route.subnet)) ?? [];
    const there = alike.filter((candidate) => isSame(route, { route: candidate, dev: interfaceName }));
    // Others may have reasons of their own; ours was made when the interface had another address.
    if (there.some(({ ours }) => !ours)) continue;
    const onlink = !isReachable(route, standing) && isOnLink(route, wanted);
    const isLost = !onlink && !isReachable(route, standing);
    if (there.length > 0 && !isLost) continue;
    const reason = whyNotAdded(route, { ...standing, isLost, stands: there.length > 0 });
    if (reason !== undefined) {
      obstacles.push({ kind: reason.kind, network: wanted.name, interfaceName, reason: reason.text });
      continue;
    }
    context.claimed.set(placeOf(route), interfaceName);
    const { subnet, ...rest } = route;
    additions.push({
      kind: "add-route",
      interfaceName,
      subnet: cidrText(subnet),
      ...rest,
      ...(onlink ? { onlink } : {}),
    });
  }
  return { additions, obstacles };
}

/** A route that does what is wanted counts, whoever set it (the predecessor's carry no protocol of ours). */
function isSame(
  wanted: WantedRoute,
  { route, dev }: { readonly route: ObservedRoute; readonly dev: string },
): boolean {
  return route.dev === dev && route.gateway === wanted.gateway && route.subnet === cidrText(wanted.subnet) &&
    route.table === (wanted.table ?? "main") && route.type === wanted.type &&
    (wanted.metric === undefined || wanted.metric === route.metric);
}

/** Where a route stands: a place that is taken once. */
function placeOf({ subnet, table = "main" }: WantedRoute): string {
  return `${cidrText(subnet)} ${table}`;
}

function whyNotAdded(
  route: WantedRoute,
  { isLost, stands, ...context }: Standing & {
    /** Nothing leads to its gateway. */
    readonly isLost: boolean;
    readonly stands: boolean;
  },
): { readonly kind: Obstacle["kind"]; readonly text: string } | undefined {
  const subnet = cidrText(route.subnet);
  const via = route.gateway === undefined ? "" : ` via ${route.gateway}`;
  const attempt = `Cannot add route ${subnet}${via} to interface "${context.dev}"`;
  if (stands) return { kind: "setup-failed", text: `${attempt} again should it go: ${outOfReach}` };
  const claimant = context.claimed.get(placeOf(route));
  if (claimant !== undefined) {
    return { kind: "conflict", text: `${attempt}: interface "${claimant}" has a route to the same subnet` };
  }
  const taken = context.bySubnet.get(subnet)?.find((other) =>
    other.table === (route.table ?? "main") &&
    other.metric === (route.metric ?? defaultMetric(route.subnet.family))
  );
  if (taken !== undefined) {
    return {
      kind: "conflict",
      text: `${attempt}: the pod has a route to ${told(taken)}. Choose another subnet`,
    };
  }
  return isLost ? { kind: "setup-failed", text: `${attempt}: ${outOfReach}` } : undefined;
}

const outOfReach = "no subnet of the interface holds the gateway. " +
  "Give it an address in the gateway's subnet (ip=), or choose another gateway";

/** The metric of a route added without one; the kernel refuses a second route of equal subnet and metric. */
function defaultMetric(family: Family): number {
  return family === 4 ? 0 : 1024;
}

function told({ subnet, gateway, dev }: ObservedRoute): string {
  const via = gateway === undefined ? "" : ` via ${gateway}`;
  return `${subnet}${via} on ${dev === "" ? "no device" : quoted(dev)}`;
}

/**
 * Who gives an interface its address himself, by DHCP say, does so after the pod was released: the gateway is believed to be
 * in the subnet of an address that is still to come.
 */
function isOnLink({ subnet, gateway }: WantedRoute, { addresses, pool }: WantedInterface): boolean {
  return gateway !== undefined && pool === undefined &&
    !addresses.some(({ family }) => family === subnet.family);
}

/** The kernel refuses a gateway that is not a neighbour. */
function isReachable({ gateway }: WantedRoute, { direct }: Standing): boolean {
  return gateway === undefined || direct.some((subnet) => contains(subnet, gateway));
}

function directSubnets(
  { interfaceName, addresses }: WantedInterface,
  context: Pick<RouteContext, "staying" | "addresses">,
): readonly Cidr[] {
  // The kernel's routes to the interface's own subnets go with their addresses.
  const leaving = new Set(context.addresses.leaving.map((cidr) => cidrText(subnetOf(cidr))));
  const direct = context.staying.filter((route) =>
    route.dev === interfaceName && route.gateway === undefined && !leaving.has(route.subnet)
  );
  return [
    linkLocal,
    ...addresses,
    ...context.addresses.remaining,
    ...direct.flatMap(({ subnet }) => readCidr(subnet) ?? []),
  ];
}

const noAddresses: AddressSteps = { deletions: [], additions: [], leaving: [], remaining: [] };

function deletion({ dev: interfaceName, subnet, gateway, table, type }: ObservedRoute): Step {
  return {
    kind: "delete-route",
    interfaceName,
    subnet,
    ...(gateway === undefined ? {} : { gateway }),
    ...(table === "main" ? {} : { table }),
    ...(type === "multicast" ? { type } : {}),
  };
}
