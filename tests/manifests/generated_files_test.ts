// Are k8s.yaml and its kin what deploy/ gives, with every reason in it?
import assert from "node:assert/strict";
import { poolObjects } from "../../lib/pools/pool_object.ts";
import { repository } from "../cluster/install_controller.ts";
import { staleFiles, upgradeText } from "./generated_files.ts";
import { kustomizeObjects, objectsIn } from "./kustomize.ts";
import { withReasons } from "./reasons.ts";

Deno.test("k8s.yaml, examples and chart are what `deno task manifests` writes", async () => {
  assert.deepEqual([...(await staleFiles(repository)).keys()], []);
});

Deno.test("k8s.yaml is what deploy/base builds, and has every comment of it", async () => {
  const text = await Deno.readTextFile(`${repository}k8s.yaml`);
  assert.deepEqual(objectsIn(text), await kustomizeObjects(`${repository}deploy/base`));
  for (const name of ["rights", "networks", "deployment"]) {
    const source = await Deno.readTextFile(`${repository}deploy/base/${name}.yaml`);
    const comments = source.split("\n").filter((line) => /^\s*#/.test(line));
    assert.ok(comments.length > 0, name);
    assert.deepEqual(comments.filter((line) => !text.includes(`${line}\n`)), []);
  }
});

Deno.test("upgrade.yaml has no networks", async () => {
  const objects = objectsIn(await upgradeText(repository));
  assert.ok(objects.some(({ kind }) => kind === "Deployment"));
  const maps = objects.filter(({ kind }) => kind === "ConfigMap");
  assert.equal(maps.length, poolObjects, "those of the pools, which have to be there");
  for (const map of maps) {
    assert.match(map.metadata.name, /^kube-vxlan-controller-pool-\d+$/);
    assert.ok(!("data" in map), "what the controller has written stays");
  }
});

const source = `# one
kind: A
metadata:
  name: a # here
list: [1, 2, 3]
keep:
# why
- x: { y: 1 }
---
kind: B
metadata: { name: b }
`;
const a = { kind: "A", metadata: { name: "a" } };
const merges = [
  {
    it: "writes a changed value where its comment stands",
    built: [{ ...a, list: [1, 2, 3], keep: [{ x: { y: 2 } }] }],
    text: "# one\nkind: A\nmetadata:\n  name: a # here\nlist: [1, 2, 3]\nkeep:\n# why\n- x: { y: 2 }\n",
  },
  {
    it: "adds and removes fields and items",
    built: [{ ...a, list: [1], more: { z: "1" } }],
    text: '# one\nkind: A\nmetadata:\n  name: a # here\nlist: [1]\nmore:\n  z: "1"\n',
  },
  {
    it: "leaves out what was not built",
    built: [{ kind: "B", metadata: { name: "b", namespace: "n" } }],
    text: "kind: B\nmetadata: { name: b, namespace: n }\n",
  },
];
for (const { it, built, text } of merges) {
  Deno.test(`reasons: ${it}`, () => assert.equal(withReasons(built, [source]), text));
}

Deno.test("reasons: an object without a source is an error, not lost", () => {
  assert.throws(() => withReasons([{ kind: "C", metadata: { name: "c" } }], [source]), /Cannot write C \/c/);
});
