// The law of addresses over kernels, objects and pods: none twice in any kernel, none that no object gives, none kept by nobody. Pure.
import { readTable } from "../../lib/pools/table_text.ts";

/** Everything in which an address can stand. */
export interface AddressWorld {
  /** What the interfaces of networks with pools have, but link-local addresses. */
  readonly kernels: readonly KernelAddress[];
  /** Text of each network's table. */
  readonly tables: ReadonlyMap<string, string>;
  /** `namespace/name` and uid of every pod that is there. */
  readonly living: ReadonlySet<string>;
}

/** One address of one interface. */
export interface KernelAddress {
  /** `namespace/name`. */
  readonly pod: string;
  readonly uid: string;
  readonly network: string;
  readonly address: string;
}

/** What may not be at any moment, one sentence each. */
export function brokenNow({ kernels, tables }: AddressWorld): readonly string[] {
  const byAddress = Map.groupBy(kernels, ({ network, address }) => `${network} ${address}`);
  const twice = [...byAddress].filter(([, of]) => of.length > 1)
    .map(([address, of]) => `${address} is in ${of.map(({ pod, uid }) => `${pod} (${uid})`).join(" and ")}`);
  const damaged = [...tables].flatMap(([network, text]) => {
    const read = readTable(text);
    return read.kind === "damaged" ? [`table of ${network}: ${read.reason}`] : [];
  });
  return [...twice, ...damaged];
}

/** What may not be once nothing changes any more. */
export function brokenAtRest(world: AddressWorld): readonly string[] {
  const holders = new Map<string, string>();
  const leaked: string[] = [];
  for (const [network, text] of world.tables) {
    const read = readTable(text);
    for (const { holder, uid, addresses } of read.kind === "table" ? read.table.held.values() : []) {
      for (const { address } of addresses) holders.set(`${network} ${address}`, uid);
      if (!world.living.has(holder)) leaked.push(`${network}: ${holder} holds addresses, and is not there`);
    }
  }
  const strange = world.kernels.flatMap(({ pod, uid, network, address }) => {
    const holder = holders.get(`${network} ${address}`);
    if (holder === uid) return [];
    return [`${pod} (${uid}) has ${address} of ${network}; its object gives it to ${holder ?? "nobody"}`];
  });
  return [...brokenNow(world), ...strange, ...leaked];
}
