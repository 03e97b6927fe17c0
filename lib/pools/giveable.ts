// Which addresses of a subnet may be given, as numbers, and how many are they? Pure.
import { hostBoundsOf, type NumberRange, numbersOf } from "../network/grammar/address_number.ts";
import type { PoolSubnet } from "../network/pool.ts";

/** In order, without overlap: the ranges, without what is kept back and what no host may have. */
export function giveable(pool: PoolSubnet): readonly NumberRange[] {
  const found = known.get(pool) ?? computed(pool);
  known.set(pool, found);
  return found;
}

/** All members of a network share one pool, as long as nobody edits it. */
const known = new WeakMap<PoolSubnet, readonly NumberRange[]>();

function computed({ subnet, ranges, kept }: PoolSubnet): readonly NumberRange[] {
  const hosts = hostBoundsOf(subnet);
  const wanted = ranges.length === 0 ? [hosts] : merged(ranges.map(numbersOf)).map(({ first, last }) => ({
    first: first < hosts.first ? hosts.first : first,
    last: last > hosts.last ? hosts.last : last,
  }));
  return merged(kept.map(numbersOf)).reduce(without, wanted).filter(({ first, last }) => first <= last);
}

/** How many addresses these are. */
export function sizeOf(ranges: readonly NumberRange[]): bigint {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
}

/** Whether one of the ranges has the number. */
export function has(ranges: readonly NumberRange[], number: bigint): boolean {
  return ranges.some(({ first, last }) => number >= first && number <= last);
}

/** Every number in turn but those taken at the moment in which it would be its turn. */
export function* untaken(
  ranges: readonly NumberRange[],
  taken: ReadonlySet<bigint>,
): Generator<bigint, undefined> {
  for (const { first, last } of ranges) {
    for (let number = first; number <= last; number++) if (!taken.has(number)) yield number;
  }
}

function merged(ranges: readonly NumberRange[]): readonly NumberRange[] {
  const all: NumberRange[] = [];
  for (const next of ranges.toSorted((a, b) => a.first < b.first ? -1 : 1)) {
    const last = all.at(-1);
    if (last === undefined || next.first > last.last + 1n) all.push(next);
    else all.splice(-1, 1, { first: last.first, last: next.last > last.last ? next.last : last.last });
  }
  return all;
}

function without(ranges: readonly NumberRange[], hole: NumberRange): readonly NumberRange[] {
  return ranges.flatMap(({ first, last }) => {
    if (hole.last < first || hole.first > last) return [{ first, last }];
    return [{ first, last: hole.first - 1n }, { first: hole.last + 1n, last }];
  });
}
