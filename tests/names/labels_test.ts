// Which pods does the text of a selector ask for, and what is said of one that cannot be read?
import assert from "node:assert/strict";
import { parseLabelSelector } from "../../lib/names/labels.ts";

const pods = {
  db: { app: "db" },
  web: { app: "web", tier: "front" },
  old: { app: "db", old: "" },
  bare: {},
};

const matching: readonly (readonly [text: string, names: readonly string[]])[] = [
  ["", ["db", "web", "old", "bare"]],
  ["  ", ["db", "web", "old", "bare"]],
  ["app=db", ["db", "old"]],
  ["app==db", ["db", "old"]],
  ["app = db", ["db", "old"]],
  ["app!=db", ["web", "bare"]],
  ["app in (db, web)", ["db", "web", "old"]],
  ["app notin (db)", ["web", "bare"]],
  ["tier", ["web"]],
  ["!tier", ["db", "old", "bare"]],
  ["app=db,!old", ["db"]],
  ["app in (db,web),tier=front", ["web"]],
  ["old=", ["old"]],
  ["old in (,x)", ["old"]],
  ["app in(db)", ["db", "old"]],
  ["in=5", []],
  ["! tier", ["db", "old", "bare"]],
  ["toString", []],
];

Deno.test("a selector asks for what kubectl would list", async (t) => {
  for (const [text, names] of matching) {
    await t.step(JSON.stringify(text), () => {
      const read = parseLabelSelector(text);
      assert.ok(read.kind === "value", JSON.stringify(read));
      const found = Object.entries(pods).filter(([, labels]) => read.value(labels)).map(([name]) => name);
      assert.deepEqual(found, names);
    });
  }
});

Deno.test("a selector that cannot be read names the part", async (t) => {
  const rows: readonly (readonly [text: string, part: string])[] = [
    ["app=db,", '""'],
    ["app=db,,x", '""'],
    ["app in db", '"app in db"'],
    ["app>1", '"app>1"'],
    ["app=d b", '"app=d b"'],
    ["app in (a,b", '"app in (a"'],
    ["app in ()", '"app in ()"'],
    ["app in (a b)", '"app in (a b)"'],
    ["app=a=b", '"app=a=b"'],
    ["app=(a)", '"app=(a)"'],
    ["tier,app=d\nb", '"app=d\\nb"'],
    ["=db", '"=db"'],
    ["-app", '"-app"'],
    [`app=${"x".repeat(64)}`, '"app=x'],
    ["app=\u202edb", '"app=\\u202edb"'],
  ];
  for (const [text, part] of rows) {
    await t.step(JSON.stringify(text), () => {
      const read = parseLabelSelector(text);
      assert.ok(read.kind === "fault" && read.reason.startsWith(part), JSON.stringify(read));
    });
  }
  assert.deepEqual(parseLabelSelector("a,".repeat(3_000)), {
    kind: "fault",
    reason: "it has more than 4096 characters",
  });
});
