// Does a controller lead at this moment? Seen by its Lease being renewed: nobody's clock is compared with another.
import type { ApiClient } from "../../kube/api/client.ts";
import type { LeaseName } from "../../kube/lease/record.ts";
import { createLeaseStore } from "../../kube/lease/store.ts";
import { type Clock, sleep } from "../../time/clock.ts";

/** Milliseconds. */
const lookEvery = 1_000;
const deadline = 10_000;

/**
 * The holder of the Lease if it renews it, or gives it to another, within the time for which it has it. Undefined: there
 * is none, it was given back, or its holder is dead. Throws ApiError.
 */
export async function leadingController(
  client: ApiClient,
  { lease, clock, signal }: {
    readonly lease: LeaseName;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<string | undefined> {
  const store = createLeaseStore(client, lease);
  const first = (await store.read({ deadline, signal }))?.record;
  if (first === undefined || first.holder === "") return undefined;
  const end = clock.now() + first.durationSeconds * 1_000;
  while (clock.now() < end && !signal.aborted) {
    await sleep(clock, lookEvery, signal);
    const record = (await store.read({ deadline, signal }))?.record;
    if (record === undefined || record.holder === "") return undefined;
    if (record.renewTime !== first.renewTime || record.holder !== first.holder) return record.holder;
  }
  return undefined;
}
