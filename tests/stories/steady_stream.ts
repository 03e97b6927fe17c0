// Frames between two pods while something happens: not one may be lost, and how many went is counted.
import { podName } from "../sandbox/sandbox_invariant.ts";
import { TextLineStream } from "../sandbox/tools/text_lines.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import type { Stage } from "./stage.ts";

/** Two pods of one network, and the interface of the first one. */
export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly network: string;
  readonly interfaceName: string;
  /** Link-local, of the second one. */
  readonly address: string;
}

/** What came of a pair's frames. They carry numbers; those that never came though later ones did are lost. */
export interface Stream {
  readonly pair: Pair;
  readonly came: number;
  readonly lost: readonly number[];
}

/** Runs `during` while every pair pings. How fast frames come says nothing: a machine under load is slow, and loses none. */
export async function whileTheyTalk(
  stage: Stage,
  { pairs, container, during }: {
    readonly pairs: readonly Pair[];
    /** In which they ping. */
    readonly container: string;
    readonly during: () => Promise<void>;
  },
): Promise<readonly Stream[]> {
  const started = await Promise.allSettled(pairs.map((pair) => Pings.start(stage, { pair, container })));
  const streams = started.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  try {
    await Promise.all(
      started.map((one) => one.status === "fulfilled" ? one.value : Promise.reject(one.reason)),
    );
    for (const stream of streams) await stream.comeTo(1);
    await during();
    // The frame after the next one: it went when all was over.
    for (const stream of streams) await stream.comeTo(stream.last + 2);
  } finally {
    await Promise.all(streams.map((stream) => stream.stop()));
  }
  return streams.map((stream) => stream.result());
}

/** `a → b in west`. */
export function textOf({ from, to, network }: Pair): string {
  return `${from} → ${to} in ${network}`;
}

/** Pings until its stdin ends. Link-local addresses need nothing that is edited. */
const script = 'ping -6 -n -i 0.05 -I "$1" "$2" & read -r end; kill $!; wait $!';

class Pings {
  readonly #pair: Pair;
  readonly #process: Awaited<ReturnType<Stage["sandbox"]["start"]>>;
  readonly #numbers = new Set<number>();
  readonly #read: Promise<unknown>;
  #told = "";
  #last = 0;

  private constructor(pair: Pair, process: Awaited<ReturnType<Stage["sandbox"]["start"]>>) {
    this.#pair = pair;
    this.#process = process;
    const [replies, faults] = [process.stdout, process.stderr].map((stream) =>
      stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
    );
    this.#read = Promise.all([this.#count(replies), this.#note(faults)]);
  }

  static async start(
    stage: Stage,
    { pair, container }: { readonly pair: Pair; readonly container: string },
  ): Promise<Pings> {
    const { from, interfaceName, address } = pair;
    const argv = ["sh", "-c", script, "sh", interfaceName, address];
    return new Pings(pair, await stage.sandbox.start({ ...podName(from), container }, argv));
  }

  /** The highest number that came. */
  get last(): number {
    return this.#last;
  }

  /** Waits until a frame with this number, or a later one, has come. */
  async comeTo(number: number): Promise<void> {
    await waitFor(() => this.#last >= number, {
      what: `a frame ${textOf(this.#pair)} comes back with a number from ${number}`,
      state: () => `the last was ${this.#last}; ${this.#told}`,
    });
  }

  async stop(): Promise<void> {
    await this.#process.closeStdin();
    await this.#read;
    await this.#process.exited;
  }

  /** From the first that came: before that they may not have known each other. */
  result(): Stream {
    const first = Math.min(...this.#numbers);
    const all = Array.from({ length: this.#last - first + 1 }, (_, at) => first + at);
    return {
      pair: this.#pair,
      came: this.#numbers.size,
      lost: all.filter((number) => !this.#numbers.has(number)),
    };
  }

  async #count(lines: ReadableStream<string> | undefined): Promise<void> {
    for await (const line of lines ?? []) {
      const number = / icmp_seq=(\d+) ttl=/.exec(line)?.[1];
      if (number === undefined) this.#told = line || this.#told;
      else {
        this.#numbers.add(Number(number));
        this.#last = Math.max(this.#last, Number(number));
      }
    }
  }

  async #note(lines: ReadableStream<string> | undefined): Promise<void> {
    for await (const line of lines ?? []) this.#told = line;
  }
}
