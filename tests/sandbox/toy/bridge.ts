// What `bridge` does with a line: the forwarding entries, and the listing that answers a marker.
import { parseIp } from "../../../lib/network/grammar/address.ts";
import { fdbListing } from "./listings.ts";
import type { ToyLink, ToyLinks } from "./links.ts";
import { ToyNames } from "./names.ts";
import { ToyExit, ToyRefusal, type ToyTool } from "./session.ts";
import { ToyWords } from "./words.ts";

/** One running `bridge`. */
export function createToyBridge(links: ToyLinks): ToyTool {
  const names = new ToyNames(links, { goneMessage: "Error: unknown ifindex." });
  // A trap of the real one: the filters of `fdb show dev X` and `fdb show dynamic` stick for as long as the process runs.
  let filter: ToyLink | undefined;
  let dynamic = false;
  const show = (words: ToyWords): unknown => {
    dynamic ||= words.skip("dynamic");
    if (words.skip("dev")) filter = found(words.next(), names);
    const shown = links.all().filter((link) => filter === undefined || filter === link);
    for (const link of shown.filter(({ fdb }) => !fdb.isEmpty)) names.remember(link);
    return fdbListing(shown, { dynamic });
  };
  return (words) => dispatch(new ToyWords(words), { names, show });
}

interface Bridge {
  readonly names: ToyNames;
  readonly show: (words: ToyWords) => unknown;
}

function dispatch(words: ToyWords, bridge: Bridge): unknown {
  const object = words.next();
  if (object === "link" && words.skip("show")) return [];
  if (object !== "fdb") throw new ToyRefusal(`Object "${object}" is unknown, try "bridge help".`);
  const command = words.isEmpty ? "show" : words.next();
  switch (command) {
    case "show":
      return bridge.show(words);
    case "append":
    case "add":
    case "replace":
    case "del":
    case "delete":
      return change(command, { words, names: bridge.names });
    default:
      throw new ToyExit(`Command "${command}" is unknown, try "bridge fdb help".`, 255);
  }
}

function change(
  command: "append" | "add" | "replace" | "del" | "delete",
  { words, names }: { readonly words: ToyWords; readonly names: ToyNames },
): void {
  const mac = words.next().toLowerCase();
  const { dst, dev } = destinationOf(words);
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) throw new ToyRefusal(`Invalid mac address ${mac}`);
  const link = found(dev, names);
  if (link.name === "lo") throw new ToyRefusal("Error: FDB add only supported for Ethernet devices.");
  if (command === "append") return link.fdb.append({ mac, dst });
  if (command === "add") return link.fdb.add({ mac, dst });
  if (command === "replace") return link.fdb.replace({ mac, dst });
  return link.fdb.remove({ mac, dst });
}

function destinationOf(words: ToyWords): { readonly dst: string; readonly dev: string } {
  let [dst, dev] = ["", ""];
  while (!words.isEmpty) {
    const word = words.next();
    if (word === "dst") dst = addressWord(words.next());
    else if (word === "dev") dev = words.next();
    else if (word !== "self" && word !== "permanent") throw new ToyExit(`"${word}" is a garbage`, 255);
  }
  if (dev === "" || dst === "") throw new ToyExit("Device and address are required arguments.", 255);
  return { dst, dev };
}

function addressWord(word: string): string {
  const ip = parseIp(word);
  if (ip === undefined) throw new ToyExit(`Error: any valid address is expected rather than "${word}".`, 1);
  return ip.address;
}

function found(name: string, names: ToyNames): ToyLink {
  const link = names.find(name);
  if (link === undefined) throw new ToyRefusal(`Cannot find device "${name}"`);
  return link;
}
