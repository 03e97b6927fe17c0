// A pool while it is given from: what is held, what is free in which order, and what may not be touched.
import { type Cidr, familyOf } from "../network/grammar/address.ts";
import { addressAt, numberOf } from "../network/grammar/address_number.ts";
import type { PoolAnswer, PoolSubnet } from "../network/pool.ts";
import { rangeText, subnetsText } from "../network/grammar/pool_words.ts";
import { type Allocation, type AllocationInput, type PoolSizes, quarantine } from "./allocation.ts";
import { giveable, has, sizeOf, untaken } from "./giveable.ts";
import type { FreedAddress, Holding } from "./table.ts";
import { freedLine, roomOf, tableRoom } from "./table_text.ts";

/** Freed addresses that are remembered; the oldest are forgotten, and given again as if they never had been. */
const mostFreed = 512;

/** Share of the room below which nothing is forgotten of pods whose names come back; above it, all that need not rest. */
const roomy = 0.75;

/** Numbers that were never given: the first of them, and those behind it. */
interface Unused {
  first: bigint | undefined;
  readonly rest: Generator<bigint, undefined>;
}

/** One allocation under way. */
export class PoolState {
  readonly #input: AllocationInput;
  readonly held: Map<string, Holding>;
  #freed: FreedAddress[];
  #isChanged = false;
  #waits = false;
  /** Numbers by family, of everything that is not new. */
  readonly #taken = { 4: new Set<bigint>(), 6: new Set<bigint>() };
  /** Addresses that pods have of their own, or claim. */
  readonly #reserved = new Set<string>();
  readonly #unused = new Map<PoolSubnet["subnet"]["address"], Unused>();
  #bytes: number;

