// Does the table of broken pods in the documents have the rows that the cluster test proves?
import assert from "node:assert/strict";
import { brokenPods, tableLines } from "../cluster/broken/broken_pods.ts";
import { text } from "./pages.ts";

Deno.test("docs/troubleshooting.md has the broken pods, each with its command and the words", async () => {
  const lines = (await text("docs/troubleshooting.md")).split("\n").map((line) =>
    line.replaceAll(/ +/g, " ")
  );
  const missing = tableLines().filter((line) => !lines.includes(line));
  assert.deepEqual(missing, []);
  assert.ok(brokenPods.length >= 12);
});
