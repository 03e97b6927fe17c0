// A pool while it is given from: what is held, what is free in which order, and what may not be touched.
import type { Cidr } from "../network/grammar/address.ts";
import { addressAt, numberOf } from "../network/grammar/address_number.ts";
import type { PoolAnswer, PoolSubnet } from "../network/pool.ts";
import { rangeText, subnetsText } from "../network/grammar/pool_words.ts";
import { type Allocation, type AllocationInput, quarantine } from "./allocation.ts";
import { giveable, has, sizeOf, untaken } from "./giveable.ts";
import type { FreedAddress, Holding } from "./table.ts";
import { tableText } from "./table_text.ts";

/** Freed addresses that are remembered; the oldest are forgotten, and given again as if they never had been. */
const mostFreed = 512;

/** Bytes below which nothing is forgotten of pods whose names come back. */
const roomy = 0.75;

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
  readonly #unused = new Map<PoolSubnet["subnet"]["address"], Generator<bigint, undefined>>();
  #bytes: number;

  constructor(input: AllocationInput) {
    this.#input = input;
    this.held = new Map(input.table.held);
    this.#freed = [...input.table.freed];
    this.#bytes = tableText(input.table).length;
    for (const { addresses } of this.held.values()) addresses.forEach((cidr) => this.#take(cidr));
    for (const { cidr } of this.#freed) this.#take(cidr);
    for (const address of new Set(input.requests.flatMap(({ own }) => own))) this.reserve(address);
  }

  /** Nobody is given this address now. */
  reserve(address: string): void {
    this.#reserved.add(address);
    this.#taken[address.includes(":") ? 6 : 4].add(numberOf(address));
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
    this.#freed.push(...holding.addresses.map((cidr) => ({ cidr, holder, at })));
    this.#isChanged = true;
  }

  /** It has these from now on. */
  hold(holding: Holding): void {
    const before = this.held.get(holding.holder);
    if (JSON.stringify(before) === JSON.stringify(holding)) return;
    this.held.set(holding.holder, holding);
    const texts = new Set(holding.addresses.map(({ address }) => address));
    this.#freed = this.#freed.filter(({ cidr }) => !texts.has(cidr.address));
    holding.addresses.forEach((cidr) => this.#take(cidr));
    this.#bytes += before === undefined ? JSON.stringify(holding).length : 0;
    this.#isChanged = true;
  }

  /** An address of the subnet for this holder, taken off the free ones; undefined when there is none. */
  pick(pool: PoolSubnet, holder: string): Cidr | undefined {
    const fits = ({ cidr }: FreedAddress): boolean =>
      this.isGiveable(cidr, pool) && !this.#reserved.has(cidr.address);
    const own = this.#freed.find((freed) => freed.holder === holder && fits(freed));
    if (own !== undefined) return own.cidr;
    const { family, prefix, address: key } = pool.subnet;
    const unused = this.#unused.get(key) ?? untaken(giveable(pool), this.#taken[family]);
    this.#unused.set(key, unused);
    const { value } = unused.next();
    const address = value === undefined ? undefined : addressAt(value, family);
    if (address !== undefined) return { family, address, prefix };
    const rested = this.#freed.find((freed) =>
      freed.at + quarantine <= this.#input.now.earliest && fits(freed)
    );
    // Its own subnet may have had another length when it was freed.
    return rested && { ...rested.cidr, prefix };
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
    const freed = this.#remembered();
    return {
      table: { held: this.held, freed },
      isChanged: this.#isChanged || freed.length !== this.#input.table.freed.length,
      answers,
      ...(this.#waits && next.length > 0 && { nextFree: Math.min(...next) }),
      sizes: this.#sizes(),
    };
  }

  #remembered(): readonly FreedAddress[] {
    const sorted = this.#freed.toSorted((a, b) => a.at - b.at);
    const isRoomy = this.#bytes < this.#input.room * roomy;
    const isNamed = ({ holder }: FreedAddress): boolean => holder.includes("/");
    const forgettable = sorted.filter((freed) =>
      freed.at + quarantine <= this.#input.now.earliest && !(isRoomy && isNamed(freed))
    );
    const forgotten = new Set(forgettable.slice(0, Math.max(0, forgettable.length - mostFreed)));
    return sorted.filter((freed) => !forgotten.has(freed));
  }

  #sizes(): Allocation["sizes"] {
    const pools = this.#input.requests.find(({ subnets }) => subnets.length > 0)?.subnets ?? [];
    const total = pools.reduce((sum, pool) => sum + sizeOf(giveable(pool)), 0n);
    const inUse = new Set([
      ...[...this.held.values()].flatMap(({ addresses }) => addresses.map(({ address }) => address)),
      ...this.#reserved,
    ]);
    const used = [...inUse].filter((address) => {
      const family = address.includes(":") ? 6 : 4;
      return pools.some((pool) => this.isGiveable({ address, family, prefix: 0 }, pool));
    });
    return { total: Number(total), used: used.length };
  }

  #take({ family, address }: Cidr): void {
    this.#taken[family].add(numberOf(address));
  }
}
