// What is reserved by what was remembered, beside what the ConfigMap says; and what of it all is to be remembered.
import { type ClusterNetwork, type ClusterNetworks, withoutUnheld } from "../cluster_networks.ts";
import type { Memory } from "./memory_text.ts";
import { defined } from "../../text/defined.ts";
import { holdsOf, type IsHeld, listed, reservationsOf } from "./reservations.ts";

/** What came of reading it. */
export interface MemoryRead {
  readonly memory: Memory;
  /** Why that is not all, or may not be: a clause. */
  readonly unread: string | undefined;
}

/** What is known goes before what is remembered; of that stays what somebody holds. */
export function remembering(
  cluster: ClusterNetworks,
  { memory, unread, isHeld }: MemoryRead & { readonly isHeld: IsHeld },
): ClusterNetworks {
  // Of an entry that never was good the list that was remembered is the one before.
  const supplemented = ([name, entry]: [string, ClusterNetwork]): [string, ClusterNetwork] => {
    const before = memory.networks.get(name);
    if (entry.state !== "unreadable" || before === undefined) return [name, entry];
    const read = { ...cluster.keys.get(name), reservation: entry.options };
    return [name, { ...entry, options: { ...entry.options, ...listed(read, before) } }];
  };
  const remembered = [...memory.networks].map(([name, options]) =>
    [name, { state: "reserved", options }] as const
  );
  const all = new Map([...remembered, ...[...cluster.networks].map(supplemented)]);
  const networks = new Map([...all].sort(([a], [b]) => a < b ? -1 : 1));
  const known = new Set(
    [...reservationsOf(networks), ...cluster.left].map(({ network, id }) => `${network} ${id}`),
  );
  const reserved = new Map(remembered);
  const left = [...memory.left, ...reservationsOf(reserved)].filter(({ network, id }) =>
    !known.has(`${network} ${id}`)
  );
  return withoutUnheld({ ...cluster, networks, left: [...cluster.left, ...left], unread }, { isHeld });
}

/** What `namespaces=` reserves and somebody holds. */
export function memoryOf({ networks, left }: ClusterNetworks, isHeld: IsHeld): Memory {
  const held = [...networks]
    .map(([name, { options: { id, namespaces } }]) => [name, defined({ id, namespaces })] as const)
    .filter(([name, one]) => one.namespaces !== undefined && holdsOf(name, one).some(isHeld));
  return { networks: new Map(held), left };
}
