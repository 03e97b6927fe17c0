// What of the addresses and ways of a pod is not as it is asked for?
import { type Form, ownRoutes } from "./form.ts";
import { addressesIn, type Link, linkOf, type Look } from "./look.ts";
import { isIn, isIpv6, numberOf, partsOf, subnetOf } from "./reading.ts";

/** What of its addresses is not as it is asked for; `given`: what its pool has given it. */
export function wrongAddresses(
  form: Form,
  { link, given }: { readonly link: Link; readonly given: readonly string[] | undefined },
): readonly string[] {
  const found = addressesIn(link);
  if (form.pool.length === 0 || given !== undefined) {
    const expected = (form.pool.length === 0 ? form.addresses : given ?? []).toSorted();
    return `${found}` === `${expected}` ? [] : [`has the addresses ${found}, not ${expected}`];
  }
  const isOfPool = (subnet: string): boolean => {
    const length = subnet.slice(subnet.indexOf("/"));
    const inSubnet = found.filter((one) => one.endsWith(length) && isIn(one.split("/")[0] ?? "", subnet));
    return inSubnet.length === 1 && inSubnet.every((one) => isOffered(one.split("/")[0] ?? "", form));
  };
  const isRight = found.length === form.pool.length && form.pool.every(isOfPool);
  return isRight ? [] : [`has the addresses ${found}, not one of each of ${form.pool}`];
}

function isOffered(address: string, { ranges, excluded }: Form): boolean {
  const isInside = ranges.some((range) => {
    const [first = "", last = ""] = range.split("-");
    return numberOf(address) >= numberOf(first) && numberOf(address) <= numberOf(last);
  });
  return (ranges.length === 0 || isInside) && !excluded.includes(address);
}

/** What is said of a network of a pod, or of the pod. */
export interface Told {
  readonly network?: string;
  readonly message: string;
}

/** Routes of an interface as they stood when all was right. */
export interface StandingRoutes {
  readonly ifindex: number;
  readonly addresses: readonly string[];
  /** `SUBNET GATEWAY` as the kernel shows them. */
  readonly routes: readonly string[];
}

/** The controller's routes through an interface. */
export function routesIn(link: Link, look: Look): StandingRoutes {
  const routes = look.routes.filter(({ dev }) => dev === link.ifname)
    .map(({ dst, gateway = "" }) => `${dst} ${gateway}`);
  return { ifindex: link.ifindex, addresses: addressesIn(link), routes };
}

/**
 * Those whose gateway is on the link must be there. One whose gateway is not cannot be made, which must be told; if it stood before
 * on the same interface it stays, unless the kernel takes it away. No others are there than those that are asked for.
 */
export function wrongRoutes(
  form: Form,
  { link, look, told, before }: {
    readonly link: Link;
    readonly look: Look;
    readonly told: readonly Told[];
    readonly before: StandingRoutes | undefined;
  },
): readonly string[] {
  const { routes: found, addresses } = routesIn(link, look);
  const [within, beyond] = [
    reachable(form, link),
    ownRoutes(form).filter((one) => !reachable(form, link).includes(one)),
  ];
  const stood = before?.ifindex === link.ifindex ? before : undefined;
  const left = beyond.map(asShown).filter((route) => stood?.routes.includes(route));
  // An interface without an IPv4 address loses its IPv4 routes, and new addresses come when the old ones have gone.
  const hasStayed = stood?.addresses.some((one) =>
    !isIpv6(one) && addresses.includes(one) &&
    stood.addresses.every((other) => addresses.includes(other) || subnetOf(other) !== subnetOf(one))
  );
  const isKept = (route: string): boolean => hasStayed === true || isIpv6(route);
  const expected = [...within.map(asShown), ...left.filter(isKept)];
  // The subnet of an address that would cover the pod's own network stands beside them.
  const allowed = [...within.map(asShown), ...left, ...addresses.map((one) => `${subnetOf(one)} `)];
  const said = told.find(({ network }) => network === form.network)?.message ?? "";
  const [, subnet, gateway] = /^Cannot add route (\S+) via (\S+) to .*: no subnet/.exec(said) ?? [];
  const isFalse = subnet !== undefined && !beyond.includes(`${subnet}:${gateway}`);
  return [
    ...expected.filter((route) => !found.includes(route)).map((route) => `lacks the route ${route}`),
    ...found.filter((route) => !allowed.includes(route)).map((route) => `has the route ${route}`),
    ...said === "" ? beyond.map((route) => `cannot have the route ${route}, of which nothing is told`) : [],
    ...isFalse ? [`could have a route of which is told: ${said}`] : [],
  ];
}

function asShown(route: string): string {
  const { subnet, gateway = "" } = partsOf(route);
  return `${subnet.endsWith("/0") ? "default" : subnet.replace(/\/32$/, "")} ${gateway}`;
}

function reachable(form: Form, link: Link): readonly string[] {
  return ownRoutes(form).filter((route) => {
    const { gateway } = partsOf(route);
    if (gateway === undefined || gateway.startsWith("fe80:")) return true;
    // Without an address of ours somebody else is believed to give it one, by DHCP say.
    const isOpen = form.pool.length === 0 &&
      !form.addresses.some((one) => isIpv6(one) === isIpv6(gateway));
    return isOpen || addressesIn(link).some((one) => isIn(gateway, one));
  });
}

/** Where a default route stands, and only there, what is not for it has rules. */
export function wrongExceptions(
  { forms, look }: { readonly forms: ReadonlyMap<string, Form>; readonly look: Look },
  stuck: ReadonlySet<string>,
): readonly string[] {
  const found = look.rules.filter(({ priority }) => priority === 8602).map(({ dst = "", dstlen }) =>
    `${dst}/${dstlen ?? (isIpv6(dst) ? 128 : 32)}`
  );
  const all = [...forms.values()];
  const expected = all.flatMap((form) => {
    const link = linkOf(form, look);
    if (stuck.has(form.network) || link?.flags.includes("UP") !== true) return [];
    const defaults = reachable(form, link).map((route) => partsOf(route).subnet)
      .filter((subnet) => subnet.endsWith("/0"));
    return form.except.filter((subnet) => defaults.some((one) => isIpv6(one) === isIpv6(subnet)));
  });
  const asked = all.flatMap(({ except }) => except);
  return [
    ...expected.filter((subnet) => !found.includes(subnet)).map((subnet) =>
      `lacks the rule for except=${subnet}`
    ),
    ...found.filter((subnet) => !asked.includes(subnet)).map((subnet) => `has a rule for ${subnet}`),
  ];
}
