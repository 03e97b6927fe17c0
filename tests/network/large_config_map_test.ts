// A ConfigMap of 1 MiB, whatever it is made of: twice as many keys are twice the work, and none of it is done in one piece.
import assert from "node:assert/strict";
import { changedKeys } from "../../lib/network/cluster_changes.ts";
import {
  type ClusterNetworks,
  noClusterNetworks,
  readClusterNetworks,
  readingClusterNetworks,
} from "../../lib/network/cluster_networks.ts";
import { mostProblems } from "../../lib/network/problem.ts";
import { atOnce, type Pieces } from "../../lib/time/pieces.ts";
import { elementsIterated } from "../tools/elements_iterated.ts";

const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };

const shapes: Readonly<Record<string, (i: number) => readonly [key: string, text: string]>> = {
  "all of one id": (i) => [`n${i}`, "id=5"],
  "all of one id, for a namespace each": (i) => [`n${i}`, `id=5 namespaces=team-${i}`],
  "an id each, for a namespace each": (i) => [`n${i}`, `id=${i + 1} namespaces=team-${i}`],
  "no key is a name": (i) => [`${i}n`, `id=${i + 1}`],
  "no text can be read": (i) => [`n${i}`, `id=x namespace=team-${i}`],
  "without an id": (i) => [`n${i}`, ""],
};

function data(count: number, entry: (i: number) => readonly [string, string]): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => entry(i)));
}

function* story(texts: Record<string, string>): Pieces<void> {
  let before: ClusterNetworks = noClusterNetworks;
  // All come, one changes, all but one go.
  for (const edit of [texts, { ...texts, n0: "id=77" }, { other: "id=1" }]) {
    const cluster: ClusterNetworks = yield* readingClusterNetworks(edit, { previous: before, configMap });
    yield* changedKeys(before, cluster);
    before = cluster;
  }
}

for (const [what, entry] of Object.entries(shapes)) {
  Deno.test(`a ConfigMap with many keys, ${what}: the work grows as they do`, () => {
    const [some, twice] = [1_000, 2_000].map((count) => {
      const texts = data(count, entry);
      return elementsIterated(() => atOnce(story(texts)));
    });
    assert.ok(some !== undefined && twice !== undefined);
    assert.ok(some > 1_000, "it is counted at all");
    assert.ok(twice < 2.2 * some, `${some}, then ${twice}`);
  });

  Deno.test(`a ConfigMap with many keys, ${what}: it is read in as many pieces`, () => {
    assert.ok(
      [...readingClusterNetworks(data(1_000, entry), { previous: noClusterNetworks, configMap })].length >=
        2_000,
    );
  });

  Deno.test(`a ConfigMap with many keys, ${what}: no more problems are listed than people read, and all are counted`, () => {
    const { problems, faults } = readClusterNetworks(data(1_000, entry), {
      previous: noClusterNetworks,
      configMap,
    });
    assert.ok(problems.length <= mostProblems + 1);
    assert.equal(faults > mostProblems, problems.length === mostProblems + 1);
    assert.equal(
      problems.filter(({ message }) => message.startsWith("Cannot list all")).length,
      faults > mostProblems ? 1 : 0,
    );
  });
}

Deno.test("who comes to hold a network while its removal is read keeps it, and what was let go meanwhile is forgotten", () => {
  const texts = { a: "id=1 namespaces=x", b: "id=2 namespaces=x", c: "id=3" };
  const previous = readClusterNetworks(texts, { previous: noClusterNetworks, configMap });
  const held = new Set(["b"]);
  const work = readingClusterNetworks({ c: "id=3" }, { previous, configMap, isHeld: (key) => held.has(key) });
  const rest = [...Array(4)].map(() => work.next());
  assert.ok(rest.every(({ done }) => done === false), "all was judged, and nothing is settled yet");
  held.delete("b");
  held.add("a");
  assert.deepEqual([...atOnce(work).networks].map(([name, { state }]) => `${name} ${state}`), [
    "a removed",
    "c current",
  ]);
});
