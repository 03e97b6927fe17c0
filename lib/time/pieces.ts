// Long work is done in pieces, so that everything else gets its turn in between.
import { type Clock, sleep } from "./clock.ts";

/** Work that yields wherever it may be interrupted. */
export type Pieces<Result> = Generator<void, Result>;

/** Milliseconds of work after which the rest has its turn: probes, watches and sessions wait for so long. */
const longest = 15;

/** Does the work, with breaks when it lasts; gives its result, or rejects with what it throws. */
export async function inPieces<Result>(work: Pieces<Result>, clock: Clock): Promise<Result> {
  let began = clock.now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (clock.now() - began < longest) continue;
    await sleep(clock, 0);
    began = clock.now();
  }
}

/** What is there without work, for those who take the result of some. */
export function* atHand<Result>(result: Result): Pieces<Result> {
  yield;
  return result;
}

/** Does the work without a break. */
export function atOnce<Result>(work: Pieces<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Does it for each, and may be interrupted after each: one of them may take as long as a thousand others. */
export function* forEach<One>(all: Iterable<One>, act: (one: One) => void): Pieces<void> {
  for (const one of [...all]) {
    act(one);
    yield;
  }
}
