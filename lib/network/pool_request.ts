// What does one pod ask of one network's pool, and what does it have already?
import type { PoolAnswer, PoolSubnet } from "./pool.ts";
import type { Memory } from "./reserved/memory_text.ts";
import type { MemoryRead } from "./reserved/remembered.ts";

/** One pod in one network that has a pool. */
export interface PoolRequest {
  readonly uid: string;
  /** Who holds the address: `namespace/name` where the name comes back, else the uid. */
  readonly holder: string;
  /** `namespace/name`, for messages. */
  readonly pod: string;
  /** When the API server made the pod, as it writes dates: the oldest come first. */
  readonly created: string;
  readonly network: string;
  readonly subnets: readonly PoolSubnet[];
  /** False: it has addresses of its own (`ip=`), which are taken out of the pool. */
  readonly asks: boolean;
  /** Those, in canonical text. */
  readonly own: readonly string[];
  /** What it had of the network's addresses before we came, as it shows them. */
  readonly claim: PoolClaim;
}

/**
 * - `none`: nothing speaks for an earlier address.
 * - `unseen`: it shows some, and its kernel was not looked at yet.
 * - `borne out`: its interface has them.
 * - `told`: we have told it so, and the texts have their prefix length.
 */
export interface PoolClaim {
  readonly kind: "none" | "unseen" | "borne out" | "told";
  readonly addresses: readonly string[];
}

/** What came of asking: by uid, then by network. */
export type PoolAnswers = ReadonlyMap<string, ReadonlyMap<string, PoolAnswer>>;

/** What the pools must be told. */
export interface PoolHooks {
  /** All that stand at the moment; the same objects as long as nothing has changed. */
  readonly requests: () => Iterable<PoolRequest>;
  /** Everybody whose wishes are known, even if there are none. */
  readonly holders: () => ReadonlySet<string>;
  /** Answers that are new or other than before. */
  readonly onAnswers: (answers: PoolAnswers) => void;
  /** What `namespaces=` reserves and somebody holds, to be remembered over a restart. */
  readonly reserved: () => Memory;
  /** What was remembered of that, at first, and after another may have written it. Resolves when all that follows is done. */
  readonly onReserved: (read: MemoryRead) => Promise<void>;
}

/** The pools of a controller, and its memory. */
export interface AddressPools {
  /** Begins to read what was remembered; resolves when that was told, or could not be read at once. */
  readonly ready: () => Promise<void>;
  /** Something may have changed in what is asked. Returns at once. */
  readonly changed: () => void;
  /** Another may have written until now: nothing that is known counts any more. */
  readonly reread: () => void;
  /** Waits for what is under way. */
  readonly close: () => Promise<void>;
}
