// What is remembered of reservations, as text: there and back, bounded, and what people make of it.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Memory, memoryText, noMemory, readMemory } from "../../../lib/network/reserved/memory_text.ts";
import { tries } from "../../tools/by_chance.ts";

const source = { namespace: "kube-system", name: "pool-0" };
const memory: Memory = {
  networks: new Map([
    ["a", { id: 1, namespaces: ["db", "web"] }],
    ["b", { namespaces: ["*"] }],
    ["c", { id: 3, namespaces: [] }],
  ]),
  left: [{ network: "a", id: 7, namespaces: ["db"] }],
};
const lines = [
  "network a id=1 namespaces=db,web\n",
  "network b namespaces=*\n",
  "network c id=3\n",
  "left a id=7 namespaces=db\n",
];

Deno.test("memory: there and back", () => {
  const { text, missing } = memoryText(memory, 1_000);
  assert.deepEqual([text, missing], [lines.join(""), 0]);
  assert.deepEqual(readMemory(text, source), { memory });
  assert.deepEqual(readMemory("", source), { memory: noMemory });
});

Deno.test("memory: what does not fit is counted, and the rest is whole", () => {
  const first = lines[0]?.length ?? 0;
  assert.deepEqual(memoryText(memory, first), { text: lines[0], missing: 3 });
  assert.deepEqual(memoryText(memory, first - 1).text, lines[1] ?? "");
});

const damaged: readonly { readonly it: string; readonly line: string }[] = [
  { it: "another word", line: "nets a id=1 namespaces=db" },
  { it: "a name that is none", line: "network -a id=1 namespaces=db" },
  { it: "no name", line: "network" },
  { it: "an id that is none", line: "network a id=0 namespaces=db" },
  { it: "namespaces that are none", line: "network a id=1 namespaces=db,Web!" },
  { it: "a word too many", line: "network a id=1 namespaces=db mtu" },
  { it: "a VNI that is left and is none", line: "left a namespaces=db" },
  { it: "JSON", line: '{"a":1}' },
];
for (const { it, line } of damaged) {
  Deno.test(`memory: a line with ${it} is told, the others count`, () => {
    const text = [lines[0], `${line}\n`, ...lines.slice(1)].join("");
    assert.deepEqual(readMemory(text, source), { memory, fault: `cannot read ${JSON.stringify(line)}` });
  });
}

Deno.test("memory: whatever the text is, it is read, and what was read is the same as text", () => {
  const word = fc.constantFrom(
    "network",
    "left",
    "a",
    "b",
    "id=1",
    "id=x",
    "namespaces=db",
    "mtu=5",
    " ",
    "\n",
    "\u0000",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 20 }), (words) => {
      const { memory } = readMemory(words.join(" ").replaceAll(" \n ", "\n"), source);
      assert.deepEqual(readMemory(memoryText(memory, 1e6).text, source), { memory });
    }),
    tries(300),
  );
});
