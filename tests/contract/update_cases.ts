// What do we rely on when objects are replaced?
import assert from "node:assert/strict";
import type { Case } from "./scene.ts";

/** Clauses about PUT. */
export const updateCases: readonly Case[] = [
  {
    it: "update: replaces, with a new version and the old uid",
    test: async (scene) => {
      const made = await scene.configMap("a", { data: { x: "1", y: "1" } });
      const path = scene.path(`configmaps/${scene.name("a")}`);
      const changed = await scene.must({ path, method: "PUT", body: { ...made, data: { x: "2" } } });
      assert.deepEqual(changed.data, { x: "2" });
      assert.equal(changed.metadata.uid, made.metadata.uid);
      assert.notEqual(changed.metadata.resourceVersion, made.metadata.resourceVersion);
      assert.equal(changed.metadata.creationTimestamp, made.metadata.creationTimestamp);
    },
  },
  {
    it: "update: with an old version is 409 Conflict and changes nothing",
    test: async (scene) => {
      const made = await scene.configMap("a", { data: { x: "1" } });
      const path = scene.path(`configmaps/${scene.name("a")}`);
      await scene.must({ path, method: "PUT", body: { ...made, data: { x: "2" } } });
      const status = await scene.refused({ path, method: "PUT", body: { ...made, data: { x: "3" } } });
      assert.deepEqual([status.code, status.reason], [409, "Conflict"]);
      assert.equal(
        status.message,
        `Operation cannot be fulfilled on configmaps "${scene.name("a")}": the object has been modified; ` +
          "please apply your changes to the latest version and try again",
      );
      assert.deepEqual(status.details, { name: scene.name("a"), kind: "configmaps" });
      assert.deepEqual((await scene.must({ path })).data, { x: "2" });
    },
  },
  {
    it: "update: without a version overwrites",
    test: async (scene) => {
      const made = await scene.configMap("a");
      await scene.must({
        path: scene.path(`configmaps/${scene.name("a")}`),
        method: "PUT",
        body: { ...made, metadata: scene.metadata("a"), data: { x: "2" } },
      });
    },
  },
  {
    it: "update: what changes nothing keeps the version",
    test: async (scene) => {
      const made = await scene.configMap("a", { data: { x: "1" } });
      const path = scene.path(`configmaps/${scene.name("a")}`);
      const same = await scene.must({ path, method: "PUT", body: made });
      assert.equal(same.metadata.resourceVersion, made.metadata.resourceVersion);
    },
  },
  {
    it: "update: another uid is 409 Conflict",
    test: async (scene) => {
      const made = await scene.configMap("a");
      const metadata = { ...made.metadata, uid: crypto.randomUUID() };
      const path = scene.path(`configmaps/${scene.name("a")}`);
      const status = await scene.refused({ path, method: "PUT", body: { ...made, metadata } });
      assert.deepEqual([status.code, status.reason], [409, "Conflict"]);
      assert.match(status.message, /Precondition failed: UID in precondition: /);
    },
  },
  {
    it: "update: another name than the path's is 400",
    test: async (scene) => {
      const made = await scene.configMap("a");
      const metadata = { ...made.metadata, name: scene.name("b") };
      const path = scene.path(`configmaps/${scene.name("a")}`);
      const status = await scene.refused({ path, method: "PUT", body: { ...made, metadata } });
      assert.deepEqual([status.code, status.reason], [400, "BadRequest"]);
      assert.match(status.message, /the name of the object \(.*\) does not match the name on the URL/);
    },
  },
  {
    it: "update: of what is not there is 404",
    test: async (scene) => {
      const path = scene.path(`configmaps/${scene.name("a")}`);
      const metadata = scene.metadata("a", { resourceVersion: "1", uid: crypto.randomUUID() });
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata };
      const status = await scene.refused({ path, method: "PUT", body });
      assert.deepEqual([status.code, status.reason], [404, "NotFound"]);
    },
  },
];
