// What is each network's table in one object to be, and what does that mean for those who ask? Pure.
import type { PoolRequest } from "../network/pool_request.ts";
import { allocate } from "./allocate.ts";
import type { Allocation } from "./allocation.ts";
import { objectRoom } from "./pool_object.ts";
import type { ServerTime } from "./server_clock.ts";
import { emptyTable, type PoolTable } from "./table.ts";
import { readTable, tableRoom, tableText } from "./table_text.ts";

/** Everything in and about one object. */
export interface DrawInput {
  /** As read, by network. */
  readonly texts: ReadonlyMap<string, string>;
  /** The last good tables. They stand in for those that are gone or damaged. */
  readonly known: ReadonlyMap<string, PoolTable>;
  readonly requests: readonly PoolRequest[];
  readonly isGone: (holder: string) => boolean;
  readonly now: ServerTime;
  readonly object: string;
  /** Why nothing can be given or freed at all. */
  readonly frozen: string | undefined;
  /** Says what is wrong with a table, and gives it as a clause for the end of a sentence. */
  readonly onDamage: (network: string, reason: string) => string;
}

/** One network. */
export interface Drawn {
  /** Undefined: nothing is to be written of it. Of a damaged table it is what was found. */
  readonly text: string | undefined;
  readonly allocation: Allocation;
}

/** By network. */
export function drawTables(input: DrawInput): ReadonlyMap<string, Drawn> {
  const { texts, known, requests, frozen } = input;
  const byNetwork = Map.groupBy(requests, ({ network }) => network);
  const networks = new Set([...texts.keys(), ...known.keys(), ...byNetwork.keys()]);
  const reads = new Map([...texts].map(([network, text]) => [network, readTable(text)] as const));
  const roomOfText = (network: string): number => {
    const read = reads.get(network);
    return read?.kind === "table" ? tableRoom(read.table) : texts.get(network)?.length ?? 0;
  };
  let room = [...texts.keys()].reduce((left, key) => left - key.length - roomOfText(key), objectRoom);
  const drawn = new Map<string, Drawn>();
  for (const network of [...networks].sort()) {
    const text = texts.get(network);
    const read = reads.get(network);
    const why = frozen ?? (read?.kind === "damaged" ? input.onDamage(network, read.reason) : undefined);
    const own = roomOfText(network);
    const allocation = allocate({
      ...input,
      network,
      table: read?.kind === "table" ? read.table : known.get(network) ?? emptyTable,
      requests: byNetwork.get(network) ?? [],
      isGone: (holder) => why === undefined && input.isGone(holder),
      room: room + own,
      frozen: why,
    });
    const next = why === undefined ? tableText(allocation.table) : text;
    if (why === undefined) room -= tableRoom(allocation.table) - own;
    drawn.set(network, { text: next === "" ? undefined : next, allocation });
  }
  return drawn;
}
