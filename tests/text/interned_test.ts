// Texts that are kept once are the texts that they were, also when far more come than are remembered.
import assert from "node:assert/strict";
import { interned } from "../../lib/text/interned.ts";

Deno.test("a text stays what it is: short, long, met before, forgotten meanwhile", () => {
  const texts = ["", "a", "x".repeat(300), ...Array.from({ length: 2_500 }, (_, i) => `text ${i}`)];
  for (const text of [...texts, ...texts]) assert.equal(interned(text), text);
});
