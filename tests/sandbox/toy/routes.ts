// The routing tables of a toy namespace: connected routes follow from addresses, the others are kept
// here.
import { cidrText, contains, parseIp, readCidr, subnetOf } from "../../../lib/network/grammar/address.ts";
import type { ToyAddresses } from "./addresses.ts";
import type { ToyLink } from "./links.ts";
import { ToyRefusal } from "./session.ts";

/** One route. */
export interface ToyRoute {
  readonly subnet: string;
  readonly gateway?: string;
  /** Absent: it leads to no device. */
  readonly link?: ToyLink;
  readonly protocol: string;
  readonly metric: number;
  /** Absent: main. */
  readonly table?: string;
  /** Absent: unicast. */
  readonly type?: string;
}

/** A route as a command gives it; the toy makes no lookups, so a table is a place and no more. */
export interface NewToyRoute {
  readonly subnet: string;
  readonly gateway?: string;
  readonly link?: ToyLink;
  readonly protocol: string;
  readonly metric?: number;
  readonly table?: string;
  readonly type?: string;
  /** Its gateway need be in no subnet. */
  readonly onlink?: true;
}

/** All routes of one namespace. */
export class ToyRoutes {
  readonly #addresses: ToyAddresses;
  #routes: readonly ToyRoute[] = [];

  constructor(addresses: ToyAddresses) {
    this.#addresses = addresses;
  }

  all(links: readonly ToyLink[]): readonly ToyRoute[] {
    return [...links.flatMap((link) => this.#connected(link)), ...this.#routes];
  }

  /** `ip route add`. */
  add(route: NewToyRoute): void {
    const isIpv6 = route.subnet.includes(":");
    const metric = route.metric ?? (isIpv6 ? 1024 : 0);
    const cidr = readCidr(route.subnet);
    if (cidr === undefined || cidrText(subnetOf(cidr)) !== route.subnet) {
      throw new ToyRefusal("Error: Invalid prefix for given prefix length.");
    }
    if (route.link?.up === false) throw new ToyRefusal("Error: Nexthop device is not up.");
    const { link, gateway, onlink } = route;
    if (isIpv6 && link !== undefined && link.mtu < 1280) {
      throw new ToyRefusal("Error: IPv6 is disabled on nexthop device.");
    }
    if (
      gateway !== undefined && onlink !== true && (link === undefined || !this.#isNeighbour(link, gateway))
    ) {
      throw new ToyRefusal(
        isIpv6 ? "RTNETLINK answers: No route to host" : "Error: Nexthop has invalid gateway.",
      );
    }
    if (this.#isTaken({ ...route, metric })) throw new ToyRefusal("RTNETLINK answers: File exists");
    this.#routes = [...this.#routes, { ...route, metric }];
  }

  /** `ip route delete`: what is not named matches anything. */
  remove(route: NewToyRoute): void {
    const found = this.#routes.find((other) =>
      other.subnet === route.subnet && other.link === route.link && other.protocol === route.protocol &&
      other.table === route.table && other.type === route.type &&
      (route.gateway === undefined || other.gateway === route.gateway)
    );
    if (found === undefined) throw new ToyRefusal("RTNETLINK answers: No such process");
    this.#routes = this.#routes.filter((other) => other !== found);
  }

  /** The link has gone, went down, or lost all its addresses of a family. */
  forget(link: ToyLink, family?: 4 | 6): void {
    this.#routes = this.#routes.filter((route) =>
      route.link !== link || (family !== undefined && familyOf(route) !== family)
    );
  }

  #isTaken({ subnet, metric, table }: ToyRoute): boolean {
    return this.#routes.some((route) =>
      route.subnet === subnet && route.metric === metric && route.table === table
    ) ||
      table === undefined && this.#addresses.links().flatMap((link) => this.#connected(link))
          .some((route) => route.subnet === subnet && route.metric === metric);
  }

  /** One for each subnet of an address, while the link is up. Those of `lo` are in another table. */
  #connected(link: ToyLink): readonly ToyRoute[] {
    if (!link.up || link.name === "lo") return [];
    const subnets = this.#addresses.of(link)
      .filter((cidr) =>
        cidr.prefix < (cidr.family === 4 ? 32 : 128) && !this.#addresses.isWithoutRoute(link, cidr)
      )
      .map((cidr) => cidrText(subnetOf(cidr)));
    return [...new Set(subnets)].map((subnet) => ({
      subnet,
      link,
      protocol: "kernel",
      metric: subnet.includes(":") ? 256 : 0,
    }));
  }

  #isNeighbour(link: ToyLink, gateway: string): boolean {
    const direct = [...this.#connected(link), ...this.#routes.filter((route) => route.link === link)]
      .filter((route) => route.gateway === undefined)
      .flatMap(({ subnet }) => readCidr(subnet) ?? []);
    return parseIp(gateway) !== undefined && direct.some((subnet) => contains(subnet, gateway));
  }
}

function familyOf({ subnet }: ToyRoute): 4 | 6 {
  return subnet.includes(":") ? 6 : 4;
}
