// Who may be connected, and for how long: a bounded number, each with a time for its request and one for its answer.
import type { Clock } from "../time/clock.ts";
import { type HttpAnswer, type HttpRequest, readRequest, writeAnswer } from "./http_exchange.ts";

/** Connections at the same time. Probes and Prometheus need one each. */
export const mostConnections = 64;

/** ms until a request must be whole, and until its answer must be made and read. */
const requestTimeout = 5_000;
const answerTimeout = 20_000;

interface Open {
  readonly connection: Deno.Conn;
  /** Its request is not whole yet. */
  isWaiting: boolean;
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
   * Serves one more. When there are too many, the one goes that has waited longest with its request: a probe sends it at
   * once, so it gets through a crowd that sends none.
   */
  add(connection: Deno.Conn): void {
    const one: Open = { connection, isWaiting: true, ended: Promise.withResolvers() };
    if (this.#open.size >= mostConnections) {
      const idle = this.#open.keys().find(({ isWaiting }) => isWaiting);
      hangUp(idle ?? one);
      if (idle === undefined) return;
      this.#open.delete(idle);
    }
    this.#open.set(one, this.#serve(one).finally(() => this.#open.delete(one)));
  }

  /** Those who still owe their request are hung up on; resolves when the others have their answer. */
  async finish(): Promise<void> {
    for (const one of this.#open.keys()) if (one.isWaiting) hangUp(one);
    await Promise.all(this.#open.values());
  }

  /** Ends all. */
  close(): void {
    for (const one of this.#open.keys()) hangUp(one);
  }

  /** Never rejects: the other side may go at any time, and there is nobody to tell. */
  async #serve(one: Open): Promise<void> {
    const { connection, ended } = one;
    let cancel = this.#clock.after(requestTimeout, () => hangUp(one));
    try {
      const asked = await readRequest(connection);
      cancel();
      if (asked === undefined) return;
      one.isWaiting = false;
      cancel = this.#clock.after(answerTimeout, () => hangUp(one));
      const method = "method" in asked ? asked.method : undefined;
      const answer = "method" in asked ? await Promise.race([this.#answer(asked), ended.promise]) : asked;
      if (answer !== undefined) await writeAnswer(connection, { answer, method });
    } catch {
      // Hung up, by them or by us.
    } finally {
      cancel();
      hangUp(one);
    }
  }
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
