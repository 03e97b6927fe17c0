// Which options are there, who may give them how often, and which one was probably meant.

/** Every option of the grammar, in the order in which messages list them. */
export const optionNames = [
  "type",
  "id",
  "name",
  "dev",
  "up",
  "ip",
  "route",
  "mtu",
  "dstport",
  "mac",
  "family",
  "namespaces",
] as const;
export type OptionName = typeof optionNames[number];

/** Who gives options: the ConfigMap for all pods, or the annotation for one. */
export type Level = "cluster" | "pod";

const fewLevels: ReadonlyMap<OptionName, { readonly level: Level; readonly why: string }> = new Map([
  ["ip", { level: "pod", why: "every pod would get the same address" }],
  ["mac", { level: "pod", why: "every pod would get the same MAC address" }],
  ["family", { level: "cluster", why: "all members of a network must agree on it" }],
  ["namespaces", { level: "cluster", why: "no pod admits itself to a network" }],
]);

/** What people write when they mean an option: words of the kernel, of iproute2 and of other controllers. */
const otherWords: ReadonlyMap<string, OptionName> = new Map([
  ...pairs("id", ["vni", "vnid", "vxlanid", "vxlan-id", "segment", "network-id"]),
  ...pairs("name", ["interface", "ifname", "iface"]),
  ...pairs("dev", ["device", "parent", "underlay", "link"]),
  ...pairs("up", ["down", "state"]),
  ...pairs("ip", ["ips", "addr", "address", "addresses", "cidr", "inet", "inet6", "ipv4", "ipv6"]),
  ...pairs("route", ["routes", "gateway", "gw", "via"]),
  ...pairs("dstport", ["port", "dport", "dst-port", "udpport"]),
  ...pairs("mac", ["hwaddr", "lladdr", "ether", "macaddr"]),
  ...pairs("family", ["ipfamily", "af"]),
  ...pairs("namespaces", ["namespace", "ns"]),
]);

/** The option called so, exactly. */
export function optionNamed(text: string): OptionName | undefined {
  return optionNames.find((name) => name === text);
}

/** True for options that one source may give several times. */
export function isRepeatable(name: OptionName): boolean {
  return name === "ip" || name === "route";
}

/** Why this source may not give the option; undefined when it may. */
export function misplaced(name: OptionName, level: Level): string | undefined {
  const only = fewLevels.get(name);
  if (only === undefined || only.level === level) return undefined;
  return `this option is for ${only.level === "pod" ? "annotations" : "the ConfigMap"} only: ${only.why}`;
}

/** The names of the options that this source may give. */
export function optionsFor(level: Level): readonly OptionName[] {
  return optionNames.filter((name) => misplaced(name, level) === undefined);
}

/** The option that was probably meant, when it is obvious: another word for it, or one letter off. */
export function similarOption(text: string): OptionName | undefined {
  const word = text.toLowerCase();
  const meant = optionNamed(word) ?? otherWords.get(word);
  return meant ?? optionNames.find((name) => name.length > 2 && isOneEditAway(word, name));
}

/** One letter too many, too few, other or swapped with its neighbour. */
function isOneEditAway(word: string, name: string): boolean {
  if (Math.abs(word.length - name.length) > 1) return false;
  let start = 0;
  while (start < word.length && word[start] === name[start]) start++;
  const rests = [
    [word.slice(start + 1), name.slice(start + 1)],
    [word.slice(start + 1), name.slice(start)],
    [word.slice(start), name.slice(start + 1)],
  ];
  if (rests.some(([left, right]) => left === right)) return true;
  const isSwapped = word[start] === name[start + 1] && word[start + 1] === name[start];
  return isSwapped && word.slice(start + 2) === name.slice(start + 2);
}

function pairs(name: OptionName, words: readonly string[]): readonly (readonly [string, OptionName])[] {
  return words.map((word) => [word, name] as const);
}
