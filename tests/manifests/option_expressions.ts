// What do the policies of deploy/validation know of the options of networks? CEL expressions, made from their table.
import { type Level, type OptionName, optionTable } from "../../lib/network/grammar/option_table.ts";
import { optionNames } from "../../lib/network/grammar/spelling.ts";

/** What the words of an option look like, as far as a policy judges them; each has the values of the table's examples. */
const patterns: { readonly [Name in OptionName]?: string } = {
  type: "^vxlan$",
  id: "^[1-9][0-9]{0,7}$",
  name: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$",
  dev: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$",
  up: "^(true|false)$",
  neigh: "^static$",
  mtu: "^[1-9][0-9]{1,4}$",
  dstport: "^[1-9][0-9]{0,4}$",
  mac: "^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$",
  family: "^[46]$",
  namespaces: "^([*]|[a-z0-9]([a-z0-9-]*[a-z0-9])?)(,([*]|[a-z0-9]([a-z0-9-]*[a-z0-9])?))*$",
};

/** Options whose values the policies judge in some way; of others they know the name. */
export const judgedOptions: ReadonlySet<string> = new Set([
  ...Object.keys(patterns),
  ...["ip", "route", "gateway", "except", "peer", "subnet", "range", "exclude"],
]);

/** Smallest and largest value of a number. */
const ranges: { readonly [Name in OptionName]?: readonly [number, number] } = {
  id: [1, 16777215],
  mtu: [68, 65535],
  dstport: [1, 65535],
};

/** Text that no option takes: what is said of it is what was expected. */
const noValue = "\u0000";

/** Expressions by the names of the policies' variables. JSON of texts, lists and maps is CEL too. */
export function optionExpressions(level: Level): Readonly<Record<string, string>> {
  const here = optionNames.filter((name) => (onlyOf(name)?.level ?? level) === level);
  const elsewhere = optionNames.filter((name) => !here.includes(name));
  const place = level === "pod" ? "the ConfigMap" : "annotations";
  return {
    optionNames: JSON.stringify(here),
    elsewhere: mapText(
      elsewhere.map((name) => [name, `this option is for ${place} only: ${onlyOf(name)?.why ?? ""}`]),
    ),
    repeatable: JSON.stringify(here.filter((name) => optionTable[name].repeatable)),
    bare: JSON.stringify(here.filter((name) => "bare" in optionTable[name])),
    synonyms: mapText(
      // The names themselves, for those who write them in capitals.
      optionNames.flatMap((name) =>
        [name, ...optionTable[name].synonyms].map((word) => [word, name] as const)
      ),
    ),
    patterns: JSON.stringify(patterns),
    ranges: JSON.stringify(ranges),
    expected: mapText(here.map((name) => [name, expectedOf(name)])),
  };
}

function onlyOf(name: OptionName): { readonly level: Level; readonly why: string } | undefined {
  const row: { readonly only?: { readonly level: Level; readonly why: string } } = optionTable[name];
  return row.only;
}

function expectedOf(name: OptionName): string {
  const read = optionTable[name].parse(noValue);
  if (read.kind === "value") throw new Error(`Cannot say what option ${name} expects: it takes anything`);
  // Where it quotes what was written, it means one of several.
  return read.reason.replace(JSON.stringify(noValue), "one of them");
}

function mapText(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(", ")}}`;
}
