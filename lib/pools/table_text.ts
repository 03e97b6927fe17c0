// How is a pool's table written into a ConfigMap, and read again? Nothing that cannot be read is guessed. Pure.
import { type Cidr, cidrText, readCidr } from "../network/grammar/address.ts";
import { quoted } from "../text/quoted.ts";
import { doubled, type FreedAddress, type Holding, type PoolTable } from "./table.ts";

/** A table, or why the text is none: a clause for the end of a sentence. */
export type TableRead = { readonly kind: "table"; readonly table: PoolTable } | {
  readonly kind: "damaged";
  readonly reason: string;
};

/** One line for each holder, then one for each freed address. */
export function tableText({ held, freed }: PoolTable): string {
  const holdings = [...held.values()].sort((a, b) => a.holder < b.holder ? -1 : 1);
  return [...holdings.map(holdingLine), ...freed.map(freedLine)].join("");
}

/** Bytes that the table has, or will have when its holders have gone: what was given can always be written as freed. */
export function tableRoom({ held, freed }: PoolTable): number {
  return [...[...held.values()].map(roomOf), ...freed.map((each) => freedLine(each).length)]
    .reduce((sum, bytes) => sum + bytes, 0);
}

/** The same for one holder. */
export function roomOf(holding: Holding): number {
  const { holder, addresses, since: at } = holding;
  const freed = addresses.reduce((sum, cidr) => sum + freedLine({ holder, cidr, at }).length, 0);
  return Math.max(holdingLine(holding).length, freed);
}

/** `held HOLDER UID ADDRESS,… SECONDS` */
function holdingLine({ holder, uid, addresses, since }: Holding): string {
  return `held ${holder} ${uid} ${addresses.map(cidrText).join(",")} ${since}\n`;
}

/** `freed HOLDER ADDRESS SECONDS` */
export function freedLine({ holder, cidr, at }: FreedAddress): string {
  return `freed ${holder} ${cidrText(cidr)} ${at}\n`;
}

/** Reads what `tableText` writes, and nothing else. */
export function readTable(text: string): TableRead {
  const held = new Map<string, Holding>();
  const freed: FreedAddress[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const read = readLine(line);
    if (read === undefined) return damaged(`line ${at + 1} cannot be read: ${quoted(line)}`);
    if (!("uid" in read)) freed.push(read);
    else if (held.has(read.holder)) return damaged(`line ${at + 1} names ${quoted(read.holder)} again`);
    else held.set(read.holder, read);
  }
  const table = { held, freed: freed.sort((a, b) => a.at - b.at) };
  const twice = doubled(table);
  return twice === undefined ? { kind: "table", table } : damaged(`address ${twice} stands there twice`);
}

function damaged(reason: string): TableRead {
  return { kind: "damaged", reason };
}

function readLine(line: string): Holding | FreedAddress | undefined {
  const words = line.split(" ");
  const [kind, holder = "", third = "", fourth = "", fifth = ""] = words;
  if (!/^[A-Za-z0-9][A-Za-z0-9_./-]{0,316}$/.test(holder)) return undefined;
  if (kind === "freed" && words.length === 4) {
    const [cidr, at] = [readCidr(third), readSeconds(fourth)];
    return cidr === undefined || at === undefined ? undefined : { holder, cidr, at };
  }
  if (kind !== "held" || words.length !== 5 || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(third)) {
    return undefined;
  }
  const read = fourth.split(",").map(readCidr);
  const addresses = read.filter((cidr): cidr is Cidr => cidr !== undefined);
  const since = readSeconds(fifth);
  if (addresses.length !== read.length || since === undefined) return undefined;
  return { holder, uid: third, addresses, since };
}

function readSeconds(text: string): number | undefined {
  return /^(0|[1-9]\d{0,11})$/.test(text) ? Number(text) : undefined;
}
