// Foreign text in messages: nothing of it may reach a terminal as anything but visible characters.
import assert from "node:assert/strict";
import fc from "fast-check";
import { longestQuote, plain, quoted } from "../../lib/text/quoted.ts";
import { tries } from "../tools/by_chance.ts";

const cases = [
  { it: "leaves a name as it is", text: "vxeth0", shown: '"vxeth0"' },
  { it: "keeps letters of any script and the space", text: "Größe 五", shown: '"Größe 五"' },
  { it: "escapes the quote and the backslash", text: 'a"b\\', shown: '"a\\"b\\\\"' },
  {
    it: "escapes C0 controls: no line of its own, no ESC",
    text: "a\n\u001b[31m",
    shown: '"a\\n\\u001b[31m"',
  },
  { it: "escapes DEL and C1: 0x9b is ESC [ in one", text: "\u007f\u009b2J", shown: '"\\u007f\\u009b2J"' },
  { it: "escapes bidi marks", text: "a\u202eb\u2066", shown: '"a\\u202eb\\u2066"' },
  { it: "shows invisible characters", text: "\u200b\ufeff\u00ad", shown: '"\\u200b\\ufeff\\u00ad"' },
  { it: "shows spaces that are no blanks", text: "a\u00a0b\u3000", shown: '"a\\u00a0b\\u3000"' },
  { it: "escapes line separators", text: "\u2028\u2029", shown: '"\\u2028\\u2029"' },
  { it: "escapes tag characters beyond the BMP", text: "\u{e0041}", shown: '"\\u{e0041}"' },
  { it: "escapes half a surrogate pair", text: "\ud83d", shown: '"\\ud83d"' },
  { it: "keeps 80 characters", text: "x".repeat(80), shown: `"${"x".repeat(80)}"` },
  { it: "cuts what is longer", text: "x".repeat(81), shown: `"${"x".repeat(80)}…"` },
  {
    it: "cuts through a surrogate pair without harm",
    text: "x".repeat(79) + "😀",
    shown: `"${"x".repeat(79)}\\ud83d…"`,
  },
];

for (const { it, text, shown } of cases) {
  Deno.test(`quoted: ${it}`, () => assert.equal(quoted(text), shown));
}

Deno.test("plain: a pod's name needs no quotes, anything odd gets them", () => {
  assert.equal(plain("default/web-0.a_b"), "default/web-0.a_b");
  assert.equal(plain("web 0"), '"web 0"');
  assert.equal(plain(""), '""');
});

Deno.test("quoted: any text becomes short and visible", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const shown = quoted(text);
      assert.match(shown, /^"[^\p{C}]*"$/u);
      assert.ok(shown.length <= longestQuote * "\\uffff".length + '"…"'.length);
      assert.equal(/ /.test(shown), / /.test(text.slice(0, longestQuote)));
    }),
    tries(),
  );
});
