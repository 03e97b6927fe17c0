// The addresses of a toy namespace's links, with the kernel's rules for IPv4 secondaries and IPv6 duplicates.
import { type Cidr, cidrText, contains, readCidr } from "../../../lib/network/grammar/address.ts";
import type { ToyLink } from "./links.ts";
import { ToyRefusal } from "./session.ts";

/** All addresses, by link, in the order in which they came. */
export class ToyAddresses {
  readonly #byLink = new Map<ToyLink, Cidr[]>();

  /** As text, by link: addresses for whose subnet there is no route. */
  readonly #withoutRoute = new Map<ToyLink, Set<string>>();

  isWithoutRoute(link: ToyLink, cidr: Cidr): boolean {
    return this.#withoutRoute.get(link)?.has(cidrText(cidr)) === true;
  }

  of(link: ToyLink): readonly Cidr[] {
    return this.#byLink.get(link) ?? [];
  }

  /** Links that have any. */
  links(): readonly ToyLink[] {
    return [...this.#byLink.keys()];
  }

  /** `ip address add`. */
  add(link: ToyLink, text: string): void {
    if (this.#holder(link, read(text)) !== undefined) throw new ToyRefusal("RTNETLINK answers: File exists");
    this.replace(link, text);
  }

  /** `ip address replace`: as add, but an address that is there already is left as it is. */
  replace(link: ToyLink, text: string, { withoutRoute = false } = {}): void {
    const cidr = read(text);
    if (cidr.family === 6 && link.mtu < 1280) throw new ToyRefusal("RTNETLINK answers: Invalid argument");
    if (this.#holder(link, cidr) !== undefined) return;
    const marked = this.#withoutRoute.get(link) ?? new Set();
    if (withoutRoute) marked.add(cidrText(cidr));
    else marked.delete(cidrText(cidr));
    this.#withoutRoute.set(link, marked);
    this.#byLink.set(link, [...this.of(link), cidr]);
  }

  /** `ip address delete`. A first IPv4 address of a subnet takes the later ones of that subnet with it. */
  remove(link: ToyLink, text: string): void {
    const cidr = read(text);
    const kept = this.of(link);
    const position = kept.findIndex((other) =>
      other.address === cidr.address && other.prefix === cidr.prefix
    );
    if (position < 0) throw new ToyRefusal(`Error: ipv${cidr.family}: Address not found.`);
    const isSecondary = kept.slice(0, position).some((other) => isSameSubnet(other, cidr));
    const goes = (other: Cidr, at: number): boolean =>
      at === position || (!isSecondary && isSameSubnet(other, cidr));
    this.#byLink.set(link, kept.filter((other, at) => !goes(other, at)));
  }

  /** The link has gone, or lost its addresses of a family. */
  forget(link: ToyLink, family?: 4 | 6): void {
    const kept = family === undefined ? [] : this.of(link).filter((cidr) => cidr.family !== family);
    this.#byLink.set(link, kept);
    if (kept.length === 0) this.#byLink.delete(link);
  }

  /** IPv6 takes an address once; IPv4 takes it once for each subnet. */
  #holder(link: ToyLink, cidr: Cidr): Cidr | undefined {
    return this.of(link).find((other) =>
      other.address === cidr.address && (cidr.family === 6 || other.prefix === cidr.prefix)
    );
  }
}

function read(text: string): Cidr {
  const cidr = readCidr(text);
  if (cidr === undefined) {
    throw new Error(`Cannot use ${JSON.stringify(text)} in a toy namespace: no address`);
  }
  return cidr;
}

function isSameSubnet(a: Cidr, b: Cidr): boolean {
  return a.family === 4 && a.prefix === b.prefix && contains(a, b.address);
}
