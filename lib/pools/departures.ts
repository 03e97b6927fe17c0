// Who holds addresses and has gone? Of whom nothing is known is asked anew, because what is watched may be behind.
import type { ApiClient } from "../kube/api/client.ts";
import { pickPods } from "../kube/watch/pod_metadata.ts";
import { backoffDelay } from "../time/backoff.ts";
import type { Clock } from "../time/clock.ts";

/** Milliseconds after which all is read again though nothing has happened. */
export const rereadEvery = 600_000;

/** The same at first, when somebody holds something, is unknown to us and may have gone. */
const lookAgain = 10_000;

/** What is known of the holders of one object since it was read. */
export class Departures {
  readonly #clock: Pick<Clock, "now">;
  /** Known to us at some time since then: when they ask no more, they want nothing. */
  readonly #seen = new Set<string>();
  #gone: ReadonlySet<string> = new Set();
  #readAt = 0;
  /** Reads in a row after which somebody was in doubt. */
  #doubtful = 0;
  /** When it must be read again, monotonic ms. */
  readAgainAt = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** The object was read: `held` stand in it, and `known` of them are known to us now. Throws what `living` throws. */
  async read({ held, known, living }: {
    readonly held: readonly string[];
    readonly known: ReadonlySet<string>;
    /** Asks for all that live. */
    readonly living: () => Promise<ReadonlySet<string>>;
  }): Promise<void> {
    this.#readAt = this.#clock.now();
    this.#doubtful++;
    this.forget();
    // Those that go while the others are looked for may be in the list, and ask nothing any more when it has come.
    for (const holder of held) if (known.has(holder)) this.#seen.add(holder);
    const unknown = held.filter((holder) => !known.has(holder));
    if (unknown.length === 0) return;
    const found = await living();
    this.#gone = new Set(unknown.filter((holder) => !found.has(holder)));
  }

  forget(): void {
    this.#seen.clear();
    this.#gone = new Set();
  }

  /** It asks for something. */
  asks(holder: string): void {
    this.#seen.add(holder);
  }

  /** Of one that does not ask: whether it is known to be gone, or to want nothing. */
  isGone(holder: string): boolean {
    return this.#seen.has(holder) || this.#gone.has(holder);
  }

  /**
   * After a pass: these still hold something. Who of them lives and is unknown to us may go without an event that would
   * tell us. So all is read again soon, and ever later, for a pod may stay so.
   */
  remain(held: readonly string[]): void {
    if (held.every((holder) => this.#seen.has(holder))) this.#doubtful = 0;
    const wait = this.#doubtful === 0
      ? rereadEvery
      : backoffDelay(this.#doubtful, { base: lookAgain, max: rereadEvery, random: 0 });
    this.readAgainAt = this.#readAt + wait;
  }
}

/** Where the pods are that may hold addresses. */
export interface LivingPodsOptions {
  readonly client: ApiClient;
  readonly selector: string;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly signal: AbortSignal;
}

/** A pod that has ended uses nothing any more, however long its object stays: that of a Job may for days. */
const unfinished = "status.phase!=Succeeded,status.phase!=Failed";

/** Uids, and `namespace/name`, of all pods with our label that have not ended. Throws ApiError. */
export async function livingPods(options: LivingPodsOptions): Promise<ReadonlySet<string>> {
  const { client, selector, namespaces, signal } = options;
  const asked = { namespaces, labelSelector: selector, fieldSelector: unfinished, signal };
  const living = await pickPods(client, {
    ...asked,
    pick: ({ uid, namespace, name }) => [String(uid), `${String(namespace)}/${String(name)}`],
  });
  return new Set(living.flat());
}
