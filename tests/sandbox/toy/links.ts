// The links of a toy namespace: making, changing and removing them, and what goes with them.
import { ToyAddresses } from "./addresses.ts";
import { ToyFdb } from "./fdb.ts";
import { ToyNeighbours } from "./neighbours.ts";
import { ToyRoutes } from "./routes.ts";
import { ToyRules } from "./rules.ts";
import { ToyRefusal } from "./session.ts";

/** What makes a VXLAN link one. */
export interface ToyVxlan {
  readonly vni: number;
  readonly port: number;
  readonly family: 4 | 6;
  readonly local?: string;
  underlay: ToyLink;
}

/** One link. */
export interface ToyLink {
  readonly index: number;
  readonly kind: string;
  readonly vxlan?: ToyVxlan;
  readonly fdb: ToyFdb;
  name: string;
  /** Other names it answers to. */
  altnames: readonly string[];
  /** The bridge it is a port of. */
  master: ToyLink | undefined;
  mac: string;
  mtu: number;
  up: boolean;
  alias: string;
}

/** What a new link is made from. */
export interface NewToyLink {
  readonly name: string;
  readonly kind: string;
  readonly mac?: string;
  readonly mtu?: number;
  readonly vxlan?: ToyVxlan;
  readonly master?: ToyLink;
}

/** IPv6 needs at least this MTU. */
export const leastIpv6Mtu = 1280;

/** All links of one namespace, with their addresses and routes. */
export class ToyLinks {
  readonly addresses: ToyAddresses;
  readonly routes: ToyRoutes;
  readonly rules: ToyRules;
  readonly neighbours = new ToyNeighbours();
  /** Names that no link has, for which the kernel was asked by ioctl: what is too long for one is not asked for. */
  readonly modulesLookedFor: string[] = [];
  readonly #links = new Map<string, ToyLink>();
  #lastIndex = 0;

  constructor({ knowsRules = true }: { readonly knowsRules?: boolean } = {}) {
    this.rules = new ToyRules(knowsRules);
    this.addresses = new ToyAddresses();
    this.routes = new ToyRoutes(this.addresses);
    const lo = this.add({ name: "lo", kind: "", mac: "00:00:00:00:00:00", mtu: 65536 });
    this.setUp(lo);
    this.addresses.replace(lo, "127.0.0.1/8");
    this.addresses.replace(lo, "::1/128");
  }

  all(): readonly ToyLink[] {
    return [...this.#links.values()];
  }

  /** By its name, or one of its others. */
  find(name: string): ToyLink | undefined {
    return this.#links.get(name) ?? this.all().find(({ altnames }) => altnames.includes(name));
  }

  /** A name is given once, be it a first or another one. */
  rename(link: ToyLink, name: string): void {
    this.#checkFree(name);
    this.#links.delete(link.name);
    link.name = name;
    this.#links.set(name, link);
  }

  addAltname(link: ToyLink, name: string): void {
    this.#checkFree(name);
    link.altnames = [...link.altnames, name];
  }

  setMaster(link: ToyLink, master: ToyLink | undefined): void {
    if (master !== undefined && master.kind !== "bridge") {
      throw new ToyRefusal("RTNETLINK answers: Operation not supported");
    }
    if (master !== undefined && link.vxlan?.underlay === master) {
      throw new ToyRefusal("RTNETLINK answers: Too many levels of symbolic links");
    }
    link.master = master;
  }

  #checkFree(name: string): void {
    if (this.find(name) !== undefined) throw new ToyRefusal("RTNETLINK answers: File exists");
  }

  add(options: NewToyLink): ToyLink {
    this.#checkFree(options.name);
    if (options.mac !== undefined) checkMac(options.mac);
    if (options.vxlan !== undefined) this.#checkSegment(options.vxlan);
    const index = ++this.#lastIndex;
    const most = options.vxlan === undefined ? 65536 : mostMtu(options.vxlan);
    const link: ToyLink = {
      index,
      name: options.name,
      kind: options.kind,
      ...(options.vxlan === undefined ? {} : { vxlan: options.vxlan }),
      fdb: new ToyFdb(options.vxlan?.family),
      mac: options.mac ?? madeUpMac(index),
      mtu: Math.min(options.mtu ?? (options.vxlan === undefined ? 1500 : most), most),
      up: false,
      alias: "",
      altnames: [],
      master: undefined,
    };
    this.#links.set(link.name, link);
    if (options.master !== undefined) this.setMaster(link, options.master);
    return link;
  }

