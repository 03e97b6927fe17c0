// A ConfigMap of 1 MiB, whatever it is made of: twice as many keys are twice the work, and none of it is done in one piece.
import assert from "node:assert/strict";
import { changedKeys } from "../../lib/network/cluster_changes.ts";
import {
  type ClusterNetworks,
  noClusterNetworks,
  readClusterNetworks,
  readingClusterNetworks,
} from "../../lib/network/cluster_networks.ts";
import { poolFaults } from "../../lib/network/pool.ts";
import { mostProblems } from "../../lib/network/problem.ts";
import { parseClusterOptions } from "../../lib/network/grammar/annotation.ts";
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

const words: Readonly<Record<string, (i: number) => string>> = {
  "subnet=": (i) => `subnet=10.${i >> 8}.${i & 255}.0/24`,
  "subnet= and range=": (i) => `subnet=fd00:${i}::/64 range=fd00:${i}::1-fd00:${i}::9`,
  "subnet= and exclude=": (i) => `subnet=10.${i >> 8}.${i & 255}.0/24 exclude=10.${i >> 8}.${i & 255}.7`,
  "exclude= of one subnet": (i) => `${i === 0 ? "subnet=10.0.0.0/8 " : ""}exclude=10.${i >> 8}.${i & 255}.7`,
  "route=": (i) => `route=10.${i >> 8}.${i & 255}.0/24:192.168.0.1`,
  "peer=": (i) => `peer=203.0.${i >> 8}.${i & 255}`,
  "except=": (i) => `except=10.${i >> 8}.${i & 255}.0/24`,
};
for (const [what, word] of Object.entries(words)) {
  Deno.test(`a key of the ConfigMap with many words, ${what}: the work grows as they do`, () => {
    const [some, twice] = [400, 800].map((count) => {
      const text = Array.from({ length: count }, (_, i) => word(i)).join(" ");
      const source = { kind: "configmap", ...configMap, key: "west" } as const;
      return elementsIterated(() => parseClusterOptions(`id=5 ${text}`, source));
    });
    assert.ok(some !== undefined && twice !== undefined);
    assert.ok(some > 400, "it is counted at all");
    assert.ok(twice < 2.2 * some, `${some}, then ${twice}`);
  });
}

Deno.test("a key of the ConfigMap with more subnets than a pool may have: none is compared with the others", () => {
  let reads = 0;
  const subnet = Array.from({ length: 1_000 }, (_, i) => ({
    family: 4 as const,
    prefix: 24,
    get address(): string {
      reads++;
      return `10.${i >> 8}.${i & 255}.0`;
    },
  }));
  assert.deepEqual(poolFaults({ subnet }), ["it has 1000 subnets, expected at most 4"]);
  assert.ok(reads <= 1_000, `${reads} reads`);
});

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
