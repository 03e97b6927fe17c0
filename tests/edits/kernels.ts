// What of the kernels is not as the texts say? For every pod its interfaces, addresses, routes and whom it sends to.
import { type Form, leastMtuOf, overheadOf, segmentOf } from "./form.ts";
import {
  addressesIn,
  deviceOf,
  familyOf,
  type Link,
  linkOf,
  type Look,
  networkOf,
  numbersOf,
} from "./look.ts";
import type { Remembered } from "./remembered.ts";
import { type Told, wrongAddresses, wrongExceptions, wrongRoutes } from "./ways.ts";

/** A pod, what it should have, and what its kernel holds. */
export interface Seen {
  readonly pod: string;
  readonly ip: string;
  readonly ip6?: string;
  readonly forms: ReadonlyMap<string, Form>;
  readonly look: Look;
  /** What the controller says is wrong with it at present, one sentence for each network at most. */
  readonly told: readonly Told[];
}

/** Everything that is not right, one sentence each. */
export function wrongIn(all: readonly Seen[], remembered: Remembered): readonly string[] {
  const wrong = all.flatMap((seen) => wrongInPod(seen, { all, remembered }));
  const pooled = all.flatMap(({ forms, look }) =>
    [...forms.values()].filter(({ pool }) => pool.length > 0).flatMap((form) => {
      const link = linkOf(form, look);
      return link === undefined ? [] : addressesIn(link).map((one) => `${form.network} ${one}`);
    })
  );
  const twice = pooled.filter((one, at) => pooled.indexOf(one) !== at);
  return [...wrong, ...twice.map((one) => `${one} was given twice`)];
}

interface Around {
  readonly all: readonly Seen[];
  readonly remembered: Remembered;
}

function wrongInPod(seen: Seen, around: Around): readonly string[] {
  const { pod, forms, look } = seen;
  const links = look.links.filter((link) => networkOf(link) !== undefined);
  const stuck = obstructed(seen);
  const surplus = links.filter((link) => {
    const form = forms.get(networkOf(link) ?? "");
    return form === undefined || !stuck.has(form.network) && form.interfaceName !== link.ifname;
  });
  const isLoose = [...forms.values()].some(({ loose }) => loose !== undefined);
  const ways = isLoose ||
    [...forms.values()].some(({ addresses, routes, pool }) => [...addresses, ...routes, ...pool].length > 0);
  const stands = links.filter((link) => stuck.has(networkOf(link) ?? "")).map(({ ifname }) => ifname);
  const left = ways ? [] : [
    // What stands on an interface that cannot be made as it is asked for stays with it.
    ...look.routes.filter(({ dev = "" }) => !stands.includes(dev)).map(({ dst }) => `the route to ${dst}`),
    ...look.rules.filter(({ priority }) => priority >= 8600 && priority <= 8867).map(({ priority }) =>
      `rule ${priority}`
    ),
  ];
  return [
    ...surplus.map(({ ifname, ifalias }) => `the interface ${ifname} (${ifalias})`),
    ...left,
  ].map((what) => `${pod} has ${what}, which nothing asks for`).concat(
    [...forms.values()].flatMap((form) => {
      const where = { seen, around };
      const isKept = form.loose !== undefined || stuck.has(form.network);
      const wrong = isKept
        ? wrongInKept(form, { ...where, isStuck: stuck.has(form.network) })
        : wrongInLink(form, where);
      return wrong.map((what) => `${pod} ${form.interfaceName} (${form.network}) ${what}`);
    }),
    isLoose ? [] : wrongExceptions(seen, stuck).map((what) => `${pod} ${what}`),
  );
}

/** Networks whose interface cannot be made as it is asked for: by what it is to stand on, or by what stands of such a one. */
export function obstructed({ forms, look }: Pick<Seen, "forms" | "look">): ReadonlySet<string> {
  const all = [...forms.values()];
  const byName = new Map(all.map((form) => [form.interfaceName, form]));
  const ground = look.links.find(({ ifname }) => ifname === "eth0")?.mtu ?? 0;
  const stuck = new Set<string>();
  /** The MTU of a device; undefined when there is none, or it stands on itself. */
  const mtuOf = (dev: string, above: readonly string[]): number | undefined => {
    if (dev === "eth0") return ground;
    const form = byName.get(dev);
    if (form === undefined || above.includes(dev) || stuck.has(form.network)) return undefined;
    const most = (mtuOf(form.dev, [...above, dev]) ?? 0) - overheadOf(form);
    return most < leastMtuOf(form) ? undefined : form.mtu ?? most;
  };
  const isTaken = ({ interfaceName, vni, port }: Form): boolean =>
    look.links.some((link) =>
      stuck.has(networkOf(link) ?? "") &&
      (link.ifname === interfaceName || numbersOf(link) === `${vni}/${port}`)
    );
  for (let size = -1; size < stuck.size;) {
    size = stuck.size;
    for (const form of all) {
      if (mtuOf(form.interfaceName, []) === undefined || isTaken(form)) stuck.add(form.network);
    }
  }
  return stuck;
}

interface Where {
  readonly seen: Seen;
  readonly around: Around;
}