  constructor(input: AllocationInput) {
    this.#input = input;
    this.held = new Map(input.table.held);
    this.#bytes = tableRoom(input.table);
    this.#freed = this.#remembered(input.table.freed);
    for (const { addresses } of this.held.values()) addresses.forEach((cidr) => this.#take(cidr));
    for (const { cidr } of this.#freed) this.#take(cidr);
    for (const address of new Set(input.requests.flatMap(({ own }) => own))) this.reserve(address);
  }

  /** Nobody is given this address now. */
  reserve(address: string): void {
    this.#reserved.add(address);
    this.#taken[familyOf(address)].add(numberOf(address));
  }

  /** Who holds the address. */
  holderOf(address: string): string | undefined {
    for (const { holder, addresses } of this.held.values()) {
      if (addresses.some((cidr) => cidr.address === address)) return holder;
    }
    return undefined;
  }

  /** Its addresses rest from now on. */
  free(holder: string): void {
    const holding = this.held.get(holder);
    if (holding === undefined) return;
    this.held.delete(holder);
    // Rounded up, and the API server's clock is read in whole seconds.
    const at = this.#input.now.latest;
    const freed = holding.addresses.map((cidr) => ({ cidr, holder, at }));
    this.#freed.push(...freed);
    this.#bytes += freed.reduce((sum, each) => sum + freedLine(each).length, -roomOf(holding));
    this.#isChanged = true;
  }

  /** What was its own is its own again, as far as nobody else was given it. */
  recall(holder: string, uid: string): void {
    const addresses = this.#freed.filter((freed) => freed.holder === holder).map(({ cidr }) => cidr);
    if (addresses.length > 0) this.hold({ holder, uid, addresses, since: this.#input.now.latest });
  }

  /** It has these from now on. */
  hold(holding: Holding): void {
    const before = this.held.get(holding.holder);
    if (JSON.stringify(before) === JSON.stringify(holding)) return;
    this.held.set(holding.holder, holding);
    const texts = new Set(holding.addresses.map(({ address }) => address));
    const isIts = ({ cidr }: FreedAddress): boolean => texts.has(cidr.address);
    for (const freed of this.#freed.filter(isIts)) this.#bytes -= freedLine(freed).length;
    this.#freed = this.#freed.filter((freed) => !isIts(freed));
    holding.addresses.forEach((cidr) => this.#take(cidr));
    this.#bytes += roomOf(holding) - (before === undefined ? 0 : roomOf(before));
    this.#isChanged = true;
  }

  /** An address of the subnet for this holder, taken off the free ones; undefined when there is none. */
  pick(pool: PoolSubnet, holder: string): Cidr | undefined {
    const fits = ({ cidr }: FreedAddress): boolean =>
      this.isGiveable(cidr, pool) && !this.#reserved.has(cidr.address);
    const own = this.#freed.find((freed) => freed.holder === holder && fits(freed));
    if (own !== undefined) return own.cidr;
    const { family, prefix } = pool.subnet;
    const value = this.#firstUnused(pool);
    const address = value === undefined ? undefined : addressAt(value, family);
    if (address !== undefined) return { family, address, prefix };
    const rested = this.#freed.find((freed) =>
      freed.at + quarantine <= this.#input.now.earliest && fits(freed)
    );
    // Its own subnet may have had another length when it was freed.
    return rested && { ...rested.cidr, prefix };
  }

  /** It stays the first one until somebody holds it: who lacks one of another subnet takes none. */
  #firstUnused(pool: PoolSubnet): bigint | undefined {
    const { family, address: key } = pool.subnet;
    const taken = this.#taken[family];
    const unused = this.#unused.get(key) ?? { rest: untaken(giveable(pool), taken), first: undefined };
    if (unused.first === undefined || taken.has(unused.first)) unused.first = unused.rest.next().value;
    this.#unused.set(key, unused);
    return unused.first;
  }

  /** Whether the pool gives such an address, whoever has it. */
  isGiveable({ address, family }: Cidr, pool: PoolSubnet): boolean {
    return family === pool.subnet.family && has(giveable(pool), numberOf(address));
  }

  /** Bytes that are left. */
  room(): number {
    return this.#input.room - this.#bytes;
  }

  someoneWaits(): void {
    this.#waits = true;
  }

  /** Whether there is nothing that it could ever give. */
  isEmpty(pool: PoolSubnet): boolean {
    return sizeOf(giveable(pool)) === 0n;
  }

  /** `all 20 addresses of 192.168.10.100-192.168.10.119`. */
  textOf(pool: PoolSubnet): string {
    const ranges = pool.ranges.map(rangeText).slice(0, 3).join(", ");
    return `all ${sizeOf(giveable(pool))} addresses of ${
      ranges === "" ? subnetsText([pool.subnet]) : ranges
    } are`;
  }

  /** The next table, and what follows. */
  result(answers: ReadonlyMap<string, PoolAnswer>): Allocation {
    const next = this.#freed.map(({ at }) => at + quarantine).filter((at) => at > this.#input.now.earliest);
    return {
      table: { held: this.held, freed: this.#freed.toSorted((a, b) => a.at - b.at) },
      isChanged: this.#isChanged,
      answers,
      ...(this.#waits && next.length > 0 && { nextFree: Math.min(...next) }),
      sizes: this.#sizes(),
    };
  }

  #remembered(all: readonly FreedAddress[]): FreedAddress[] {
    const sorted = all.toSorted((a, b) => a.at - b.at);
    if (this.#bytes >= this.#input.room * roomy) return this.#without(sorted, this.#rested(sorted));
    const nameless = this.#rested(sorted).filter(({ holder }) => !holder.includes("/"));
    return this.#without(sorted, nameless.slice(0, -mostFreed));
  }

  /** What need not rest is given up for who needs the room. */
  makeRoom(): void {
    this.#freed = this.#without(this.#freed, this.#rested(this.#freed));
  }

  #rested(freed: readonly FreedAddress[]): readonly FreedAddress[] {
    return freed.filter(({ at }) => at + quarantine <= this.#input.now.earliest);
  }

  #without(all: readonly FreedAddress[], gone: readonly FreedAddress[]): FreedAddress[] {
    const forgotten = new Set(gone);
    for (const freed of forgotten) this.#bytes -= freedLine(freed).length;
    this.#isChanged ||= forgotten.size > 0;
    return all.filter((freed) => !forgotten.has(freed));
  }

  /** Of the subnet that has the fewest left: without one of each a member gets none. */
  #sizes(): Allocation["sizes"] {
    const pools = this.#input.requests.find(({ subnets }) => subnets.length > 0)?.subnets ?? [];
    const inUse = new Set([
      ...[...this.held.values()].flatMap(({ addresses }) => addresses.map(({ address }) => address)),
      ...this.#reserved,
    ]);
    const sizes = pools.map((pool) => {
      const used = [...inUse].filter((address) =>
        this.isGiveable({ address, family: familyOf(address), prefix: 0 }, pool)
      );
      return { total: Number(sizeOf(giveable(pool))), used: used.length };
    });
    const left = ({ total, used }: PoolSizes): number => total - used;
    return sizes.toSorted((a, b) => left(a) - left(b))[0] ?? { total: 0, used: 0 };
  }

  #take({ family, address }: Cidr): void {
    this.#taken[family].add(numberOf(address));
  }
}
