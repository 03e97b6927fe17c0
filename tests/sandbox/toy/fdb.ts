// The forwarding entries of one toy VXLAN link: several destinations for each MAC, permanent or learned.
import { ToyRefusal } from "./session.ts";

/** One entry as it is listed. */
export interface ToyFdbEntry {
  readonly mac: string;
  readonly dst: string;
  readonly learned: boolean;
}

/** The table of one link; `family` is absent for links that are no tunnels. */
export class ToyFdb {
  readonly #family: 4 | 6 | undefined;
  /** By MAC: destination to whether it was learned. */
  readonly #table = new Map<string, Map<string, boolean>>();

  constructor(family: 4 | 6 | undefined) {
    this.#family = family;
  }

  get isEmpty(): boolean {
    return this.#table.size === 0;
  }

  all(): readonly ToyFdbEntry[] {
    return [...this.#table].flatMap(([mac, remotes]) =>
      [...remotes].map(([dst, learned]) => ({ mac, dst, learned }))
    );
  }

  /** `bridge fdb append`: a destination that is there already is left alone. */
  append({ mac, dst }: { readonly mac: string; readonly dst: string }): void {
    if (this.#family === undefined) return;
    const isIpv6 = dst.includes(":");
    if (isIpv6 !== (this.#family === 6)) {
      throw new ToyRefusal("RTNETLINK answers: Address family not supported by protocol");
    }
    const remotes = this.#table.get(mac) ?? new Map<string, boolean>();
    this.#table.set(mac, remotes);
    if (!remotes.has(dst)) remotes.set(dst, false);
  }

  /** `bridge fdb add`: refused when the MAC has any destination. */
  add(entry: { readonly mac: string; readonly dst: string }): void {
    if (this.#table.has(entry.mac)) throw new ToyRefusal("RTNETLINK answers: File exists");
    this.append(entry);
  }

  /** `bridge fdb replace`: instead of the destination that the MAC has, learned or not. */
  replace(entry: { readonly mac: string; readonly dst: string }): void {
    const remotes = this.#table.get(entry.mac);
    if (remotes?.has(entry.dst) !== true) remotes?.delete([...remotes.keys()][0] ?? "");
    this.append(entry);
    this.#table.get(entry.mac)?.forEach((_, dst, all) => all.set(dst, false));
  }

  /** `bridge fdb delete`: a destination that is not there is no error as long as the MAC has another. */
  remove({ mac, dst }: { readonly mac: string; readonly dst: string }): void {
    const remotes = this.#table.get(mac);
    if (remotes === undefined) throw new ToyRefusal("RTNETLINK answers: No such file or directory");
    remotes.delete(dst);
    if (remotes.size === 0) this.#table.delete(mac);
  }

  /** A MAC is learned at one destination; a permanent entry is not changed. */
  learn({ mac, dst }: { readonly mac: string; readonly dst: string }): void {
    const known = this.#table.get(mac);
    if (known !== undefined && [...known.values()].includes(false)) return;
    this.#table.set(mac, new Map([[dst, true]]));
  }

  forgetLearned(): void {
    for (const [mac, remotes] of this.#table) {
      if (![...remotes.values()].includes(false)) this.#table.delete(mac);
    }
  }
}
