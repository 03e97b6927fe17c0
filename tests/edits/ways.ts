// What of the addresses and ways of a pod is not as it is asked for?
import { type Form, ownRoutes } from "./form.ts";
import { addressesIn, type Link, linkOf, type Look } from "./look.ts";
import { isIn, numberOf, subnetOf } from "./reading.ts";

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

/** Those whose gateway is on the link must be there; no others than those that are asked for. */
export function wrongRoutes(
  form: Form,
  { link, look }: { readonly link: Link; readonly look: Look },
): readonly string[] {
  const found = look.routes.filter(({ dev }) => dev === link.ifname)
    .map(({ dst, gateway = "" }) => `${dst} ${gateway}`);
  const expected = reachable(form, link).map(asShown);
  // The subnet of an address that would cover the pod's own network stands beside them.
  const allowed = [...ownRoutes(form).map(asShown), ...addressesIn(link).map((one) => `${subnetOf(one)} `)];
  return [
    ...expected.filter((route) => !found.includes(route)).map((route) => `lacks the route ${route}`),
    ...found.filter((route) => !allowed.includes(route)).map((route) => `has the route ${route}`),
  ];
}

function asShown(route: string): string {
  const [subnet = "", gateway = ""] = route.split(":");
  return `${subnet === "0.0.0.0/0" ? "default" : subnet.replace(/\/32$/, "")} ${gateway}`;
}

function reachable(form: Form, link: Link): readonly string[] {
  return ownRoutes(form).filter((route) => {
    const [, gateway] = route.split(":");
    return gateway === undefined || addressesIn(link).some((one) => isIn(gateway, one));
  });
}

/** Where a default route stands, and only there, what is not for it has rules. */
export function wrongExceptions(
  { forms, look }: { readonly forms: ReadonlyMap<string, Form>; readonly look: Look },
  stuck: ReadonlySet<string>,
): readonly string[] {
  const found = look.rules.filter(({ priority }) => priority === 8602).map(({ dst, dstlen = 32 }) =>
    `${dst}/${dstlen}`
  );
  const all = [...forms.values()];
  const expected = all.filter((form) => {
    const link = linkOf(form, look);
    return !stuck.has(form.network) && link?.flags.includes("UP") === true &&
      reachable(form, link).some((route) => route.startsWith("0.0.0.0/0"));
  }).flatMap(({ except }) => except);
  const asked = all.flatMap(({ except }) => except);
  return [
    ...expected.filter((subnet) => !found.includes(subnet)).map((subnet) =>
      `lacks the rule for except=${subnet}`
    ),
    ...found.filter((subnet) => !asked.includes(subnet)).map((subnet) => `has a rule for ${subnet}`),
  ];
}
