// Do waits grow as said, and stay within their limit?
import assert from "node:assert/strict";
import { backoffDelay } from "../../lib/time/backoff.ts";

const limits = { base: 800, max: 30_000 };
const rows = [
  { it: "begins with the base", failures: 1, random: 0, delay: 800 },
  { it: "doubles", failures: 3, random: 0, delay: 3200 },
  { it: "stops at the limit", failures: 7, random: 0, delay: 30_000 },
  { it: "stays at the limit however often it failed", failures: 100_000, random: 0, delay: 30_000 },
  { it: "takes up to half off for jitter", failures: 1, random: 0.5, delay: 600 },
  { it: "takes no failure for one", failures: 0, random: 0, delay: 800 },
];

for (const { it, failures, random, delay } of rows) {
  Deno.test(`backoff: ${it}`, () => assert.equal(backoffDelay(failures, { ...limits, random }), delay));
}
