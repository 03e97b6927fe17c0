// Which links are there: the line that `address show` prints, with details, becomes links with their
// addresses.
import { type Family, parseIp } from "../../network/grammar/address.ts";
import { compact, defined } from "../../text/defined.ts";
import type { ObservedLink, ObservedVxlan } from "../observation.ts";
import {
  count,
  type Foreign,
  objects,
  optionalObject,
  optionalText,
  readObjects,
  text,
  texts,
  tooMany,
  unexpected,
} from "./fields.ts";

/** Links read of one pod, and addresses on all of them together: a gateway may have a link for each of its subscribers. */
export const mostLinks = 4_096;
const mostAddresses = 4 * mostLinks;

/** Reads the line that `address show` prints. Throws a ReadingError, also for more than is read of one pod. */
export function readLinks(line: string): readonly ObservedLink[] {
  const links = readObjects(line, { what: "links", most: mostLinks, values: 128 }).map(readLink);
  const addresses = links.reduce((sum, link) => sum + link.addresses.length + link.altnames.length, 0);
  if (addresses > mostAddresses) throw tooMany({ what: "addresses", most: mostAddresses });
  return links.map(alike).sort((a, b) => a.name < b.name ? -1 : 1);
}

function readLink(link: Foreign): ObservedLink {
  const info = optionalObject(link, "linkinfo");
  const kind = info === undefined ? "" : optionalText(info, "info_kind") ?? "";
  const data = info === undefined ? undefined : optionalObject(info, "info_data");
  return {
    index: count(link, "ifindex"),
    name: text(link, "ifname"),
    altnames: compact(texts(link, "altnames")),
    // Of a veth it is the other end.
    ...defined({
      master: optionalText(link, "master"),
      lower: kind === "veth" ? undefined : optionalText(link, "link"),
    }),
    mtu: count(link, "mtu"),
    mac: (optionalText(link, "address") ?? "").toLowerCase(),
    up: texts(link, "flags").includes("UP"),
    alias: optionalText(link, "ifalias") ?? "",
    kind,
    ...(kind === "vxlan" && data !== undefined ? { vxlan: readVxlan(data) } : {}),
    addresses: compact(objects(link, "addr_info").flatMap(readAddress)),
    ...withoutRoute(link),
  };
}

/** Links of which the last one is known by its name, and characters of each as JSON: pods choose how large theirs are. */
const mostNames = 256;
const longestKept = 2_048;

const lastOfName = new Map<string, ObservedLink>();

/**
 * The last link of this name if this one is like it (`lo` is in every pod), else with the parts of that one that it shares:
 * links are kept of thousands of pods, and few differ in more than their addresses.
 */
function alike(link: ObservedLink): ObservedLink {
  const last = lastOfName.get(link.name);
  const now = last === undefined ? link : withPartsOf(last, link);
  if (now === last) return now;
  lastOfName.delete(link.name);
  if (JSON.stringify(now).length <= longestKept) lastOfName.set(link.name, now);
  const [oldest = ""] = lastOfName.size > mostNames ? lastOfName.keys() : [];
  lastOfName.delete(oldest);
  return now;
}

function withPartsOf(last: ObservedLink, link: ObservedLink): ObservedLink {
  const addresses = same(last.addresses, link.addresses);
  const vxlan = link.vxlan && same(last.vxlan, link.vxlan);
  const alias = same(last.alias, link.alias);
  return same(last, { ...link, addresses, alias, ...(vxlan && { vxlan }) });
}

function same<Part>(last: Part | undefined, now: Part): Part {
  return last !== undefined && JSON.stringify(last) === JSON.stringify(now) ? last : now;
}

function readVxlan(data: Foreign): ObservedVxlan {
  const dev = optionalText(data, "link");
  const local = firstIp(data, ["local", "local6"]);
  const remote = firstIp(data, ["remote", "remote6", "group", "group6"]);
  return {
    vni: count(data, "id"),
    port: count(data, "port"),
    family: tunnelFamily(data),
    ...(dev === undefined ? {} : { dev }),
    ...(local === undefined ? {} : { local }),
    ...(remote === undefined ? {} : { remote }),
  };
}

/** The kernel does not tell the family; it is IPv6 exactly when one of the tunnel's addresses is. */
function tunnelFamily(data: Foreign): Family {
  const ipv6 = ["local6", "remote6", "group6"].some((field) => data.fields[field] !== undefined);
  return ipv6 ? 6 : 4;
}

function firstIp(data: Foreign, fields: readonly string[]): string | undefined {
  const field = fields.find((name) => data.fields[name] !== undefined);
  return field === undefined ? undefined : ipField(data, field);
}

function withoutRoute(link: Foreign): { readonly withoutRoute?: readonly string[] } {
  const found = objects(link, "addr_info").filter(({ fields }) => fields["noprefixroute"] === true);
  return found.length === 0 ? {} : { withoutRoute: found.flatMap(readAddress) };
}

function readAddress(entry: Foreign): readonly string[] {
  const family = optionalText(entry, "family");
  if (family !== "inet" && family !== "inet6") return [];
  return [`${ipField(entry, "local")}/${count(entry, "prefixlen")}`];
}

function ipField(of: Foreign, field: string): string {
  const found = text(of, field);
  const ip = parseIp(found);
  if (ip === undefined) throw unexpected(of, { field, expected: "an IP address", found });
  return ip.address;
}
