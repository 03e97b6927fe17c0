// Which forwarding entries are there: the line that `fdb show` prints, as far as it tells of remote
// destinations.
import { type Foreign, optionalText, readObjects, text, unexpected } from "./fields.ts";
import { parseIp } from "../../network/grammar/ip_text.ts";
import type { ObservedFdbEntry } from "../observation.ts";

/**
 * Reads the line that `fdb show` prints (without `dev`, so every entry names its device). Throws a
 * ReadingError.
 */
export function readFdbEntries(line: string): readonly ObservedFdbEntry[] {
  return readObjects(line, "forwarding entries").flatMap(readEntry);
}

/**
 * Entries with a port, VNI or device of their own are neither ours nor learned: the kernel names these only
 * where they differ from the link's. They are left out, since a line of ours could not remove them.
 */
const ownDestination = ["port", "vni", "src_vni", "via", "viaIf", "viaIfIndex"];

function readEntry(entry: Foreign): readonly ObservedFdbEntry[] {
  const found = optionalText(entry, "dst");
  if (found === undefined || ownDestination.some((field) => entry.fields[field] !== undefined)) return [];
  const dst = parseIp(found);
  if (dst === undefined) throw unexpected(entry, { field: "dst", expected: "an IP address", found });
  return [{ dev: text(entry, "ifname"), mac: text(entry, "mac").toLowerCase(), dst: dst.address }];
}
