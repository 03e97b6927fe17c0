// What lies between a client and the sandbox's API server? A relay that can be cut, stalled and taken away.
//
// Faults of a network cannot be made within an HTTP server: it always closes politely. So clients talk to this relay,
// and the relay talks to the server. A connection is found again by the port of its inner half.

/** One relayed connection, as a fault sees it. */
export interface WireConnection {
  /** Closes both halves at once, in the middle of whatever is being said. */
  cut(): void;
  /** Withholds the server's bytes; the connection stays open. The returned function lets them flow again. */
  stall(): () => void;
  /** Resolves when the next bytes have been handed to the client, or the connection has ended. */
  delivered(): Promise<void>;
}

/** Holds back whoever waits, while it is closed. */
class Gate {
  #opened: PromiseWithResolvers<void> | undefined;

  close(): void {
    this.#opened ??= Promise.withResolvers<void>();
  }

  open(): void {
    this.#opened?.resolve();
    this.#opened = undefined;
  }

  async pass(): Promise<void> {
    while (this.#opened !== undefined) await this.#opened.promise;
  }
}

class Relay implements WireConnection {
  readonly #gate = new Gate();
  readonly #client: Deno.TcpConn;
  readonly #server: Deno.TcpConn;
  #delivery = Promise.withResolvers<void>();
  #over = false;

  constructor(client: Deno.TcpConn, server: Deno.TcpConn) {
    this.#client = client;
    this.#server = server;
  }

  /** Relays until both halves have ended. */
  async run(frozen: Gate, count: (bytes: number) => void): Promise<void> {
    const up = pump(this.#client, this.#server, () => frozen.pass());
    const down = pump(this.#server, this.#client, async () => {
      await frozen.pass();
      await this.#gate.pass();
    }, (bytes) => {
      count(bytes);
      this.#delivery.resolve();
      this.#delivery = Promise.withResolvers();
    });
    await Promise.all([up, down].map((direction) => direction.catch(() => this.cut())));
    this.cut();
  }

  cut(): void {
    if (this.#over) return;
    this.#over = true;
    for (const half of [this.#client, this.#server]) half.close();
    this.#gate.open();
    this.#delivery.resolve();
  }

  stall(): () => void {
    this.#gate.close();
    return () => this.#gate.open();
  }

  delivered(): Promise<void> {
    return this.#delivery.promise;
  }
}

/** Copies one direction until its end, then half-closes the other side. */
async function pump(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  allowed: () => Promise<void>,
  count?: (bytes: number) => void,
): Promise<void> {
  const buffer = new Uint8Array(65536);
  for (let size = await from.read(buffer); size !== null; size = await from.read(buffer)) {
    await allowed();
    for (let sent = 0; sent < size;) sent += await to.write(buffer.subarray(sent, size));
    count?.(size);
  }
  await allowed();
  await to.closeWrite();
}

const hostname = "127.0.0.1";

/** The relay in front of one server. */
export class Wire {
  /** The port that clients use; the same for the relay's whole life. */
  readonly port: number;
  readonly #innerPort: number;
  readonly #frozen = new Gate();
  readonly #relays = new Map<number, Relay>();
  readonly #running = new Set<Promise<void>>();
  #listener: Deno.TcpListener | undefined;
  #bytes = 0;

  /** Listens on a free loopback port and relays to `innerPort`. */
  constructor(innerPort: number) {
    this.#innerPort = innerPort;
    this.#listener = Deno.listen({ hostname, port: 0 });
    this.port = this.#listener.addr.port;
    this.#track(this.#accept(this.#listener));
  }

  /** Bytes that clients were sent so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The connection whose inner half has this port. Throws when there is none: then the caller's port is wrong. */
  connection(innerPort: number): WireConnection {
    const relay = this.#relays.get(innerPort);
    if (relay === undefined) throw new Error(`Cannot find a relayed connection: none uses port ${innerPort}`);
    return relay;
  }

  /** Closes the port and cuts every connection: the server is away. */
  away(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const relay of [...this.#relays.values()]) relay.cut();
  }

  /** Listens again on the same port. */
  back(): void {
    if (this.#listener !== undefined) return;
    this.#listener = Deno.listen({ hostname, port: this.port });
    this.#track(this.#accept(this.#listener));
  }

  /** Withholds all bytes of all connections, also new ones: as a stopped process does. The result thaws. */
  freeze(): () => void {
    this.#frozen.close();
    return () => this.#frozen.open();
  }

  /** Ends everything and waits until nothing is left. */
  async close(): Promise<void> {
    this.away();
    this.#frozen.open();
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const client of listener) this.#track(this.#relay(client));
  }

  async #relay(client: Deno.TcpConn): Promise<void> {
    client.setNoDelay(true);
    const server = await Deno.connect({ hostname, port: this.#innerPort });
    server.setNoDelay(true);
    const relay = new Relay(client, server);
    this.#relays.set(server.localAddr.port, relay);
    if (this.#listener === undefined) relay.cut();
    await relay.run(this.#frozen, (bytes) => this.#bytes += bytes);
    this.#relays.delete(server.localAddr.port);
  }

  #track(work: Promise<void>): void {
    this.#running.add(work);
    work.finally(() => this.#running.delete(work));
  }
}
