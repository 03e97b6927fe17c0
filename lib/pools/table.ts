// Who has which address of one network's pool, and which were freed when. Pure.
import type { Cidr } from "../network/grammar/address.ts";

/** The addresses of one holder. */
export interface Holding {
  /** `namespace/name` of a pod whose name comes back, else its uid. */
  readonly holder: string;
  /** Of the pod that had them last: of one name there may be many, one after the other. */
  readonly uid: string;
  readonly addresses: readonly Cidr[];
  /** Seconds since 1970 by the API server's clock. */
  readonly since: number;
}

/** An address that nobody holds any more. */
export interface FreedAddress {
  readonly cidr: Cidr;
  /** Who held it, and gets it back while nobody else needs it. */
  readonly holder: string;
  /** Seconds since 1970 by the API server's clock; rather too late than too early. */
  readonly at: number;
}

/** One network's pool. */
export interface PoolTable {
  /** By holder. */
  readonly held: ReadonlyMap<string, Holding>;
  /** The oldest first. */
  readonly freed: readonly FreedAddress[];
}

export const emptyTable: PoolTable = { held: new Map(), freed: [] };

/** Two with one address, among holders and freed ones; undefined when there are none. */
export function doubled({ held, freed }: PoolTable): string | undefined {
  const seen = new Set<string>();
  const all = [...[...held.values()].flatMap(({ addresses }) => addresses), ...freed.map(({ cidr }) => cidr)];
  return all.find(({ address }) => seen.size === seen.add(address).size)?.address;
}
