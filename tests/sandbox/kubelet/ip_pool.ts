// Which addresses does a pod get?

/** The addresses of one pod. */
export interface PodAddresses {
  /** As the pod's status lists them. */
  readonly ips: readonly string[];
  /** The same with prefix length, for eth0. */
  readonly cidrs: readonly string[];
}

const last = 0xfffe;

/** Hands out addresses of 10.244.0.0/16 (and fd00:10:244::/64) round robin, as the usual CNI plugins do. */
export class IpPool {
  readonly #dualStack: boolean;
  readonly #used = new Set<number>();
  readonly #asked: number[] = [];
  #next = 1;

  constructor(options: { readonly dualStack: boolean }) {
    this.#dualStack = options.dualStack;
  }

  /** The next pod gets this IPv4 address: a quick reuse. Throws when it lies outside the pool. */
  reuse(ip: string): void {
    this.#asked.push(numberOf(ip));
  }

  /** Free addresses. Throws when an address asked for is still in use, or none is left. */
  take(): PodAddresses {
    const number = this.#asked.shift() ?? this.#free();
    if (this.#used.has(number)) throw new Error(`Cannot give out the pod IP ${ipv4(number)}: it is in use`);
    this.#used.add(number);
    const pairs = [[ipv4(number), 16], ...(this.#dualStack ? [[ipv6(number), 64]] : [])];
    return { ips: pairs.map(([ip]) => String(ip)), cidrs: pairs.map(([ip, prefix]) => `${ip}/${prefix}`) };
  }

  /** Takes addresses back. */
  release(addresses: PodAddresses): void {
    const [ip] = addresses.ips;
    if (ip !== undefined) this.#used.delete(numberOf(ip));
  }

  #free(): number {
    for (let tried = 0; tried < last; tried++) {
      this.#next = this.#next % last + 1;
      if (!this.#used.has(this.#next)) return this.#next;
    }
    throw new Error("Cannot give out a pod IP: all are in use");
  }
}

function ipv4(number: number): string {
  return `10.244.${number >> 8}.${number & 0xff}`;
}

function ipv6(number: number): string {
  return `fd00:10:244::${number.toString(16)}`;
}

function numberOf(ip: string): number {
  const [a, b, high, low] = ip.split(".").map(Number);
  const number = (high ?? 0) * 256 + (low ?? 0);
  if (a === 10 && b === 244 && number > 0 && number <= last) return number;
  throw new Error(`Cannot give out the pod IP ${JSON.stringify(ip)}: it is not within 10.244.0.0/16`);
}
