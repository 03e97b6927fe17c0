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

Deno.test("lint finds no error in the YAML of the documents, pieces of objects too", async () => {
  const pages = await Promise.all(userDocuments.map(async (path) => ({ path, markdown: await text(path) })));
  const blocks = pages.flatMap(({ path, markdown }) =>
    codeBlocks(markdown).filter(({ language }) => language === "yaml").map((block, at) => ({
      name: `${path}, block ${at + 1}`,
      text: whole(block.text),
    }))
  );
  const judged = blocks.filter(({ text }) => /vxlan\.travelping\.com\/networks|kind: ConfigMap/.test(text));
  assert.ok(judged.length > 8, `${judged.length}`);
  for (const { name, text } of blocks) {
    const { printed } = await runOn([lintCommand], { args: ["lint"], input: `${text}\n` });
    assert.doesNotMatch(printed, / error: /, `${name}: ${printed}\n${text}`);
  }
});

const pieces = [
  {
    it: "annotations",
    text: "annotations:\n  vxlan.travelping.com/networks: vxeth0 mtu=huge",
    says: /mtu=huge/,
  },
  {
    it: "a spec",
    text:
      'spec:\n  template:\n    metadata:\n      labels: {vxlan.travelping.com: "true"}\n      annotations: {vxlan.travelping.com/networks: vxeth0 mtu=huge}\n    spec: {}',
    says: /mtu=huge/,
  },
  { it: "data", text: "data:\n  vxeth0: id=hello", says: /id=hello/ },
];

for (const { it, text, says } of pieces) {
  Deno.test(`a mistake in a piece of an object is seen: ${it}`, async () => {
    const { printed } = await runOn([lintCommand], { args: ["lint"], input: `${whole(text)}\n` });
    assert.match(printed, says);
  });
}

/** Documents show pieces of objects: with what is around them in an object, so that they are judged. */
function whole(piece: string): string {
  const keys = new Set([...piece.matchAll(/^([\w.-]+):/gm)].map(([, key]) => key));
  const indented = piece.replaceAll(/^(?=.)/gm, "  ");
  if (keys.has("kind")) return piece;
  if (keys.has("data")) {
    return `kind: ConfigMap\nmetadata: {name: kube-vxlan-controller, namespace: kube-system}\n${piece}`;
  }
  if (keys.has("annotations")) {
    const label = keys.has("labels") ? "" : '  labels: {vxlan.travelping.com: "true"}\n';
    return `kind: Pod\nmetadata:\n  name: piece\n${label}${indented}\nspec: {}`;
  }
  if (keys.has("spec")) {
    return `kind: Deployment\n${keys.has("metadata") ? "" : "metadata: {name: piece}\n"}${piece}`;
  }
  return keys.has("metadata") ? `kind: Pod\n${piece}\nspec: {}` : piece;
}
