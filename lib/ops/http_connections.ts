// Who may be connected, and for how long: a bounded number, each with a time for its request and one for its answer.
import type { Clock } from "../time/clock.ts";
import { type HttpAnswer, type HttpRequest, readRequest, writeAnswer } from "./http_exchange.ts";

/** Connections at the same time. Probes and Prometheus need one each, an open page one, and some when it shows anew. */
export const mostConnections = 64;

/** ms until a request must be whole, and until its answer must be made and read. */
const requestTimeout = 5_000;
const answerTimeout = 20_000;

interface Open {
  readonly connection: Deno.Conn;
  /** `asking`: its request is not whole yet. `following`: its answer is a stream. */
  state: "asking" | "answering" | "following";
  /** Resolved when we have hung up: an answer that never comes must not keep its place. */
  readonly ended: PromiseWithResolvers<undefined>;
}

/** The connections of a server. */
export class HttpConnections {
  readonly #clock: Clock;
  readonly #answer: (request: HttpRequest) => Promise<HttpAnswer>;
  /** In the order in which they came. */
  readonly #open = new Map<Open, Promise<void>>();

  constructor(clock: Clock, answer: (request: HttpRequest) => Promise<HttpAnswer>) {
    this.#clock = clock;
    this.#answer = answer;
  }

  /**
   * Serves one more. When there are too many, the one goes that has waited longest with its request, else the one that
   * takes longest to read its answer: a probe does both at once, so it gets through a crowd that does not. Resolves when
   * that one is closed: taken faster, a crowd would have more descriptors than there are connections.
   */
  async add(connection: Deno.Conn): Promise<void> {
    const one: Open = { connection, state: "asking", ended: Promise.withResolvers() };
    this.#open.set(one, this.#serve(one).finally(() => this.#open.delete(one)));
    if (this.#open.size <= mostConnections) return;
    const other = this.#oldest("asking", one) ?? this.#oldest("answering") ?? this.#oldest("following");
    if (other === undefined) return;
    hangUp(other);
    await this.#open.get(other);
  }

  /** Those who still owe their request are hung up on; resolves when the others have their answer. */
  async finish(): Promise<void> {
    for (const one of this.#open.keys()) if (one.state === "asking") hangUp(one);
    await Promise.all(this.#open.values());
  }

  /** Ends all. */
  close(): void {
    for (const one of this.#open.keys()) hangUp(one);
  }

  #oldest(state: Open["state"], but?: Open): Open | undefined {
    return this.#open.keys().find((one) => one.state === state && one !== but);
  }

  /** Never rejects: the other side may go at any time, and there is nobody to tell. */
  async #serve(one: Open): Promise<void> {
    const { connection, ended } = one;
    let cancel = this.#clock.after(requestTimeout, () => hangUp(one));
    const timer = {
      stop: () => cancel(),
      start: () => {
        cancel();
        cancel = this.#clock.after(answerTimeout, () => hangUp(one));
      },
    };
    try {
      const asked = await readRequest(connection);
      timer.stop();
      if (asked === undefined) return;
      one.state = "answering";
      timer.start();
      const method = "method" in asked ? asked.method : undefined;
      const made = "method" in asked ? this.#answer(asked) : Promise.resolve(asked);
      // A stream that nobody follows must not stay open.
      void ended.promise.then(() => made).then(discard);
      const answer = await Promise.race([made, ended.promise]);
      if (answer === undefined) return;
      if (typeof answer.body !== "string") one.state = "following";
      await writeAnswer(connection, { answer, method, timer });
    } catch {
      // Hung up, by them or by us.
    } finally {
      timer.stop();
      hangUp(one);
    }
  }
}

/** While it is written, its writer ends it. */
function discard({ body }: HttpAnswer): void {
  if (typeof body !== "string" && !body.locked) void body.cancel();
}

/** Safe to repeat: closing what is closed throws. */
function hangUp({ connection, ended }: Open): void {
  ended.resolve(undefined);
  try {
    connection.close();
  } catch {
    // It is closed, which is what was wanted.
  }
}
