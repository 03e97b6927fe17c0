// Names one letter away: the same as going through all of them, without doing so.
import fc from "fast-check";
import assert from "node:assert/strict";
import { similarNames } from "../../../lib/network/grammar/similar_names.ts";
import { isOneEditAway } from "../../../lib/network/grammar/spelling.ts";
import { tries } from "../../tools/by_chance.ts";

const rows: readonly (readonly [word: string, names: readonly string[], found: readonly string[]])[] = [
  ["wets", ["east", "west"], ["west"]],
  ["wes", ["east", "west"], ["west"]],
  ["westt", ["east", "west"], ["west"]],
  ["vest", ["east", "west"], ["west"]],
  ["est", ["east", "west"], ["east", "west"]],
  ["west", ["west"], []],
  ["west", ["we", "wesss", "nwestt", "tsew"], []],
  ["a", ["", "ab", "b", "ba"], ["", "ab", "b", "ba"]],
  ["west", [], []],
];

for (const [word, names, found] of rows) {
  Deno.test(`similar names: ${word} among ${names.join(", ") || "none"}`, () => {
    assert.deepEqual(similarNames(word, names.toSorted()), found);
  });
}

Deno.test("similar names: all that are one edit away, and no others", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "c", "-"), maxLength: 6 });
  fc.assert(
    fc.property(name, fc.uniqueArray(name, { maxLength: 40 }), (word, names) => {
      const all = names.toSorted();
      const expected = all.filter((each) => each !== word && isOneEditAway(word, each));
      assert.deepEqual(similarNames(word, all), expected);
    }),
    tries(2_000),
  );
});

Deno.test("similar names: of twice as many names hardly more are looked at", () => {
  const looks = (count: number): number => {
    let reads = 0;
    // They differ in their last letters only: what begins like the word does not narrow it down.
    const names = Array.from({ length: count }, (_, i) => `west${i.toString(3).padStart(9, "0")}`).sort();
    const counting = new Proxy(names, {
      get: (all, key) => {
        if (typeof key === "string" && /^\d+$/.test(key)) reads++;
        return Reflect.get(all, key);
      },
    });
    assert.ok(similarNames("west000000001", counting).length > 0);
    assert.ok(similarNames("west0000000011", counting).length > 0);
    return reads;
  };
  const [some, twice] = [looks(10_000), looks(20_000)];
  assert.ok(twice < 1.2 * some, `${some}, then ${twice}`);
});
