// By which seed and how often is a property tried, and what does one that fails say about how to see that again?
//
// The usual seed is fixed: two runs of the tests try the same, so that what is red has a reason in what was changed.
// What else there is to find is looked for with other seeds and more runs: KVC_SEED=any KVC_RUNS=20.
import fc from "fast-check";

const seed = seedOr(2026);
/** KVC_RUNS: how many times the usual number of runs. */
const times = timesIn(Deno.env.get("KVC_RUNS") || "1");

/** Parameters of `fc.assert`; `usual` is the number without KVC_RUNS. */
export function tries<T>(usual = 100): fc.Parameters<T> {
  return { seed, numRuns: usual * times, reporter: report };
}

/** The usual number of runs of what is no property, times KVC_RUNS. */
export function runs(usual: number): number {
  return usual * times;
}

/** KVC_SEED, a number, or `any` for one that nobody has chosen; else the usual one. */
export function seedOr(usual: number | "any"): number {
  const text = Deno.env.get("KVC_SEED") || String(usual);
  if (text === "any") return crypto.getRandomValues(new Int32Array(1))[0] ?? 0;
  const chosen = Number(text);
  if (Number.isInteger(chosen)) return chosen;
  throw new Error(`Cannot use KVC_SEED=${text}: expected a whole number, or "any"`);
}

/** The line that runs the file of tests again with the same seed: for failures beside properties. */
export function again(its: number = seed): string {
  const file = Deno.mainModule.replace(/^.*\/(?=tests\/)/, "");
  const task = file.startsWith("tests/soak/") ? "test:soak" : "test";
  return `Again: KVC_SEED=${its}${times === 1 ? "" : ` KVC_RUNS=${times}`} deno task ${task} ${file}`;
}

/** The message has the seed and the smallest case; the cause says what was wrong with it. */
function report<T>(details: fc.RunDetails<T>): void {
  if (!details.failed) return;
  const { errorInstance: cause } = details;
  throw new Error(`${fc.defaultReportMessage(details)}\n\n${again()}`, { cause });
}

function timesIn(text: string): number {
  const given = Number(text);
  if (Number.isInteger(given) && given > 0) return given;
  throw new Error(`Cannot use KVC_RUNS=${text}: expected a whole number from 1`);
}
