// How are readers tried with input that nobody would think of? Samples, changed by chance, for minutes, within a memory.
import assert from "node:assert/strict";
import { seedOr } from "../tools/by_chance.ts";

/** One reader under trial. */
export interface Fuzzed {
  readonly name: string;
  /** Input as it should be; whatever is tried is made of it. */
  readonly samples: readonly Uint8Array[];
  /** Texts that mean something to the reader. */
  readonly words: readonly string[];
  /** Throws for what must not happen; what may happen it catches itself. */
  readonly tryOne: (input: Uint8Array) => void | Promise<void>;
}

/** Minutes for each reader: KVC_FUZZ_MINUTES, else ten. */
export function fuzzMinutes(): number {
  const minutes = Number(Deno.env.get("KVC_FUZZ_MINUTES") || 10);
  assert.ok(minutes > 0, "KVC_FUZZ_MINUTES must be a number of minutes");
  return minutes;
}

/** Bytes that the process may hold: no reader keeps anything of what it was given. */
const mostMemory = 1024 * 1024 * 1024;
/** Bytes of an input; longer ones are cut. */
const longestInput = 256 * 1024;
/** Inputs between two looks at clock and memory. */
const batch = 200;

/** Registers the trial as a test. A failure names the seed (KVC_SEED) and shows the input. */
export function fuzz(fuzzed: Fuzzed): void {
  const minutes = fuzzMinutes();
  Deno.test(`fuzzing for ${minutes} minutes: ${fuzzed.name}`, async () => {
    const seed = seedOr("any");
    const random = randomFrom(seed);
    const end = performance.now() + minutes * 60_000;
    let tried = 0;
    while (performance.now() < end) {
      for (let n = 0; n < batch; n++) {
        await guarded(fuzzed, { input: mutated(fuzzed, random), seed });
      }
      tried += batch;
      const { rss } = Deno.memoryUsage();
      assert.ok(rss < mostMemory, `${rss} bytes after ${tried} inputs, seed ${seed}`);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await Deno.stdout.write(encoder.encode(`${fuzzed.name}: ${tried} inputs, seed ${seed}\n`));
  });
}

async function guarded(
  { tryOne }: Fuzzed,
  { input, seed }: { readonly input: Uint8Array; readonly seed: number },
): Promise<void> {
  try {
    await tryOne(input);
  } catch (error) {
    const shown = JSON.stringify(new TextDecoder().decode(input.subarray(0, 4_000)));
    throw new Error(`Seed ${seed}, input of ${input.length} bytes ${shown}: ${error}`, { cause: error });
  }
}

type Random = (below: number) => number;

/** A sample with up to eight changes. */
function mutated({ samples, words }: Fuzzed, random: Random): Uint8Array {
  let bytes = pick(samples, random);
  for (let times = 1 + random(8); times > 0; times--) {
    bytes = changed(bytes, { samples, words, random }).subarray(0, longestInput);
  }
  return bytes;
}

function changed(
  bytes: Uint8Array,
  { samples, words, random }: Pick<Fuzzed, "samples" | "words"> & { readonly random: Random },
): Uint8Array {
  const [a, b] = [random(bytes.length + 1), random(bytes.length + 1)].sort((x, y) => x - y) as [
    number,
    number,
  ];
  const [before, middle, after] = [bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)];
  switch (random(8)) {
    case 0:
      return joined(before, after);
    case 1:
      return joined(before, encoder.encode(words.length === 0 ? "" : pick(words, random)), after);
    case 2:
      return joined(
        before,
        new Uint8Array([random(256)]),
        after.length === bytes.length ? after : after.subarray(1),
      );
    case 3:
      return joined(before, middle, ...Array(1 + random(64)).fill(middle), after);
    case 4:
      return joined(before, pick(samples, random).subarray(random(64)));
    case 5:
      return joined(after, middle, before);
    case 6:
      return joined(before, encoder.encode(String(2 ** random(70) - random(2))), after);
    default:
      return joined(
        before,
        Uint8Array.from(middle, (byte) => byte ^ (random(16) === 0 ? 1 << random(8) : 0)),
        after,
      );
  }
}

const encoder = new TextEncoder();

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(Math.min(longestInput, parts.reduce((sum, { length }) => sum + length, 0)));
  let at = 0;
  for (const part of parts) {
    const fits = part.subarray(0, all.length - at);
    all.set(fits, at);
    at += fits.length;
  }
  return all;
}

function pick<T>(all: readonly T[], random: Random): T {
  const one = all[random(all.length)];
  assert.ok(one !== undefined, "there is something to choose from");
  return one;
}

/** Numbers by chance that a seed repeats (mulberry32). */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
