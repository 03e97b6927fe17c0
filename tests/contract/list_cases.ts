// What do we rely on when objects are listed?
import assert from "node:assert/strict";
import type { Case, Scene } from "./scene.ts";

/** Clauses about lists. */
export const listCases: readonly Case[] = [
  {
    it: "list: kind, version, and items without kind, sorted by name",
    test: async (scene) => {
      for (const suffix of ["b", "c", "a"]) await scene.configMap(suffix);
      const list = await scene.must({ path: scene.mine("configmaps") });
      assert.deepEqual([list.kind, list.apiVersion], ["ConfigMapList", "v1"]);
      assert.match(list.metadata.resourceVersion, /^\d+$/);
      assert.equal(list.metadata.continue, undefined);
      assert.deepEqual(namesOf(scene, list), ["a", "b", "c"]);
      assert.equal(list.items[0].kind, undefined);
      assert.equal(list.items[0].metadata.uid.length, 36);
    },
  },
  {
    it: "list: nothing found is an empty list, not null",
    test: async (scene) => {
      const list = await scene.must({ path: scene.mine("configmaps") });
      assert.deepEqual(list.items, []);
    },
  },
  {
    it: "list: pages by limit and continue, all of one version",
    test: async (scene) => {
      for (const suffix of ["a", "b", "c", "d", "e"]) await scene.configMap(suffix);
      const first = await scene.must({ path: scene.path("configmaps", { limit: 2 }) });
      assert.equal(first.items.length, 2);
      const names: string[] = namesOf(scene, first);
      await scene.configMap("z-later");
      for (let page = first; page.metadata.continue;) {
        const query = { limit: 2, continue: page.metadata.continue };
        page = await scene.must({ path: scene.path("configmaps", query) });
        assert.equal(page.metadata.resourceVersion, first.metadata.resourceVersion);
        names.push(...namesOf(scene, page));
      }
      assert.deepEqual(names.filter((name) => name.length === 1), ["a", "b", "c", "d", "e"]);
      assert.ok(!names.includes("z-later"), "what came later is not in it");
    },
  },
  {
    it: "list: a first page says how many are left, without a selector",
    test: async (scene) => {
      for (const suffix of ["a", "b", "c"]) await scene.configMap(suffix);
      const all = await scene.must({ path: scene.path("configmaps") });
      const page = await scene.must({ path: scene.path("configmaps", { limit: 1 }) });
      assert.equal(page.metadata.remainingItemCount, all.items.length - 1);
    },
  },
  {
    it: "list: with a selector pages do not say how many are left",
    test: async (scene) => {
      for (const suffix of ["a", "b", "c"]) await scene.configMap(suffix);
      const page = await scene.must({ path: scene.mine("configmaps", { limit: 1 }) });
      assert.equal(page.items.length, 1);
      assert.ok(page.metadata.continue);
      assert.equal(page.metadata.remainingItemCount, undefined);
    },
  },
  {
    it: "list: version 0 ignores the limit",
    test: async (scene) => {
      for (const suffix of ["a", "b", "c"]) await scene.configMap(suffix);
      // The watch cache may be a moment behind: this reads at least as new as the last write first.
      const query = { labelSelector: scene.selector, limit: 1, resourceVersion: 0 };
      await settled(scene);
      const list = await scene.must({ path: scene.path("configmaps", query) });
      assert.deepEqual([list.items.length, list.metadata.continue], [3, undefined]);
    },
  },
  {
    it: "list: at least as new as a version that is known",
    test: async (scene) => {
      const { metadata } = await scene.configMap("a");
      const list = await scene.must({
        path: scene.mine("configmaps", { resourceVersion: metadata.resourceVersion }),
      });
      assert.deepEqual(namesOf(scene, list), ["a"]);
    },
  },
  {
    it: "list: a continue token that is nonsense is 400",
    test: async (scene) => {
      const status = await scene.refused({
        path: scene.path("configmaps", { limit: 1, continue: "nonsense" }),
      });
      assert.deepEqual([status.code, status.reason], [400, "BadRequest"]);
      assert.match(status.message, /continue key is not valid/);
    },
  },
  {
    it: "list: label selectors by equality, set and existence",
    test: async (scene) => {
      const make = (suffix: string, labels: object): Promise<unknown> =>
        scene.configMap(suffix, { metadata: { labels: { contract: scene.mark, ...labels } } });
      await make("a", { tier: "web" });
      await make("b", { tier: "db" });
      await make("c", {});
      const rows = [
        { selector: "tier=web", found: ["a"] },
        { selector: "tier==web", found: ["a"] },
        { selector: "tier!=web", found: ["b", "c"] },
        { selector: "tier in (web,db)", found: ["a", "b"] },
        { selector: "tier notin (web)", found: ["b", "c"] },
        { selector: "tier", found: ["a", "b"] },
        { selector: "!tier", found: ["c"] },
      ];
      for (const { selector, found } of rows) {
        const labelSelector = `${scene.selector},${selector}`;
        const list = await scene.must({ path: scene.path("configmaps", { labelSelector }) });
        assert.deepEqual(namesOf(scene, list), found, selector);
      }
    },
  },
  {
    it: "list: a label selector that cannot be read is 400",
    test: async (scene) => {
      const status = await scene.refused({ path: scene.path("configmaps", { labelSelector: "a b" }) });
      assert.deepEqual([status.code, status.reason], [400, "BadRequest"]);
      assert.match(status.message, /unable to parse requirement/);
    },
  },
  {
    it: "list: field selectors by name and by phase",
    test: async (scene) => {
      await scene.pod("a");
      await scene.pod("b");
      const byName = await scene.must({
        path: scene.path("pods", { fieldSelector: `metadata.name=${scene.name("b")}` }),
      });
      assert.deepEqual(namesOf(scene, byName), ["b"]);
      const pending = await scene.must({
        path: scene.mine("pods", { fieldSelector: "status.phase=Pending" }),
      });
      assert.deepEqual(namesOf(scene, pending), ["a", "b"]);
      const placed = await scene.must({ path: scene.mine("pods", { fieldSelector: "spec.nodeName!=" }) });
      assert.deepEqual(namesOf(scene, placed), []);
    },
  },
  {
    it: "list: a field that cannot be selected is 400",
    test: async (scene) => {
      const status = await scene.refused({ path: scene.path("pods", { fieldSelector: "spec.hostname=x" }) });
      assert.deepEqual([status.code, status.reason], [400, "BadRequest"]);
      assert.match(status.message, /field label not supported: spec\.hostname/);
    },
  },
  {
    it: "list: all namespaces together",
    test: async (scene) => {
      await scene.configMap("a");
      const query = new URLSearchParams({ labelSelector: scene.selector });
      const list = await scene.must({ path: `/api/v1/configmaps?${query}` });
      assert.deepEqual(list.items.map((one: { metadata: { namespace: string } }) => one.metadata.namespace), [
        scene.api.namespace,
      ]);
    },
  },
  {
    it: "list: a version that lies in the future is 504 and says that it is too large",
    test: async (scene) => {
      const { metadata } = await scene.must({ path: scene.path("configmaps") });
      const future = String(Number(metadata.resourceVersion) + 1_000_000);
      const status = await scene.refused({ path: scene.path("configmaps", { resourceVersion: future }) });
      assert.deepEqual([status.code, status.reason], [504, "Timeout"]);
      assert.equal(status.details.causes[0].reason, "ResourceVersionTooLarge");
    },
  },
];

function namesOf(scene: Scene, list: { items: { metadata: { name: string } }[] }): string[] {
  return list.items.map(({ metadata }) => metadata.name.replace(`${scene.mark}-`, ""));
}

/** Returns when a watch, and so the cache behind it, has seen all that was made. */
async function settled(scene: Scene): Promise<void> {
  const { metadata } = await scene.configMap("d-settled", { metadata: { labels: {} } });
  const { resourceVersion } = metadata;
  await scene.must({ path: scene.path("configmaps", { resourceVersion }) });
}
