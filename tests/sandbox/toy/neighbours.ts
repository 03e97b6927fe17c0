// The neighbour table of a toy namespace: entries that somebody sets. It asks nobody: any other neighbour is shown as one that
// need not be asked for, so that nobody takes it for a proof.
import { parseIp } from "../../../lib/network/grammar/address.ts";
import { leastIpv6Mtu, type ToyLink } from "./links.ts";
import { ToyExit } from "./session.ts";
import type { ToyWords } from "./words.ts";

interface ToyNeighbour {
  readonly link: ToyLink;
  readonly dst: string;
  readonly mac: string;
  readonly state: string;
  readonly protocol?: string;
}

/** What `flush` leaves unless it is named. */
const kept = ["PERMANENT", "NOARP"];

/** All neighbours of one namespace. */
export class ToyNeighbours {
  #entries: readonly ToyNeighbour[] = [];

  /** `ip neigh VERB …`. `find` reads a device's name; what is asked of one that has gone is asked for nothing. */
  line(
    words: ToyWords,
    { find, isGone }: {
      readonly find: (name: string) => ToyLink;
      readonly isGone: (name: string) => boolean;
    },
  ): unknown {
    const verb = words.isEmpty ? "show" : words.next();
    const said = wordsOf(words);
    const device = said.get("dev");
    if (device !== undefined && isGone(device)) {
      if (verb === "flush") return undefined;
      if (verb !== "show") throw refused("RTNETLINK answers: No such device");
    }
    const link = device === undefined ? undefined : find(device);
    const isMeant = (entry: ToyNeighbour): boolean =>
      (said.get("to") ?? entry.dst) === entry.dst && (link ?? entry.link) === entry.link;
    const state = said.get("nud")?.toUpperCase();
    switch (verb) {
      case "show": {
        const shown = this.#entries.filter((entry) =>
          isMeant(entry) && (state ?? entry.state) === entry.state
        )
          .map((entry) => listed(entry, { named: link !== undefined }));
        const dst = said.get("to");
        return dst === undefined || shown.length > 0 ? shown : [{ dst, state: ["NOARP"] }];
      }
      case "flush":
        this.#entries = this.#entries.filter((entry) =>
          !isMeant(entry) || (state === undefined ? kept.includes(entry.state) : entry.state !== state)
        );
        return undefined;
      case "add":
      case "replace":
        return this.#set(said, { link, state: state ?? "PERMANENT", isNew: verb === "add" });
      case "del":
      case "delete":
        if (!this.#entries.some(isMeant)) throw refused("RTNETLINK answers: No such file or directory");
        this.#entries = this.#entries.filter((entry) => !isMeant(entry));
        return undefined;
      default:
        throw new ToyExit(`Command "${verb}" is unknown, try "ip neigh help".`, 255);
    }
  }

  /** A link goes down or away, or gets another MAC: nothing of it stays. `family`: of one family only. */
  forget(link: ToyLink, family?: 4 | 6): void {
    this.#entries = this.#entries.filter((entry) =>
      entry.link !== link || (family !== undefined && familyOf(entry.dst) !== family)
    );
  }

  #set(
    said: ReadonlyMap<string, string>,
    { link, state, isNew }: {
      readonly link: ToyLink | undefined;
      readonly state: string;
      readonly isNew: boolean;
    },
  ): void {
    const [dst = "", mac = "", protocol] = ["to", "lladdr", "protocol"].map((word) => said.get(word));
    if (link === undefined || dst === "") throw refused("Device and destination are required arguments.");
    if (familyOf(dst) === 6 && link.mtu < leastIpv6Mtu) {
      throw refused("Error: IPv6 is disabled on this device.");
    }
    const others = this.#entries.filter((entry) => entry.dst !== dst || entry.link !== link);
    if (isNew && others.length < this.#entries.length) throw refused("RTNETLINK answers: File exists");
    if (said.has("use")) return;
    this.#entries = [...others, { link, dst, mac, state, ...(protocol === undefined ? {} : { protocol }) }];
  }
}

/** `[to] ADDRESS`, and pairs of a word and its value. */
function wordsOf(words: ToyWords): ReadonlyMap<string, string> {
  const said = new Map<string, string>();
  while (!words.isEmpty) {
    const word = words.next();
    if (word === "use") said.set("use", "");
    if (word === "use") continue;
    const isPair = ["dev", "lladdr", "nud", "protocol", "to"].includes(word);
    const [key, value] = isPair ? [word, words.next()] : ["to", word];
    said.set(key, key === "to" ? parseIp(value)?.address ?? value : value);
  }
  return said;
}

function listed(
  { link, dst, mac, state, protocol }: ToyNeighbour,
  { named }: { readonly named: boolean },
): Record<string, unknown> {
  return {
    dst,
    ...(named ? {} : { dev: link.name }),
    lladdr: mac,
    state: [state],
    ...(protocol === undefined ? {} : { protocol }),
  };
}

function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

/** A line of `neigh` that is refused ends the tool in spite of `-force`. */
function refused(message: string): ToyExit {
  return new ToyExit(message, 2);
}
