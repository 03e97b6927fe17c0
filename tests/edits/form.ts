// What is one network of one pod, once annotation and ConfigMap are read, and which networks a pod cannot have together.
import { isIpv6, type Options, partsOf, subnetOf } from "./reading.ts";

/** All that a pod has in mind of one network. Equal text means the same network, asked for in the same way. */
export interface Form {
  readonly network: string;
  readonly vni: number;
  readonly port: number;
  /** Of the pod IPs that carry it. */
  readonly family: 4 | 6;
  readonly interfaceName: string;
  readonly dev: string;
  readonly up: boolean;
  readonly mtu?: number;
  readonly mac?: string;
  /** With their lengths. */
  readonly addresses: readonly string[];
  /** What its pool gives addresses of; none when the pod says itself which it has. */
  readonly pool: readonly string[];
  /** Which of them (`range=`), and which not (`exclude=`). */
  readonly ranges: readonly string[];
  readonly excluded: readonly string[];
  /** `SUBNET:GATEWAY`, or `SUBNET`. */
  readonly routes: readonly string[];
  readonly except: readonly string[];
  readonly outside: readonly string[];
  readonly neigh: boolean;
  /** Made without what its key in the ConfigMap said before it was removed: the pod came later. */
  readonly aside: boolean;
  /**
   * It was kept by a pod while no controller knew it: the next one has it from the kernel, where not all of it is told, and
   * from what of the text can be read. Peers outside that it may have so.
   */
  readonly loose?: readonly string[];
}

/** Who shares it talks to each other. */
export function segmentOf({ network, vni, port, family }: Form): string {
  return `${network}/${vni}/${port}/${family}`;
}

