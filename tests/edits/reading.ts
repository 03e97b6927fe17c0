// What do an annotation and a ConfigMap entry ask for? A small reading of its own, by docs/networks.md: it shares nothing with the product's.

/** Values of each option as written, in their order; a flag without value is "true". */
export type Options = Readonly<Record<string, readonly string[]>>;

/** One network that an annotation names. */
export interface Entry {
  readonly network: string;
  /** What of it can be read. */
  options: Options;
  /** Something of it cannot. */
  broken: boolean;
}

/** What an annotation says. */
export interface Reading {
  readonly entries: readonly Entry[];
  /** False: some word may be the name of a network. */
  readonly complete: boolean;
  readonly twice: ReadonlySet<string>;
}

interface Row {
  readonly fits: (text: string) => boolean;
  readonly many?: true;
  readonly only?: "pod" | "cluster";
}

const rows: Readonly<Record<string, Row>> = {
  type: { fits: (text) => text === "vxlan" },
  id: { fits: (text) => isNumber(text, [1, 16777215]) },
  name: { fits: (text) => isName(text) && text.length <= 15 },
  dev: { fits: (text) => isName(text) && text.length <= 15 },
  up: { fits: (text) => text === "true" || text === "false" },
  ip: { only: "pod", many: true, fits: (text) => text === "none" || isHostIn(text) },
  subnet: { only: "cluster", many: true, fits: (text) => isSubnet(text) },
  range: { only: "cluster", many: true, fits: (text) => text.split("-").every(isHost) },
  exclude: { only: "cluster", many: true, fits: (text) => isHost(text) },
  route: { many: true, fits: isRoute },
  gateway: { many: true, fits: (text) => text === "none" || isAddress(text) },
  except: { many: true, fits: (text) => text.split(",").every((one) => isHost(one) || isSubnet(one)) },
  peer: { many: true, fits: isHost },
  neigh: { only: "cluster", fits: (text) => text === "static" },
  mtu: { fits: (text) => isNumber(text, [68, 65535]) },
  dstport: { fits: (text) => isNumber(text, [1, 65535]) },
  mac: { only: "pod", fits: (text) => /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(text) },
  family: { only: "cluster", fits: (text) => text === "4" || text === "6" },
  namespaces: {
    only: "cluster",
    fits: (text) => text.split(",").every((one) => /^(\*|[a-z0-9-]+)$/.test(one)),
  },
};

/** Reads an annotation of one line. */
export function readAnnotation(text: string): Reading {
  const entries: Entry[] = [];
  const twice = new Set<string>();
  let complete = true;
  let last: Entry | undefined;
  for (const [name = "", ...words] of entriesOf(text)) {
    if (!isName(name)) {
      complete = false;
      // An option behind a comma too many belongs to the entry before it, and so does the rest of a value.
      if (/[=/:]|^[0-9.]+$/.test(name) && last !== undefined) last.broken = true;
      last = undefined;
    } else if (entries.some(({ network }) => network === name)) {
      twice.add(name);
      last = undefined;
    } else {
      last = { network: name, ...readOptions(words, "pod") };
      entries.push(last);
      if (words.some((word) => word !== "up" && isName(word))) complete = false;
    }
  }
  return { entries, complete, twice };
}

/**
 * Reads what the ConfigMap says of one network. `strays`: there are words that may be part of the value before them;
 * `isVague`: there are some that are like no option.
 */
export function readCluster(text: string): Pick<Entry, "options" | "broken"> & {
  readonly strays: boolean;
  readonly isVague: boolean;
} {
  const words = wordsOf(text).map((word) => /^[0-9]+$/.test(word) ? `id=${word}` : word);
  return {
    ...readOptions(words, "cluster"),
    strays: words.some((word) => !word.includes("=")),
    isVague: words.some((word) => !Object.hasOwn(rows, word.split("=")[0] ?? "")),
  };
}

/** A comma separates entries, but for one between the subnets of an `except=`. */
function entriesOf(text: string): readonly (readonly string[])[] {
  const parts: string[] = [];
  for (const part of text.split(",")) {
    const before = parts.at(-1);
    const goesOn = before !== undefined && /^[0-9a-f.:]+\/[0-9]/.test(part) &&
      /(^|\s)except=[0-9a-f.:,/]*$/.test(before);
    if (goesOn) parts.splice(-1, 1, `${before},${part}`);
    else parts.push(part);
  }
  return parts.map(wordsOf).filter((words) => words.length > 0);
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[ \t]+/).filter((word) => word !== "");
}

