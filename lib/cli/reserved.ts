// What `namespaces=` still reserves though the ConfigMap says so no more, as the controller remembers it: for commands that only look.
import type { Store } from "../controller/store/store.ts";
import { noMemory } from "../network/reserved/memory_text.ts";
import type { MemoryRead } from "../network/reserved/remembered.ts";
import { findMemory } from "../pools/memory/read_memory.ts";
import type { PoolObjectOptions } from "../pools/pool_object.ts";
import { ServerClock } from "../pools/server_clock.ts";
import { messageOf } from "../text/defined.ts";
import { atOnce } from "../time/pieces.ts";

/** What is known, and why that is nothing, or not all: for people. */
export interface ReservedRead extends MemoryRead {
  readonly fault: string | undefined;
}

/** Throws nothing. Where it may not be read, nothing is taken to be reserved: the controller knows. */
export async function readReserved(options: Omit<PoolObjectOptions, "time">): Promise<ReservedRead> {
  const faultOf = (reason: string): string => `what keys that are gone still reserve: ${reason}`;
  try {
    const { memory, unread } = await findMemory({ ...options, time: new ServerClock(options.clock) });
    return { memory, unread, fault: unread && faultOf(unread) };
  } catch (error) {
    return { memory: noMemory, unread: undefined, fault: faultOf(messageOf(error)) };
  }
}

/** Tells the store. Before all pods are listed nobody knows who holds it, so it is told again then. */
export function tellReserved(store: Store, read: MemoryRead & { readonly areListed: boolean }): void {
  atOnce(store.judging(store.networks.remember(read)));
}
