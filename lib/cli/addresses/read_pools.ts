// Which addresses have the pools given, as their objects say now? Read once, for commands that look and change nothing.
import { atOnce } from "../../time/pieces.ts";
import type { Store } from "../../controller/store/store.ts";
import type { PoolAnswer } from "../../network/pool.ts";
import type { PoolRequest } from "../../network/pool_request.ts";
import { damageText, objectOf, type PoolObjectOptions, readObject } from "../../pools/pool_object.ts";
import { ServerClock } from "../../pools/server_clock.ts";
import type { PoolTable } from "../../pools/table.ts";
import { readTable } from "../../pools/table_text.ts";
import { messageOf } from "../../text/defined.ts";
import { listed, quoted } from "../../text/quoted.ts";

/** What could be read, and what could not. */
export interface PoolsRead {
  /** By network. */
  readonly tables: ReadonlyMap<string, PoolTable>;
  /** One sentence for each object or table that is of no use. */
  readonly unread: readonly string[];
}

/** Where nobody asks for any. */
export const nothingRead: PoolsRead = { tables: new Map(), unread: [] };

interface Asked extends Omit<PoolObjectOptions, "time"> {
  /** Networks that have a pool now. */
  readonly pooled: ReadonlySet<string>;
}

/** Reads what the pools have given to those who ask, and tells the store. Throws nothing. */
export async function readPools(
  store: Store,
  options: Omit<PoolObjectOptions, "time">,
): Promise<PoolsRead> {
  const requests = [...store.tracked.values()].flatMap((tracked) => tracked.requests);
  const inConfigMap = [...store.cluster.networks]
    .filter(([, { options: { subnet = [] } }]) => subnet.length > 0).map(([name]) => name);
  const asked = { ...options, pooled: new Set(inConfigMap) };
  const networks = new Set([...inConfigMap, ...requests.map(({ network }) => network)]);
  const read = await Promise.all(
    [...Map.groupBy(networks, objectOf)].map(([at, names]) => readTables(at, { ...asked, names })),
  );
  const tables = new Map(read.flatMap((each) => [...each.tables]));
  const byPod = Map.groupBy(requests, ({ uid }) => uid);
  atOnce(store.answering(new Map([...byPod].map(([uid, ofPod]) => [uid, answersOf(ofPod, tables)]))));
  return { tables, unread: read.flatMap(({ unread }) => unread).sort() };
}

/** Those of one object. */
async function readTables(
  at: number,
  { names, pooled, ...options }: Asked & { readonly names: readonly string[] },
): Promise<PoolsRead> {
  try {
    const answer = await readObject(at, { ...options, time: new ServerClock(options.clock) });
    switch (answer.kind) {
      case "object": {
        const found = names.map((network) => ({ network, text: answer.is.tables.get(network) ?? "" }));
        return tablesIn(found, { at, ...options });
      }
      case "unusable":
        return nothing(answer.reason);
      case "outrun":
        return nothing("it was changed meanwhile");
      default:
        return answer satisfies never;
    }
  } catch (error) {
    return nothing(messageOf(error));
  }

  /** Without any pool nobody needs the object. */
  function nothing(reason: string): PoolsRead {
    const missed = names.filter((name) => pooled.has(name)).sort();
    const unread = missed.length === 0 ? [] : [`Cannot read the addresses of ${listed(missed)}: ${reason}`];
    return { tables: new Map(), unread };
  }
}

function tablesIn(
  found: readonly { readonly network: string; readonly text: string }[],
  { at, ...options }: Pick<PoolObjectOptions, "namespace" | "prefix"> & { readonly at: number },
): PoolsRead {
  const all = found.map(({ network, text }) => ({ network, read: readTable(text) }));
  return {
    tables: new Map(
      all.flatMap(({ network, read }) => read.kind === "table" ? [[network, read.table]] : []),
    ),
    unread: all.flatMap(({ network, read }) => {
      if (read.kind === "table") return [];
      const why = damageText(at, { ...options, network, reason: read.reason });
      return [`Cannot read the addresses of ${quoted(network)}: ${why}`];
    }),
  };
}

/** Of one pod. What was not given yet has no answer: why, only the controller knows. */
function answersOf(
  requests: readonly PoolRequest[],
  tables: PoolsRead["tables"],
): ReadonlyMap<string, PoolAnswer> {
  return new Map(requests.flatMap(({ network, holder, uid, asks }): readonly [string, PoolAnswer][] => {
    const holding = tables.get(network)?.held.get(holder);
    // One of the same name may have been there before.
    if (!asks || holding?.uid !== uid) return [];
    return [[network, { kind: "given", addresses: holding.addresses }]];
  }));
}