/** What stands of it stays, and sends to its members as long as it leads to them; to nobody else. */
function wrongInKept(
  form: Form,
  { seen, around, isStuck }: Where & { readonly isStuck: boolean },
): readonly string[] {
  const link = seen.look.links.find((one) => networkOf(one) === form.network);
  // One goes with what it stands on.
  if (link === undefined) return form.loose === undefined || isStuck ? [] : ["is not there any more"];
  const leads = numbersOf(link) === `${form.vni}/${form.port}` && familyOf(link) === form.family;
  if (form.loose !== undefined && !leads) {
    return [`leads to ${numbersOf(link)} over IPv${familyOf(link)}, not to ${form.vni}/${form.port}`];
  }
  const all = leads ? destinations(form, { seen, around }) : [];
  if (form.loose === undefined) return wrongEntries(link, { look: seen.look, expected: all });
  const expected = destinations({ ...form, outside: [] }, { seen, around });
  return wrongEntries(link, { look: seen.look, expected, allowed: [...all, ...form.loose] });
}

function wrongInLink(form: Form, { seen, around }: Where): readonly string[] {
  const { look, pod } = seen;
  const link = linkOf(form, look);
  if (link === undefined) return ["is not there"];
  const key = `${pod} ${form.network}`;
  const mac = form.mac ?? around.remembered.macs.get(key) ?? link.address;
  const below = look.links.find(({ ifname }) => ifname === form.dev)?.mtu ?? 0;
  const mtu = form.mtu ?? below - overheadOf(form);
  const checks: readonly (readonly [boolean, string])[] = [
    [
      numbersOf(link) === `${form.vni}/${form.port}`,
      `has VNI and port ${numbersOf(link)}, not ${form.vni}/${form.port}`,
    ],
    [familyOf(link) === form.family, `runs over IPv${familyOf(link)}`],
    [deviceOf(link) === form.dev, `stands on ${deviceOf(link)}, not on ${form.dev}`],
    [link.mtu === mtu, `has MTU ${link.mtu}, not ${mtu}`],
    [link.address === mac, `has MAC ${link.address}, not ${mac}`],
    [!form.up || link.flags.includes("UP"), "is down"],
  ];
  return [
    ...checks.filter(([holds]) => !holds).map(([, what]) => what),
    ...wrongAddresses(form, { link, given: around.remembered.given.get(key) }),
    ...wrongEntries(link, { look, expected: destinations(form, { seen, around }) }),
    ...link.flags.includes("UP")
      ? wrongRoutes(form, { link, look, told: seen.told, before: around.remembered.routes.get(key) })
      : [],
    ...link.flags.includes("UP") ? wrongNeighbours(form, { link, seen, around }) : [],
  ];
}

function peersOf(
  form: Form,
  { seen, around }: Where,
): readonly { readonly peer: Seen; readonly form: Form }[] {
  return around.all.filter((one) => one !== seen).flatMap((peer) => {
    const other = peer.forms.get(form.network);
    return other !== undefined && segmentOf(other) === segmentOf(form) ? [{ peer, form: other }] : [];
  });
}

/** Members, and those outside that it names; not itself. */
function destinations(form: Form, where: Where): readonly string[] {
  const ipOf = ({ ip, ip6 = "" }: Seen): string => form.family === 4 ? ip : ip6;
  const all = [...peersOf(form, where).map(({ peer }) => ipOf(peer)), ...form.outside];
  return [...new Set(all)].filter((ip) => ip !== ipOf(where.seen));
}

function wrongEntries(
  { ifname }: Link,
  { look, expected, allowed = expected }: {
    readonly look: Look;
    readonly expected: readonly string[];
    readonly allowed?: readonly string[];
  },
): readonly string[] {
  const entries = look.fdb.filter((entry) => entry.ifname === ifname && entry.dst !== undefined);
  const flooded = entries.filter(({ mac }) => mac === "00:00:00:00:00:00").map(({ dst }) => dst);
  return [
    ...expected.filter((ip) => !flooded.includes(ip)).map((ip) => `lacks the entry to ${ip}`),
    ...entries.filter(({ dst = "" }) => !allowed.includes(dst)).map(({ mac, dst }) =>
      `has the entry ${mac} to ${dst}, who is no peer`
    ),
  ];
}

/** With `neigh=static` what is known of the peers' addresses is set; without, nothing is. */
function wrongNeighbours(form: Form, { link, ...where }: Where & { readonly link: Link }): readonly string[] {
  const found = where.seen.look.neighbours.filter(({ dev, protocol }) =>
    dev === link.ifname && protocol === "86"
  )
    .map(({ dst, lladdr }) => `${dst} ${lladdr}`);
  const known = form.neigh ? peersOf(form, where) : [];
  const expected = known.flatMap(({ peer, form: other }) => {
    const theirs = linkOf(other, peer.look);
    return theirs === undefined
      ? []
      : addressesIn(theirs).map((one) => `${one.split("/")[0]} ${theirs.address}`);
  });
  const isUnseen = known.some(({ peer, form: other }) => linkOf(other, peer.look) === undefined);
  return [
    ...expected.filter((one) => !found.includes(one)).map((one) => `lacks the neighbour ${one}`),
    ...isUnseen
      ? []
      : found.filter((one) => !expected.includes(one)).map((one) => `has the neighbour ${one}`),
  ];
}
