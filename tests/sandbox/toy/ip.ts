// What `ip` does with a line: link, address and route, as far as the controller and the stories of the tests
// use them.
import { contains, parseIp, readCidr } from "../../../lib/network/grammar/address.ts";
import { addressListing, linkListing, routeListing } from "./listings.ts";
import { addLink, addProperty, changeLink } from "./ip_link.ts";
import type { ToyLink, ToyLinks } from "./links.ts";
import { ToyNames } from "./names.ts";
import type { ToyRoute } from "./routes.ts";
import { ToyExit, ToyRefusal, type ToyTool } from "./session.ts";
import { ToyWords } from "./words.ts";

/** One running `ip`. */
export function createToyIp(links: ToyLinks, family: 4 | 6 = 4): ToyTool {
  const names = new ToyNames(links, { goneMessage: "RTNETLINK answers: No such device" });
  return (words) => dispatch(new ToyWords(words), { links, names, family });
}

interface Kernel {
  readonly links: ToyLinks;
  readonly names: ToyNames;
  /** Of its rules: an `ip` that was not started with `-6` knows those of IPv4 only. */
  readonly family: 4 | 6;
}

function dispatch(words: ToyWords, kernel: Kernel): unknown {
  const object = words.next();
  switch (object) {
    case "link":
    case "l":
      return onLink(words, kernel);
    case "address":
    case "addr":
    case "a":
      return onAddress(words, kernel);
    case "route":
    case "r":
      return onRoute(words, kernel);
    case "neigh":
      return kernel.links.neighbours.line(words, {
        find: (name) => named(new ToyWords([name]), kernel),
        isGone: (name) => kernel.names.isOutdated(name),
      });
    case "rule":
      return kernel.links.rules.line(words, kernel.family);
    default:
      throw new ToyRefusal(`Object "${object}" is unknown, try "ip help".`);
  }
}

function onLink(words: ToyWords, kernel: Kernel): unknown {
  const command = words.isEmpty ? "show" : words.next();
  switch (command) {
    case "add":
      return addLink(words, kernel);
    case "set":
      return changeLink(words, kernel);
    case "property":
      return addProperty(words, kernel);
    case "del":
    case "delete":
      return deleteLink(named(words, kernel), kernel);
    case "show":
      return linkListing(words.isEmpty ? remembered(kernel) : [named(words, kernel)]);
    default:
      throw new ToyExit(`Command "${command}" is unknown, try "ip link help".`, 255);
  }
}

function deleteLink(link: ToyLink, { links, names }: Kernel): void {
  links.remove(link);
  names.forget(link);
}

function onAddress(words: ToyWords, kernel: Kernel): unknown {
  const command = words.isEmpty ? "show" : words.next();
  const { addresses, routes } = kernel.links;
  if (command === "show") {
    const shown = words.isEmpty ? remembered(kernel) : [named(words, kernel)];
    return addressListing(shown, addresses);
  }
  if (!["add", "replace", "del", "delete"].includes(command)) {
    throw new ToyExit(`Command "${command}" is unknown, try "ip address help".`, 255);
  }
  const cidr = prefixWord(words.next());
  const link = named(words, kernel);
  words.skip("nodad");
  const withoutRoute = words.skip("noprefixroute");
  if (!words.isEmpty) throw garbage(words.next());
  if (command === "add") return addresses.add(link, cidr);
  if (command === "replace") return addresses.replace(link, cidr, { withoutRoute });
  addresses.remove(link, cidr);
  if (!addresses.of(link).some(({ family }) => family === 4)) routes.forget(link, 4);
}

function onRoute(words: ToyWords, kernel: Kernel): unknown {
  const command = words.isEmpty ? "show" : words.next();
  const { routes } = kernel.links;
  switch (command) {
    case "show":
      return showRoutes(words, routes.all(remembered(kernel)));
    case "add":
      return routes.add(routeOf(words, kernel));
    case "del":
    case "delete":
      return routes.remove(routeOf(words, kernel));
    default:
      throw new ToyExit(`Command "${command}" is unknown, try "ip route help".`, 255);
  }
}

/** `[table all] [proto P | exact PREFIX | match ADDRESS]`: what the filter names is left out of the listing. */
function showRoutes(words: ToyWords, all: readonly ToyRoute[]): unknown {
  if (words.skip("table")) words.next();
  if (words.isEmpty) return routeListing(all);
  const filter = words.next();
  const value = words.next();
  switch (filter) {
    case "proto":
      return routeListing(all.filter(({ protocol }) => protocol === value)).map(({ protocol: _, ...rest }) =>
        rest
      );
    case "exact":
      return routeListing(all.filter(({ subnet }) => subnet === prefixWord(value)));
    case "root":
      return routeListing(all.filter(({ subnet }) => isWithin(subnet, value)));
    case "match":
      return routeListing(all.filter(({ subnet }) => contains(readCidr(subnet) ?? noSubnet, value)));
    default:
      throw garbage(filter);
  }
}

function isWithin(subnet: string, other: string): boolean {
  const [inner, outer] = [readCidr(subnet) ?? noSubnet, readCidr(other) ?? noSubnet];
  return inner.prefix >= outer.prefix && contains(outer, inner.address);
}

const noSubnet = { family: 4, address: "0.0.0.0", prefix: 32 } as const;

function routeOf(words: ToyWords, kernel: Kernel): Parameters<ToyLinks["routes"]["add"]>[0] {
  const type = ["unreachable", "throw", "multicast"].find((word) => words.skip(word));
  const subnet = prefixWord(words.next());
  const gateway = words.skip("via") ? gatewayWord(words.next(), subnet) : undefined;
  const link = type === "unreachable" || type === "throw" ? undefined : named(words, kernel);
  const onlink = words.skip("onlink");
  const protocol = words.skip("proto") ? words.next() : "boot";
  const table = words.skip("table") ? words.next() : undefined;
  if (words.skip("src")) words.next();
  const metric = words.skip("metric") ? Number(words.next()) : undefined;
  if (!words.isEmpty) throw garbage(words.next());
  return {
    subnet,
    protocol,
    ...(link === undefined ? {} : { link }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(metric === undefined ? {} : { metric }),
    ...(table === undefined || table === "main" ? {} : { table }),
    ...(type === undefined ? {} : { type }),
    ...(onlink ? { onlink } : {}),
  };
}

function prefixWord(word: string): string {
  const host = parseIp(word);
  if (host !== undefined) return `${host.address}/${host.family === 4 ? 32 : 128}`;
  const cidr = readCidr(word);
  if (cidr === undefined) throw new ToyExit(`Error: any valid prefix is expected rather than "${word}".`, 1);
  return `${cidr.address}/${cidr.prefix}`;
}

function gatewayWord(word: string, subnet: string): string {
  const family = subnet.includes(":") ? 6 : 4;
  const ip = parseIp(word);
  if (ip?.family === family) return ip.address;
  throw new ToyExit(`Error: inet${family === 6 ? "6" : ""} address is expected rather than "${word}".`, 1);
}

/** `[dev] NAME`. */
function named(words: ToyWords, { names }: Kernel): ToyLink {
  words.skip("dev");
  const name = words.next();
  const link = names.find(name);
  if (link === undefined) throw new ToyRefusal(`Cannot find device "${name}"`);
  return link;
}

function remembered({ links, names }: Kernel): readonly ToyLink[] {
  const all = links.all();
  for (const link of all) names.remember(link);
  return all;
}

function garbage(word: string): ToyExit {
  return new ToyExit(`Error: either "dev" is duplicate, or "${word}" is a garbage.`, 255);
}