export function isSame(a: Form | undefined, b: Form | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The same link to the same members, whatever is known of the rest. */
export function isSameOrKept(a: Form, b: Form | undefined): boolean {
  return isSame(b?.loose === undefined ? a : { ...a, loose: b.loose }, b);
}

/** Do these options, as far as they can be read, speak of the same link? `whole`: what they leave out has its default. */
export function agrees(
  { network, vni, port, family, interfaceName }: Form,
  { options, whole }: { readonly options: Options; readonly whole: boolean },
): boolean {
  const said: Options = whole ? { name: [network], dstport: ["8472"], family: ["4"], ...options } : options;
  const form: Options = {
    id: [`${vni}`],
    dstport: [`${port}`],
    family: [`${family}`],
    name: [interfaceName],
  };
  return Object.entries(form).every(([key, [value]]) => said[key] === undefined || said[key]?.[0] === value);
}

/** Undefined when the network cannot be had so, by any pod. */
export function formOf(
  network: string,
  { cluster, own, aside, hasIpv6 }: {
    readonly cluster: Options;
    readonly own: Options;
    readonly aside: boolean;
    /** The pod has an IPv6 address. */
    readonly hasIpv6: boolean;
  },
): Form | undefined {
  const options: Options = { ...cluster, ...own };
  const one = (key: string): string | undefined => options[key]?.[0];
  const asksPool = own["ip"] === undefined && (cluster["subnet"] ?? []).length > 0;
  const { ip = [], gateway = [], route = [], except = [], peer = [] } = options;
  const ways = gateway.filter((each) => each !== "none");
  const isAmbiguous = ip.includes("none") && ip.length > 1 || gateway.includes("none") && ways.length > 0;
  const isFor = except.length === 0 || gateway.length > 0;
  const id = one("id");
  const family = one("family") === "6" ? 6 : 4;
  // Peers outside are written as IPv4 addresses.
  const isCarried = family === 4 || hasIpv6 && peer.length === 0;
  const needsIpv6 = [...ip, ...ways, ...route.map((each) => partsOf(each).subnet)].some(isIpv6);
  const isTooSmall = Number(one("mtu") ?? 1280) < 1280 && needsIpv6;
  if (id === undefined || !isCarried || isTooSmall || isAmbiguous || !isFor) return undefined;
  const routes = [...route, ...ways.map((each) => `${isIpv6(each) ? "::/0" : "0.0.0.0/0"}:${each}`)];
  const [mtu, mac] = [one("mtu"), one("mac")];
  return {
    network,
    vni: Number(id),
    port: Number(one("dstport") ?? "8472"),
    family,
    interfaceName: one("name") ?? network,
    dev: one("dev") ?? "eth0",
    up: one("up") !== "false",
    ...(mtu !== undefined && { mtu: Number(mtu) }),
    ...(mac !== undefined && { mac }),
    addresses: ip.filter((each) => each !== "none"),
    pool: asksPool ? cluster["subnet"] ?? [] : [],
    ranges: asksPool ? cluster["range"] ?? [] : [],
    excluded: asksPool ? cluster["exclude"] ?? [] : [],
    routes: [...new Set(routes)],
    except: except.flatMap((each) => each.split(",")).map((each) => each.includes("/") ? each : `${each}/32`),
    outside: [...new Set(peer)].sort(),
    neigh: options["neigh"] !== undefined,
    aside,
  };
}

/** Those that the pod takes: who has the gateway's address is the gateway. */
export function ownRoutes({ routes, addresses }: Form): readonly string[] {
  const own = addresses.map((each) => each.split("/")[0]);
  return routes.filter((route) => !own.includes(partsOf(route).gateway));
}

/** Bytes that carrying it takes of each frame. */
export function overheadOf({ family }: Form): number {
  return family === 4 ? 50 : 70;
}

/** The least MTU with which the kernel takes what it is to have. */
export function leastMtuOf(form: Form): number {
  const needed = [...form.addresses, ...ownRoutes(form).map((route) => partsOf(route).subnet)];
  return Math.max(needed.some(isIpv6) ? 1280 : 68, form.mtu ?? 0);
}

/** Can a pod that has these have that one too? */
export function isFree(form: Form, others: readonly Form[]): boolean {
  if (form.interfaceName === form.dev) return false;
  const [mine, theirs] = [takenBy([form]), takenBy(others)];
  const isUnique = mine.routed.length === new Set(mine.routed).size &&
    mine.hosts.length === new Set(mine.hosts).size;
  const isAside = [...mine.things, ...mine.hosts].every((one) =>
    ![...theirs.things, ...theirs.hosts].includes(one)
  );
  const linked = [...mine.linked, ...theirs.linked];
  const isRoutable = mine.routed.every((one) => !theirs.routed.includes(one) && !linked.includes(one)) &&
    mine.linked.every((one) => !theirs.routed.includes(one));
  return isUnique && isAside && isRoutable;
}

interface Taken {
  /** Names of interfaces, and VNIs with their ports. */
  readonly things: readonly string[];
  readonly hosts: readonly string[];
  /** Subnets of its addresses. */
  readonly linked: readonly string[];
  readonly routed: readonly string[];
}

function takenBy(forms: readonly Form[]): Taken {
  return {
    things: forms.flatMap(({ interfaceName, vni, port }) => [interfaceName, `${vni}/${port}`]),
    hosts: forms.flatMap(({ addresses }) => addresses.map((each) => each.split("/")[0] ?? "")),
    linked: forms.flatMap(({ addresses, pool }) => [
      // A route to the subnet of an IPv6 address is another one than the kernel's.
      ...addresses.filter((each) => !each.endsWith("/32") && !isIpv6(each)).map(subnetOf),
      ...pool,
    ]),
    routed: forms.flatMap((form) => ownRoutes(form).map((route) => partsOf(route).subnet)),
  };
}

/** One network that an annotation names. */
export interface Wish {
  readonly network: string;
  /** What the texts say of its link, and of peers outside, as far as they can be read; `whole`: what they leave out has its default. */
  readonly said: {
    readonly options: Options;
    readonly peers: readonly string[];
    readonly whole: boolean;
  };
  /** As it is asked for; undefined when it cannot be had so. */
  readonly form?: Form;
  /** As the pod has it. */
  readonly last?: Form;
}

/** What a pod has goes before what it asks for: the same, then what falls back on it, then what has changed, then what is new. */
export function settled(wishes: readonly Wish[], kept: readonly Form[]): readonly Form[] {
  const back = new Set(wishes.filter(({ form, last }) => form === undefined && last !== undefined));
  for (;;) {
    const rank = (wish: Wish): number => {
      if (wish.last === undefined) return 3;
      return back.has(wish) ? 1 : isSame(wish.form, wish.last) ? 0 : 2;
    };
    const made: Form[] = [];
    const fallen: Wish[] = [];
    for (const wish of wishes.toSorted((a, b) => rank(a) - rank(b))) {
      const form = back.has(wish) ? wish.last : wish.form;
      if (form === undefined) continue;
      if (isFree(form, [...kept, ...made])) made.push(form);
      else if (rank(wish) === 2) fallen.push(wish);
    }
    if (fallen.length === 0) return made;
    for (const wish of fallen) back.add(wish);
  }
}