  /** Takes the VXLAN links that were made on it along. */
  remove(link: ToyLink): void {
    if (link.name === "lo") throw new ToyRefusal("RTNETLINK answers: Operation not supported");
    for (const other of this.all().filter(({ vxlan }) => vxlan?.underlay === link)) this.remove(other);
    for (const port of this.all()) if (port.master === link) port.master = undefined;
    this.routes.forget(link);
    this.addresses.forget(link);
    this.neighbours.forget(link);
    this.#links.delete(link.name);
  }

  setUp(link: ToyLink): void {
    if (link.up) return;
    link.up = true;
    this.#giveLinkLocal(link);
  }

  /** IPv4 addresses survive it; IPv6 addresses, all gateway routes and what was learned do not. */
  setDown(link: ToyLink): void {
    if (!link.up) return;
    link.up = false;
    this.routes.forget(link);
    this.addresses.forget(link, 6);
    this.neighbours.forget(link);
    link.fdb.forgetLearned();
  }

  /** One it has already is taken, be it too much. */
  setMtu(link: ToyLink, mtu: number): void {
    if (mtu === link.mtu) return;
    const most = link.vxlan === undefined ? 65536 : leftMtu(link.vxlan);
    if (mtu < 68 || mtu > most) throw new ToyRefusal("RTNETLINK answers: Invalid argument");
    const before = link.mtu;
    link.mtu = mtu;
    if (mtu < leastIpv6Mtu) {
      this.addresses.forget(link, 6);
      this.routes.forget(link, 6);
      this.neighbours.forget(link, 6);
    }
    if (before < leastIpv6Mtu && link.up) this.#giveLinkLocal(link);
  }

  setMac(link: ToyLink, mac: string): void {
    checkMac(mac);
    if (mac !== link.mac) this.neighbours.forget(link);
    link.mac = mac;
  }

  /** The MTU is clamped to what the new device leaves, but never grows. */
  setUnderlay(
    link: ToyLink,
    { vni, underlay }: { readonly vni: number; readonly underlay: ToyLink | undefined },
  ): void {
    if (link.vxlan === undefined) throw new ToyRefusal("RTNETLINK answers: Operation not supported");
    if (link.vxlan.vni !== vni) throw new ToyRefusal("Error: Cannot change VNI.");
    if (underlay === undefined) return;
    if (link.master === underlay) {
      throw new ToyRefusal("RTNETLINK answers: Too many levels of symbolic links");
    }
    for (let below: ToyLink | undefined = underlay; below !== undefined; below = below.vxlan?.underlay) {
      if (below === link) throw new ToyRefusal("RTNETLINK answers: Device or resource busy");
    }
    link.vxlan.underlay = underlay;
    link.mtu = Math.min(link.mtu, mostMtu(link.vxlan));
  }

  #checkSegment({ vni, port, family }: ToyVxlan): void {
    const isTaken = this.all().some(({ vxlan }) =>
      vxlan?.vni === vni && vxlan.port === port && vxlan.family === family
    );
    if (isTaken) throw new ToyRefusal("Error: A VXLAN device with the specified VNI already exists.");
  }

  #giveLinkLocal(link: ToyLink): void {
    if (link.name === "lo" || link.mtu < leastIpv6Mtu) return;
    this.addresses.replace(link, `${linkLocalOf(link.mac)}/64`);
  }
}

/** Of a link as it is made or moved: not less than any link needs, though it may not be set to that then. */
function mostMtu(vxlan: ToyVxlan): number {
  return Math.max(leftMtu(vxlan), 68);
}

function leftMtu({ underlay, family }: ToyVxlan): number {
  return Math.min(underlay.mtu - (family === 4 ? 50 : 70), 65535);
}

function checkMac(mac: string): void {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)) {
    throw new ToyRefusal("Error: Provided link layer address is not Ethernet.");
  }
  if ((Number.parseInt(mac.slice(0, 2), 16) & 1) === 1) {
    throw new ToyRefusal("Error: Provided Ethernet address is not unicast.");
  }
}

/** The kernel rolls dice; here two runs are alike. */
function madeUpMac(index: number): string {
  return `02:ff:00:00:00:${index.toString(16).padStart(2, "0")}`;
}

/** RFC 4291, appendix A: the interface identifier from the MAC. */
function linkLocalOf(mac: string): string {
  const bytes = mac.split(":").map((text) => Number.parseInt(text, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const groups = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return `fe80::${groups.map((group) => group.toString(16)).join(":")}`;
}
