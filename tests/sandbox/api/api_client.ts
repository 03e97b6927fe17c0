// How do the sandbox's own tests talk to it? Plain fetch, nothing of the product.

/** An answer with its JSON (undefined when it is none). */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests read deep into foreign JSON
  readonly json: any;
}

/** Sends one request and reads the answer. */
export async function call(
  server: string,
  request: {
    readonly path: string;
    readonly method?: string;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<Answer> {
  const { path, method = "GET", body, headers = {} } = request;
  const response = await fetch(server + path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A watch that is read event by event. */
export class WatchReader implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";

  private constructor(response: Response) {
    if (response.body === null) throw new Error(`Cannot watch: ${response.status}, no body`);
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Opens it; throws on an HTTP error. */
  static async open(server: string, path: string): Promise<WatchReader> {
    const response = await fetch(server + path);
    if (!response.ok) throw new Error(`Cannot watch: ${response.status} ${await response.text()}`);
    return new WatchReader(response);
  }

  /** The next line, or undefined at the end. Rejects when the connection breaks. */
  async line(): Promise<string | undefined> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return line;
  }

  /** The next event as `TYPE name`, or undefined at the end. */
  async event(): Promise<string | undefined> {
    const line = await this.line();
    if (line === undefined) return undefined;
    const { type, object } = JSON.parse(line);
    return `${type} ${object.metadata?.name ?? object.code ?? ""}`.trim();
  }

  /** So many events. */
  async events(count: number): Promise<readonly (string | undefined)[]> {
    const all: (string | undefined)[] = [];
    while (all.length < count) all.push(await this.event());
    return all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
