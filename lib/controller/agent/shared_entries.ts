// Equal forwarding entries of different pods as one object: a full mesh of a thousand has a million of them.
import type { ObservedFdbEntry } from "../../overlay/observation.ts";

/** Beyond this many different entries the memory starts anew; what was given out stays valid. */
const limit = 200_000;

/** Gives the same object for the same entry. Only saves memory: losing it changes nothing. */
export class SharedEntries {
  #byDevice = new Map<string, Map<string, ObservedFdbEntry>>();
  #size = 0;

  /** The entries, each as its shared object. */
  share(entries: readonly ObservedFdbEntry[]): readonly ObservedFdbEntry[] {
    return entries.map((entry) => this.#one(entry));
  }

  #one(entry: ObservedFdbEntry): ObservedFdbEntry {
    const device = `${entry.dev} ${entry.mac}`;
    const known = this.#byDevice.get(device) ?? new Map<string, ObservedFdbEntry>();
    const shared = known.get(entry.dst);
    if (shared !== undefined) return shared;
    if (this.#size >= limit) this.#forget();
    known.set(entry.dst, entry);
    this.#byDevice.set(device, known);
    this.#size++;
    return entry;
  }

  #forget(): void {
    this.#byDevice = new Map();
    this.#size = 0;
  }
}
