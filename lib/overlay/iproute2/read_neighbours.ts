// Which neighbours has somebody set for good: the line that answers `neigh show nud permanent`.
import { parseIp } from "../../network/grammar/address.ts";
import type { ObservedNeighbour } from "../observation.ts";
import { routeProtocol } from "../step.ts";
import { optionalText, readObjects, text } from "./fields.ts";

/** Those that kernels have found out by themselves are nobody's business. */
export const permanentNeighbours = "neigh show nud permanent";

/** Characters of the shortest entry. How many there may be depends on the networks, and so does how long an answer may be. */
const shortestEntry = 60;

/** Reads the answer to `permanentNeighbours`. Throws a ReadingError. */
export function readNeighbours(line: string): readonly ObservedNeighbour[] {
  const most = Math.ceil(line.length / shortestEntry);
  return readObjects(line, { what: "neighbours", most, values: 12 }).flatMap((entry) => {
    // Those without a MAC are no business of ours: of tunnels, for instance.
    const mac = optionalText(entry, "lladdr")?.toLowerCase();
    const address = parseIp(text(entry, "dst"))?.address;
    if (mac === undefined || address === undefined) return [];
    const ours = optionalText(entry, "protocol") === String(routeProtocol);
    return [{ dev: text(entry, "dev"), address, mac, ours }];
  });
}
