// What do we rely on when objects are patched?
import assert from "node:assert/strict";
import type { ApiRequest, Json } from "./api_under_test.ts";
import type { Case, Scene } from "./scene.ts";

const merge = "application/merge-patch+json";
const jsonPatch = "application/json-patch+json";
const strategic = "application/strategic-merge-patch+json";

/** Clauses about PATCH. */
export const patchCases: readonly Case[] = [
  {
    it: "patch: merge sets fields, and null removes them",
    test: async (scene) => {
      await scene.configMap("a", { data: { x: "1", y: "1" } });
      const patched = await scene.must(patch(scene, "configmaps/a", { data: { x: null, z: "3" } }, merge));
      assert.deepEqual(patched.data, { y: "1", z: "3" });
    },
  },
  {
    it: "patch: a merge with an old version is 409 Conflict",
    test: async (scene) => {
      const { metadata } = await scene.configMap("a");
      await scene.must(patch(scene, "configmaps/a", { data: { x: "1" } }, merge));
      const { resourceVersion } = metadata;
      const late = { metadata: { resourceVersion }, data: { x: "2" } };
      const status = await scene.refused(patch(scene, "configmaps/a", late, merge));
      assert.deepEqual([status.code, status.reason], [409, "Conflict"]);
    },
  },
  {
    it: "patch: what changes nothing keeps the version",
    test: async (scene) => {
      const { metadata } = await scene.configMap("a", { data: { x: "1" } });
      const same = await scene.must(patch(scene, "configmaps/a", { data: { x: "1" } }, merge));
      assert.equal(same.metadata.resourceVersion, metadata.resourceVersion);
    },
  },
  {
    it: "patch: JSON patch adds, replaces, removes and tests",
    test: async (scene) => {
      await scene.configMap("a", { data: { x: "1", y: "1" } });
      const operations = [
        { op: "test", path: "/data/x", value: "1" },
        { op: "replace", path: "/data/x", value: "2" },
        { op: "remove", path: "/data/y" },
        { op: "add", path: "/metadata/annotations", value: { "example.org/one": "1" } },
      ];
      const patched = await scene.must(patch(scene, "configmaps/a", operations, jsonPatch));
      assert.deepEqual([patched.data, patched.metadata.annotations], [{ x: "2" }, {
        "example.org/one": "1",
      }]);
    },
  },
  {
    it: "patch: a JSON patch whose test fails, or that removes what is not there, is 422 and changes nothing",
    test: async (scene) => {
      await scene.configMap("a", { data: { x: "1" } });
      const rows = [
        [{ op: "replace", path: "/data/x", value: "3" }, { op: "test", path: "/data/x", value: "2" }],
        [{ op: "remove", path: "/data/none" }],
      ];
      for (const operations of rows) {
        const status = await scene.refused(patch(scene, "configmaps/a", operations, jsonPatch));
        assert.deepEqual([status.code, status.reason], [422, "Invalid"], JSON.stringify(operations));
      }
      assert.deepEqual((await scene.must({ path: path(scene, "configmaps/a") })).data, { x: "1" });
    },
  },
  {
    it: "patch: another content type is 415",
    test: async (scene) => {
      await scene.configMap("a");
      const status = await scene.refused(patch(scene, "configmaps/a", {}, "application/json"));
      assert.deepEqual([status.code, status.reason], [415, "UnsupportedMediaType"]);
    },
  },
  {
    it: "patch: of what is not there is 404",
    test: async (scene) => {
      const status = await scene.refused(patch(scene, "configmaps/a", { data: {} }, merge));
      assert.deepEqual([status.code, status.reason], [404, "NotFound"]);
    },
  },
  {
    it: "patch: pods/status by strategic merge joins conditions by type and leaves the rest alone",
    test: async (scene) => {
      const pod = await scene.pod("a");
      const gate = (type: string, status: string): Json => ({ status: { conditions: [{ type, status }] } });
      await scene.must(patch(scene, "pods/a/status", gate("example.org/one", "False"), strategic));
      await scene.must(patch(scene, "pods/a/status", gate("example.org/two", "True"), strategic));
      const done = await scene.must(
        patch(scene, "pods/a/status", gate("example.org/one", "True"), strategic),
      );
      const own = done.status.conditions.filter(({ type }: Json) => type.startsWith("example.org/"))
        .map(({ type, status }: Json) => `${type}=${status}`).sort();
      assert.deepEqual(own, ["example.org/one=True", "example.org/two=True"]);
      assert.deepEqual(done.spec, pod.spec);
      assert.equal(done.status.phase, "Pending");
    },
  },
  {
    it:
      "patch: annotations over 256 KiB are 422, together with a condition too; the condition alone is taken",
    test: async (scene) => {
      await scene.pod("a");
      const status = { conditions: [{ type: "example.org/one", status: "True" }] };
      const metadata = { annotations: { "example.org/large": "x".repeat(262_144) } };
      const refused = await scene.refused(patch(scene, "pods/a/status", { metadata, status }, strategic));
      assert.deepEqual([refused.code, refused.reason], [422, "Invalid"]);
      assert.match(refused.message, /metadata\.annotations: Too long: may not be more than 262144 bytes/);
      await scene.must(patch(scene, "pods/a/status", { status }, strategic));
    },
  },
  {
    it: "patch: with the uid of another pod it is 422, and says so",
    test: async (scene) => {
      await scene.pod("a");
      const body = { metadata: { uid: "00000000-0000-0000-0000-000000000000" }, status: { message: "x" } };
      const refused = await scene.refused(patch(scene, "pods/a/status", body, strategic));
      assert.equal(refused.code, 422);
      assert.match(refused.message, /metadata\.uid: Invalid value/);
    },
  },
  {
    it: "patch: a status condition is removed by $patch: delete",
    test: async (scene) => {
      await scene.pod("a");
      const conditions = [{ type: "example.org/one", status: "True" }, {
        type: "example.org/two",
        status: "True",
      }];
      await scene.must(patch(scene, "pods/a/status", { status: { conditions } }, strategic));
      const removal = { status: { conditions: [{ type: "example.org/one", $patch: "delete" }] } };
      const done = await scene.must(patch(scene, "pods/a/status", removal, strategic));
      const own = done.status.conditions.map(({ type }: Json) => type)
        .filter((type: string) => type.startsWith("example.org/"));
      assert.deepEqual(own, ["example.org/two"]);
    },
  },
  {
    it: "patch: pods/status does not change the spec, and pods does not change the status",
    test: async (scene) => {
      await scene.pod("a");
      const both = (reason: string): Json => ({
        spec: { activeDeadlineSeconds: 1000 },
        status: { reason },
      });
      const status = await scene.must(patch(scene, "pods/a/status", both("Told"), merge));
      assert.deepEqual([status.spec.activeDeadlineSeconds, status.status.reason], [undefined, "Told"]);
      const main = await scene.must(patch(scene, "pods/a", both("Other"), merge));
      assert.deepEqual([main.spec.activeDeadlineSeconds, main.status.reason], [1000, "Told"]);
    },
  },
  {
    it: "patch: labels and annotations of a pod change, containers do not",
    test: async (scene) => {
      await scene.pod("a");
      const metadata = { labels: { more: "1" }, annotations: { "example.org/networks": "x" } };
      const done = await scene.must(patch(scene, "pods/a", { metadata }, strategic));
      assert.equal(done.metadata.annotations["example.org/networks"], "x");
      assert.deepEqual(done.metadata.labels, { contract: scene.mark, more: "1" });
      const operations = [{ op: "replace", path: "/spec/containers/0/name", value: "other" }];
      const status = await scene.refused(patch(scene, "pods/a", operations, jsonPatch));
      assert.deepEqual([status.code, status.reason], [422, "Invalid"]);
    },
  },
];

function path(scene: Scene, place: string): string {
  const [plural, suffix = "", ...rest] = place.split("/");
  return scene.path([plural, scene.name(suffix), ...rest].join("/"));
}

function patch(scene: Scene, place: string, body: unknown, contentType: string): ApiRequest {
  return { path: path(scene, place), method: "PATCH", body, contentType };
}