function readOptions(words: readonly string[], level: "pod" | "cluster"): Pick<Entry, "options" | "broken"> {
  const options: Record<string, string[]> = {};
  let broken = false;
  for (const word of words) {
    const [key = "", ...values] = word === "up" ? ["up", "true"] : word.split("=");
    const value = values.join("=");
    const row = Object.hasOwn(rows, key) ? rows[key] : undefined;
    const fits = row !== undefined && (row.only ?? level) === level && values.length > 0 && row.fits(value);
    const isFree = options[key] === undefined || row?.many === true;
    if (fits && isFree) options[key] = [...options[key] ?? [], value];
    else broken = true;
  }
  return { options, broken };
}

function isName(text: string): boolean {
  return /^[A-Za-z][\w.-]*$/.test(text) && text.length <= 63;
}

function isNumber(text: string, [from, to]: readonly [number, number]): boolean {
  return /^(0|[1-9][0-9]*)$/.test(text) && Number(text) >= from && Number(text) <= to;
}

function isHost(text: string): boolean {
  const octets = text.split(".");
  return octets.length === 4 && octets.every((octet) => isNumber(octet, [0, 255])) && text !== "0.0.0.0";
}

function isHostIn(text: string): boolean {
  const [address = "", length = "", ...more] = text.split("/");
  const bits = address.includes(":") ? 128 : 32;
  return more.length === 0 && isAddress(address) && isNumber(length, [1, bits]);
}

function isAddress(text: string): boolean {
  return isHost(text) || isIpv6Host(text);
}

/** As edits write them: canonical, with one gap. */
function isIpv6Host(text: string): boolean {
  return /^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){0,3}::([1-9a-f][0-9a-f]{0,3})?$/.test(text);
}

function isSubnet(text: string): boolean {
  const [address = "", length = "", ...more] = text.split("/");
  const [least, most] = isIpv6(address) ? [1, 128] : [0, 32];
  const isWritten = isHost(address) || address === "0.0.0.0" ||
    /^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){0,3}::$/.test(address);
  return more.length === 0 && isWritten && isNumber(length, [least, most]) &&
    bitsOf(address).endsWith("0".repeat(most - Number(length)));
}

function isRoute(text: string): boolean {
  const { subnet, gateway } = partsOf(text);
  if (!isSubnet(subnet)) return false;
  if (gateway === undefined) return !subnet.endsWith("/0");
  return isAddress(gateway) && isIpv6(gateway) === isIpv6(subnet);
}

/** An IPv6 subnet has colons of its own: it goes up to the one behind its length. */
export function partsOf(route: string): { readonly subnet: string; readonly gateway?: string } {
  const [, subnet = "", , gateway] = /^([^/]*\/[^:]*)(:(.*))?$/.exec(route) ?? [];
  return { subnet, ...(gateway !== undefined && { gateway }) };
}

/** Of an address, or a subnet. */
export function isIpv6(text: string): boolean {
  return text.includes(":");
}

/** An IPv4 address as a number. */
export function numberOf(address: string): number {
  return Number.parseInt(bitsOf(address), 2);
}

/** Is the address in the subnet of that address with its length? */
export function isIn(address: string, cidr: string): boolean {
  const [base = "", length = ""] = cidr.split("/");
  return isIpv6(address) === isIpv6(base) &&
    bitsOf(address).startsWith(bitsOf(base).slice(0, Number(length)));
}

/** The subnet in which an address with its length is. */
export function subnetOf(cidr: string): string {
  const [base = "", length = ""] = cidr.split("/");
  const bits = bitsOf(base);
  const first = bits.slice(0, Number(length)).padEnd(bits.length, "0");
  const [size, digits, separator] = isIpv6(base) ? [16, 16, ":"] as const : [8, 10, "."] as const;
  const groups = Array.from(
    { length: bits.length / size },
    (_, at) => Number.parseInt(first.slice(at * size, (at + 1) * size), 2).toString(digits),
  ).join(separator);
  return `${isIpv6(base) ? groups.replace(/(:0)+$/, "::") : groups}/${length}`;
}

/** Of an address that can be read: 32 of them, or 128. */
function bitsOf(address: string): string {
  if (!isIpv6(address)) return address.split(".").map((octet) => bits(Number(octet), 8)).join("");
  const [head = [], tail = []] = address.split("::").map((half) => half === "" ? [] : half.split(":"));
  const gap: string[] = Array(8 - head.length - tail.length).fill("0");
  return [...head, ...gap, ...tail].map((group) => bits(Number.parseInt(group, 16), 16)).join("");
}

function bits(number: number, width: number): string {
  return number.toString(2).padStart(width, "0");
}
