// Does our own linter find nothing in what we show and install: examples, manifests, and the YAML of the documents?
import assert from "node:assert/strict";
import { lintCommand } from "../../lib/cli/manifests/lint.ts";
import { runOn } from "../cli/test_host.ts";
import { codeBlocks } from "./markdown.ts";
import { root, text, userDocuments } from "./pages.ts";

const examples = [...Deno.readDirSync(new URL("examples/", root))].map(({ name }) => `examples/${name}`)
  .sort();
const manifests = [...examples, "k8s.yaml", "deploy/base/networks.yaml", "deploy/base/deployment.yaml"];

for (const path of manifests) {
  Deno.test(`lint finds nothing in ${path}`, async () => {
    const input = await text(path);
    const { status, printed } = await runOn([lintCommand], { args: ["lint"], input });
    assert.deepEqual([status, printed], [0, ""]);
  });
}

Deno.test("lint finds no error in the YAML of the documents", async () => {
  const pages = await Promise.all(userDocuments.map(async (path) => ({ path, markdown: await text(path) })));
  const blocks = pages.flatMap(({ path, markdown }) =>
    codeBlocks(markdown).filter(({ language }) => language === "yaml").map((block, at) => ({
      name: `${path}, block ${at + 1}`,
      text: block.text,
    }))
  );
  assert.ok(blocks.length > 5);
  for (const { name, text } of blocks) {
    const { printed } = await runOn([lintCommand], { args: ["lint"], input: `${text}\n` });
    assert.doesNotMatch(printed, / error: /, `${name}: ${printed}`);
  }
});
