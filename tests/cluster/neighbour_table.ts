// How many neighbours may the nodes have? The cluster's nodes share the kernel of one machine, and with it one table, which
// network namespaces do not divide: 1,024 entries are half as many for each of two nodes as real ones have.

const folder = "/proc/sys/net/ipv4/neigh/default";
/** Entries, and from how many on those that are not used are thrown out: as docs/limits.md advises for large networks. */
const room: Readonly<Record<string, number>> = { gc_thresh1: 4_096, gc_thresh2: 8_192, gc_thresh3: 16_384 };

/** What the machine has, and the way back to it. */
export interface NeighbourTable extends AsyncDisposable {
  /** One sentence for the head of what is measured. */
  readonly remark: string;
}

/** Makes room until it is disposed of; `as-is` leaves the machine's own figure, which a container's /proc does not have. */
export async function neighbourTable(wanted: "roomy" | "as-is"): Promise<NeighbourTable> {
  const names = Object.keys(room);
  const before = await Promise.all(names.map((name) => Deno.readTextFile(`${folder}/${name}`)))
    .catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
  const most = before?.at(-1)?.trim();
  if (wanted === "as-is" || before === undefined) {
    return {
      remark: most === undefined
        ? "neighbour table: the machine's own, whose size is not to be seen from here"
        : `neighbour table: ${most} entries for all nodes`,
      [Symbol.asyncDispose]: async () => {},
    };
  }
  for (const name of names) await Deno.writeTextFile(`${folder}/${name}`, String(room[name]));
  return {
    remark:
      `neighbour table: ${room.gc_thresh3} entries for all nodes, instead of ${most} (KVC_BENCH_NEIGHBOURS=as-is)`,
    [Symbol.asyncDispose]: async () => {
      for (const [at, name] of names.entries()) {
        await Deno.writeTextFile(`${folder}/${name}`, before[at] ?? "");
      }
    },
  };
}
