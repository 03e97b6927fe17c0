// What `ip link add` and `ip link set` do with the rest of their line.
import { parseIp } from "../../../lib/network/grammar/address.ts";
import type { ToyLink, ToyLinks, ToyVxlan } from "./links.ts";
import type { ToyNames } from "./names.ts";
import { ToyExit, ToyRefusal } from "./session.ts";
import { toyNumber, type ToyWords } from "./words.ts";

interface Kernel {
  readonly links: ToyLinks;
  readonly names: ToyNames;
}

/**
 * `[name] NAME [address MAC] [mtu N] type KIND …`; an alias is taken and silently ignored, as by the real
 * one.
 */
export function addLink(words: ToyWords, { links, names }: Kernel): void {
  words.skip("name");
  const name = words.next();
  if (name.length > 15 || name.includes("/")) {
    throw new ToyExit(`Error: argument "${name}" is wrong: "name" not a valid ifname`, 255);
  }
  const attributes: { mac?: string; mtu?: number; master?: ToyLink } = {};
  for (let word = words.next(); word !== "type"; word = words.next()) {
    if (word === "address") attributes.mac = words.next().toLowerCase();
    else if (word === "master") attributes.master = underlayOf(words.next(), names);
    else if (word === "mtu") attributes.mtu = mtuWord(words);
    else if (word === "alias") words.next();
    else throw garbage(word);
  }
  const kind = words.next();
  const vxlan = kind === "vxlan" ? vxlanOf(words, names) : undefined;
  links.add({ name, kind, ...attributes, ...(vxlan === undefined ? {} : { vxlan }) });
}

/** `{add | del} dev NAME altname NAME`, of which the toy can add. */
export function addProperty(words: ToyWords, { links, names }: Kernel): void {
  words.skip("add");
  words.skip("dev");
  const link = underlayOf(words.next(), names);
  words.skip("altname");
  links.addAltname(link, words.next());
}

/**
 * `[dev] NAME {up | down | name NAME | alias TEXT | mtu N | address MAC | master NAME | nomaster}… [type vxlan id N [dev NAME]]`.
 * What `type` says is done first, and nothing else when that is refused; then the name is given.
 */
export function changeLink(words: ToyWords, kernel: Kernel): void {
  words.skip("dev");
  const name = words.next();
  const changes: Change[] = [];
  while (!words.isEmpty) changes.push(changeOf(words, kernel));
  if (changes.length === 0) return;
  const link = kernel.names.find(name);
  if (link === undefined) throw new ToyRefusal(`Cannot find device "${name}"`);
  kernel.names.forget(link);
  for (const { make } of changes.sort((a, b) => a.rank - b.rank)) make(link);
}

interface Change {
  readonly rank: number;
  readonly make: (link: ToyLink) => void;
}

function changeOf(words: ToyWords, kernel: Kernel): Change {
  const word = words.next();
  return { rank: word === "type" ? 0 : word === "name" ? 1 : 2, make: changeBy(word, { words, ...kernel }) };
}

function changeBy(
  word: string,
  { words, links, names }: Kernel & { readonly words: ToyWords },
): (link: ToyLink) => void {
  switch (word) {
    case "up":
      return (link) => links.setUp(link);
    case "down":
      return (link) => links.setDown(link);
    case "name": {
      const name = words.next();
      return (link) => links.rename(link, name);
    }
    case "master": {
      const master = underlayOf(words.next(), names);
      return (link) => links.setMaster(link, master);
    }
    case "nomaster":
      return (link) => links.setMaster(link, undefined);
    case "alias":
      return aliasChange(words.next());
    case "mtu": {
      const mtu = mtuWord(words);
      return (link) => links.setMtu(link, mtu);
    }
    case "address": {
      const mac = words.next().toLowerCase();
      return (link) => links.setMac(link, mac);
    }
    case "type": {
      words.next();
      const { vni, underlay } = vxlanWords(words, names);
      return (link) => links.setUnderlay(link, { vni, underlay });
    }
    default:
      throw garbage(word);
  }
}

function aliasChange(alias: string): (link: ToyLink) => void {
  if (alias.length > 255) {
    throw new ToyExit(`Error: argument "${alias}" is wrong: alias too long\n`, 255);
  }
  return (link) => {
    link.alias = alias;
  };
}

function mtuWord(words: ToyWords): number {
  return toyNumber(words.next(), { name: `"mtu" value`, most: 4294967295 });
}

function vxlanOf(words: ToyWords, names: ToyNames): ToyVxlan {
  const { vni, port, underlay, local } = vxlanWords(words, names);
  if (underlay === undefined) {
    throw new ToyExit("The toy kernel makes VXLAN links on a device (dev) only", 255);
  }
  const family = local?.includes(":") === true ? 6 : 4;
  // Port 0 stands for the default of the kernel module.
  return { vni, port: port || 8472, family, underlay, ...(local === undefined ? {} : { local }) };
}

function vxlanWords(words: ToyWords, names: ToyNames): {
  readonly vni: number;
  readonly port: number | undefined;
  readonly underlay: ToyLink | undefined;
  readonly local: string | undefined;
} {
  let [vni, port]: (number | undefined)[] = [];
  let underlay: ToyLink | undefined;
  let local: string | undefined;
  while (!words.isEmpty) {
    const word = words.next();
    if (word === "id" || word === "vni") vni = toyNumber(words.next(), { name: "id", most: 16777215 });
    else if (word === "dstport") port = toyNumber(words.next(), { name: "dst port", most: 65535 });
    else if (word === "dev") underlay = underlayOf(words.next(), names);
    else if (word === "local") local = localOf(words.next());
    else throw new ToyExit(`vxlan: unknown command "${word}"?`, 255);
  }
  if (vni === undefined) throw new ToyExit("vxlan: missing virtual network identifier", 255);
  return { vni, port, underlay, local };
}

function underlayOf(name: string, names: ToyNames): ToyLink {
  const link = names.find(name);
  if (link === undefined) throw new ToyExit(`Cannot find device "${name}"`, 255);
  return link;
}

function localOf(word: string): string {
  const ip = parseIp(word);
  if (ip === undefined) throw new ToyExit(`Error: any valid address is expected rather than "${word}".`, 1);
  return ip.address;
}

function garbage(word: string): ToyExit {
  return new ToyExit(`Error: either "dev" is duplicate, or "${word}" is a garbage.`, 255);
}
