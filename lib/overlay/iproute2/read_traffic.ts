// What has gone through the links, and whom has the kernel asked for lately: `ip -statistics` and the neighbour table.
import { count, optionalCount, optionalObject, optionalText, readObjects, text, texts } from "./fields.ts";

/** A batch of `ip` whose links come with their counters. It answers a line of JSON to each question. */
export const trafficCommand = ["ip", "-json", "-statistics", "-force", "-batch", "-"] as const;

/** What is asked in it. */
export const trafficQuestions = ["link show", "neigh show"] as const;

/** Since the link was made. */
export interface Counters {
  readonly rxPackets: number;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txPackets: number;
  readonly txBytes: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** One entry of the neighbour table. */
export interface Neighbour {
  readonly device: string;
  readonly address: string;
  /** Absent while it is asked for, and when nobody has answered. */
  readonly mac?: string;
  /** As `ip` calls it: REACHABLE, STALE, FAILED. */
  readonly state: string;
}

/** Entries that are read. A link has about thirty values. */
const mostLinks = { what: "counters of links", most: 4_096, values: 64 };
const mostNeighbours = { what: "neighbours", most: 16_384, values: 16 };

/** Counters by the link's name; none of a link that shows none. Throws ReadingError. */
export function readCounters(line: string): ReadonlyMap<string, Counters> {
  const found = new Map<string, Counters>();
  for (const link of readObjects(line, mostLinks)) {
    const both = optionalObject(link, "stats64");
    const [rx, tx] = both === undefined ? [] : [optionalObject(both, "rx"), optionalObject(both, "tx")];
    if (rx === undefined || tx === undefined) continue;
    found.set(text(link, "ifname"), {
      rxPackets: count(rx, "packets"),
      rxBytes: count(rx, "bytes"),
      rxErrors: optionalCount(rx, "errors") ?? 0,
      rxDropped: optionalCount(rx, "dropped") ?? 0,
      txPackets: count(tx, "packets"),
      txBytes: count(tx, "bytes"),
      txErrors: optionalCount(tx, "errors") ?? 0,
      txDropped: optionalCount(tx, "dropped") ?? 0,
    });
  }
  return found;
}

/** Throws ReadingError. */
export function readNeighbours(line: string): readonly Neighbour[] {
  return readObjects(line, mostNeighbours).map((entry) => {
    const mac = optionalText(entry, "lladdr");
    return {
      device: text(entry, "dev"),
      address: text(entry, "dst"),
      ...mac !== undefined && { mac },
      state: texts(entry, "state").join(",") || "NONE",
    };
  });
}
