// What was asked of the sandbox so far? Budgets are counted here, on the other side of the product.
import type { ApiRoute } from "../api/routes.ts";

/** One exec, with what was said to it. */
export interface ExecRecord {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  /** Complete lines of stdin so far. */
  readonly lines: readonly string[];
}

/** Which execs; absent matches all. */
export interface ExecQuery {
  readonly namespace?: string;
  readonly pod?: string;
  readonly program?: string;
}

/** Counts requests and execs. */
export class Counters {
  readonly #requests = new Map<string, number>();
  readonly #execs: ExecRecord[] = [];

  /** Counts one request. */
  countRequest(route: ApiRoute): void {
    const part = route.subresource === undefined ? "" : `/${route.subresource}`;
    const key = `${route.verb} ${route.resource.plural}${part}`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  /** Counts one exec; the record's lines are added as they come. */
  countExec(record: ExecRecord): void {
    this.#execs.push(record);
  }

  /** Requests by verb and resource: `{ "list pods": 2, "watch pods": 1, "connect pods/exec": 12 }`. */
  get requests(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#requests.entries()].sort());
  }

  /** The execs so far, in order. */
  execs(query: ExecQuery = {}): readonly ExecRecord[] {
    return this.#execs.filter((one) =>
      (query.namespace === undefined || query.namespace === one.namespace) &&
      (query.pod === undefined || query.pod === one.pod) &&
      (query.program === undefined || query.program === one.command[0])
    );
  }

  /** Lines of stdin that change something: neither empty nor a `show`, and without what only the agent's program reads. */
  writingLines(query: ExecQuery = {}): readonly string[] {
    return this.execs(query).flatMap(({ command, lines }) =>
      command[0] === "vxlan-agent" ? lines.flatMap(commandOf) : lines
    ).filter((line) => line.trim() !== "" && !/\bshow\b/.test(line));
  }

  /** Starts again from zero. */
  reset(): void {
    this.#requests.clear();
    this.#execs.length = 0;
  }
}

function commandOf(line: string): readonly string[] {
  const [, command] = /^(?:ip|ip6|bridge) (.+)$/.exec(line) ?? [];
  return command === undefined ? [] : [command];
}
