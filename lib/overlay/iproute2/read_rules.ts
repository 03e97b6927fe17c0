// Which rules are there: the line that `rule show` prints in `ip`, or in `ip -6`.
import { type Family, hostPrefix, parseIp } from "../../network/grammar/address.ts";
import type { ObservedRule } from "../observation.ts";
import { routeProtocol } from "../step.ts";
import { count, type Foreign, optionalCount, optionalText, readObjects, text } from "./fields.ts";

/** Asks for all rules: `rule show protocol 86` does not filter. */
export const allRules = "rule show";

/** Rules of one family that are read. */
const mostRules = 10_000;

/** Fields that our own rules have; any other says more than a command of ours can. */
const known = [
  "priority",
  "src",
  "dst",
  "dstlen",
  "ipproto",
  "dport",
  "table",
  "suppress_prefixlen",
  "protocol",
];

/** Reads the answer to `allRules`; without those that are there in every pod. Throws a ReadingError. */
export function readRules(line: string, family: Family): readonly ObservedRule[] {
  return readObjects(line, { what: "rules", most: mostRules, values: 16 }).flatMap((rule) => {
    // For devices of a VRF only: the kernel makes it.
    if (rule.fields["l3mdev"] !== undefined || rule.fields["table"] === "local") return [];
    return [{
      family,
      priority: count(rule, "priority"),
      says: wordsOf(rule, family),
      ours: optionalText(rule, "protocol") === String(routeProtocol),
    }];
  });
}

function wordsOf(rule: Foreign, family: Family): string {
  const { priority: _, protocol: __, ...rest } = rule.fields;
  const words = Object.keys(rule.fields).every((field) => known.includes(field))
    ? ours(rule, family)
    : undefined;
  return words ?? JSON.stringify(rest);
}

/** How `ip` shows UDP: by its name where there is an /etc/protocols. */
const udpNames: ReadonlySet<string> = new Set(["udp", "17", "ipproto-17"]);

/** As `render` writes it; undefined where it never would. */
function ours(rule: Foreign, family: Family): string | undefined {
  const [from, to] = [optionalText(rule, "src") ?? "all", optionalText(rule, "dst")];
  const protocol = optionalText(rule, "ipproto");
  const port = optionalCount(rule, "dport");
  const suppress = optionalCount(rule, "suppress_prefixlen");
  if (udpNames.has(protocol ?? "") !== (port !== undefined)) return undefined;
  const [source, destination] = [from, to].map((ip) =>
    ip === undefined ? undefined : parseIp(ip)?.address ?? ip
  );
  const length = optionalCount(rule, "dstlen") ?? hostPrefix(family);
  return [
    ...(source === "all" ? [] : [`from ${source}`]),
    ...(destination === undefined ? [] : [`to ${destination}/${length}`]),
    ...(port === undefined ? [] : [`ipproto 17 dport ${port}`]),
    `lookup ${text(rule, "table")}`,
    ...(suppress === undefined ? [] : [`suppress_prefixlength ${suppress}`]),
  ].join(" ");
}
