// What goes into an allocation, and what comes out of it.
import type { PoolAnswer } from "../network/pool.ts";
import type { PoolRequest } from "../network/pool_request.ts";
import type { PoolTable } from "./table.ts";

/** Seconds for which a freed address is given to nobody but who had it: peers may still know it by another MAC. */
export const quarantine = 60;

/** What an allocation stands on. */
export interface AllocationInput {
  readonly network: string;
  readonly table: PoolTable;
  /** All that have the network, also those with addresses of their own. */
  readonly requests: readonly PoolRequest[];
  /** Whether a holder that does not ask is known to be gone, or to want nothing any more. */
  readonly isGone: (holder: string) => boolean;
  /** Seconds since 1970 by the API server's clock: not before, and not after. */
  readonly now: { readonly earliest: number; readonly latest: number };
  /** Bytes that the table may have. */
  readonly room: number;
  /** Why nothing can be given at the moment: a clause for the end of a sentence. */
  readonly frozen?: string | undefined;
  /** What the object is called, for messages. */
  readonly object: string;
}

/** What came of it. */
export interface Allocation {
  readonly table: PoolTable;
  readonly isChanged: boolean;
  /** By uid. Absent: its kernel must be looked at first. */
  readonly answers: ReadonlyMap<string, PoolAnswer>;
  /** When the next address can be given that somebody waits for, seconds since 1970; absent: nobody waits. */
  readonly nextFree?: number;
  /** For metrics. */
  readonly sizes: PoolSizes;
}

/** Addresses of a pool. */
export interface PoolSizes {
  readonly total: number;
  readonly used: number;
}
