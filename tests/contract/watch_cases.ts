// What do we rely on when objects are watched?
import assert from "node:assert/strict";
import type { Json } from "./api_under_test.ts";
import { type Case, events, type Scene } from "./scene.ts";

/** Clauses about watches. */
export const watchCases: readonly Case[] = [
  {
    it: "watch: from a version on, every change in order",
    test: async (scene) => {
      await scene.configMap("before");
      await using watch = await scene.watch(scene.mine("configmaps", { watch: 1, ...await now(scene) }));
      await scene.configMap("a");
      await change(scene, "a", { data: { x: "1" } });
      await remove(scene, "a");
      await scene.configMap("b");
      assert.deepEqual(await events(watch, 4, scene.mark), ["ADDED a", "MODIFIED a", "DELETED a", "ADDED b"]);
    },
  },
  {
    it: "watch: changes made before it was opened come too",
    test: async (scene) => {
      const from = await now(scene);
      await scene.configMap("a");
      await remove(scene, "a");
      await using watch = await scene.watch(scene.mine("configmaps", { watch: 1, ...from }));
      assert.deepEqual(await events(watch, 2, scene.mark), ["ADDED a", "DELETED a"]);
    },
  },
  {
    it: "watch: objects carry kind and the version of their change",
    test: async (scene) => {
      await using watch = await scene.watch(scene.mine("configmaps", { watch: 1, ...await now(scene) }));
      const made = await scene.configMap("a");
      const changed = await change(scene, "a", { data: { x: "1" } });
      const [added, modified] = [await watch.next(), await watch.next()];
      assert.deepEqual([added?.object.kind, added?.object.apiVersion], ["ConfigMap", "v1"]);
      assert.equal(added?.object.metadata.resourceVersion, made.metadata.resourceVersion);
      assert.equal(modified?.object.metadata.resourceVersion, changed.metadata.resourceVersion);
      assert.deepEqual(modified?.object.data, { x: "1" });
    },
  },
  {
    it: "watch: DELETED carries the last state under a newer version",
    test: async (scene) => {
      const { metadata } = await scene.configMap("a", { data: { x: "last" } });
      await using watch = await scene.watch(scene.mine("configmaps", { watch: 1, ...await now(scene) }));
      await remove(scene, "a");
      const event = await watch.next();
      assert.deepEqual([event?.type, event?.object.data, event?.object.metadata.uid], [
        "DELETED",
        { x: "last" },
        metadata.uid,
      ]);
      assert.notEqual(event?.object.metadata.resourceVersion, metadata.resourceVersion);
    },
  },
  {
    it:
      "watch: an object that loses its label arrives as DELETED in its last selected state, at the change's version",
    test: async (scene) => {
      await scene.configMap("a", { data: { x: "before" } });
      await using watch = await scene.watch(scene.mine("configmaps", { watch: 1, ...await now(scene) }));
      const lost = await change(scene, "a", {
        metadata: { labels: { contract: null } },
        data: { x: "after" },
      });
      const event = await watch.next();
      assert.equal(event?.type, "DELETED");
      assert.deepEqual(event?.object.data, { x: "before" });
      assert.deepEqual(event?.object.metadata.labels, { contract: scene.mark });
      assert.equal(event?.object.metadata.resourceVersion, lost.metadata.resourceVersion);
      assert.equal(event?.object.metadata.uid, lost.metadata.uid);
      assert.equal(event?.object.metadata.deletionTimestamp, undefined);
    },
  },
  {
    it: "watch: an object that gains its label arrives as ADDED",
    test: async (scene) => {
      await scene.configMap("a", { metadata: { labels: {} } });
      await using watch = await scene.watch(scene.mine("configmaps", { watch: 1, ...await now(scene) }));
      await change(scene, "a", { metadata: { labels: { contract: scene.mark } } });
      assert.deepEqual(await events(watch, 1, scene.mark), ["ADDED a"]);
    },
  },
  {
    it: "watch: by the field metadata.name",
    test: async (scene) => {
      const fieldSelector = `metadata.name=${scene.name("b")}`;
      const query = { watch: 1, fieldSelector, ...await now(scene) };
      await using watch = await scene.watch(scene.path("configmaps", query));
      await scene.configMap("a");
      await scene.configMap("b");
      assert.deepEqual(await events(watch, 1, scene.mark), ["ADDED b"]);
    },
  },
  {
    it: "watch: without a version, what there is comes first as ADDED",
    test: async (scene) => {
      await scene.configMap("a");
      await scene.configMap("b");
      await using watch = await scene.watch(scene.mine("configmaps", { watch: 1 }));
      assert.deepEqual([...await events(watch, 2, scene.mark)].sort(), ["ADDED a", "ADDED b"]);
      await remove(scene, "a");
      assert.deepEqual(await events(watch, 1, scene.mark), ["DELETED a"]);
    },
  },
  {
    it: "watch: a streaming list ends with a marked bookmark that has kind and version alone",
    test: async (scene) => {
      await scene.configMap("a");
      await using watch = await scene.watch(scene.mine("configmaps", {
        watch: 1,
        sendInitialEvents: "true",
        resourceVersionMatch: "NotOlderThan",
        allowWatchBookmarks: "true",
      }));
      assert.deepEqual(await events(watch, 1, scene.mark), ["ADDED a"]);
      const end = await watch.next();
      assert.deepEqual([end?.type, end?.object.kind, end?.object.apiVersion], [
        "BOOKMARK",
        "ConfigMap",
        "v1",
      ]);
      const { resourceVersion, ...rest } = end?.object.metadata;
      assert.match(resourceVersion, /^\d+$/);
      assert.deepEqual(rest, { annotations: { "k8s.io/initial-events-end": "true" } });
    },
  },
  {
    it: "watch: timeoutSeconds ends it politely",
    test: async (scene) => {
      await scene.configMap("a");
      await using watch = await scene.watch(scene.mine("configmaps", { watch: 1, timeoutSeconds: 1 }));
      assert.deepEqual(await events(watch, 2, scene.mark), ["ADDED a"], "the end follows");
    },
  },
  {
    it: "watch: from a version that is still to come it opens, and is silent",
    test: async (scene) => {
      const { resourceVersion } = await now(scene);
      const future = String(Number(resourceVersion) + 1_000_000);
      const query = { watch: 1, resourceVersion: future, timeoutSeconds: 2 };
      await using watch = await scene.watch(scene.mine("configmaps", query));
      await scene.configMap("a");
      assert.equal(await watch.next(), undefined);
    },
  },
  {
    it: "watch: a version that is no number is refused before the stream",
    test: async (scene) => {
      // The real server says 500 to a watch and 400 to a list; nobody asks on purpose.
      await scene.refused({
        path: scene.mine("configmaps", { watch: 1, resourceVersion: "nonsense", timeoutSeconds: 1 }),
      });
    },
  },
  {
    it: "watch: a bad selector is refused before the stream",
    test: async (scene) => {
      const status = await scene.refused({
        path: scene.path("pods", { watch: 1, fieldSelector: "spec.hostname=x", timeoutSeconds: 1 }),
      });
      assert.equal(status.code, 400);
    },
  },
];

/** The version of this moment, as a list gives it. */
async function now(scene: Scene): Promise<{ readonly resourceVersion: string }> {
  const { metadata } = await scene.must({ path: scene.mine("configmaps", { limit: 500 }) });
  return { resourceVersion: metadata.resourceVersion };
}

async function change(scene: Scene, suffix: string, patch: unknown): Promise<Json> {
  return await scene.must({
    path: scene.path(`configmaps/${scene.name(suffix)}`),
    method: "PATCH",
    body: patch,
    contentType: "application/merge-patch+json",
  });
}

async function remove(scene: Scene, suffix: string): Promise<void> {
  await scene.must({ path: scene.path(`configmaps/${scene.name(suffix)}`), method: "DELETE" });
}
