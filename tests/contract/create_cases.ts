// What do we rely on when objects are created?
import assert from "node:assert/strict";
import type { Case } from "./scene.ts";

/** Clauses about POST. */
export const createCases: readonly Case[] = [
  {
    it: "create: 201 with uid, version, time and namespace filled in",
    test: async (scene) => {
      const path = scene.path("configmaps");
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: scene.metadata("a") };
      const answer = await scene.api.request({ path, method: "POST", body });
      assert.equal(answer.status, 201);
      const { kind, apiVersion, metadata } = answer.json;
      assert.deepEqual([kind, apiVersion, metadata.namespace], ["ConfigMap", "v1", scene.api.namespace]);
      assert.match(metadata.uid, /^[0-9a-f-]{36}$/);
      assert.match(metadata.resourceVersion, /^\d+$/);
      assert.match(metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      await scene.must({ path: `${path}/${metadata.name}`, method: "DELETE" });
    },
  },
  {
    it: "create: what is there already is 409 AlreadyExists",
    test: async (scene) => {
      await scene.configMap("a");
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: scene.metadata("a") };
      const status = await scene.refused({ path: scene.path("configmaps"), method: "POST", body });
      assert.deepEqual([status.code, status.reason], [409, "AlreadyExists"]);
      assert.equal(status.message, `configmaps "${scene.name("a")}" already exists`);
      assert.deepEqual(status.details, { name: scene.name("a"), kind: "configmaps" });
    },
  },
  {
    it: "create: generateName gives names that differ",
    test: async (scene) => {
      const object = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { generateName: scene.name("g-"), labels: { contract: scene.mark } },
      };
      const one = await scene.create(scene.path("configmaps"), object);
      const other = await scene.create(scene.path("configmaps"), object);
      assert.notEqual(one.metadata.name, other.metadata.name);
      assert.match(one.metadata.name, new RegExp(`^${scene.name("g-")}[a-z0-9]{5}$`));
      assert.equal(one.metadata.generateName, scene.name("g-"));
    },
  },
  {
    it: "create: without a name is 422",
    test: async (scene) => {
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: {} };
      const status = await scene.refused({ path: scene.path("configmaps"), method: "POST", body });
      assert.deepEqual([status.code, status.reason], [422, "Invalid"]);
      assert.match(status.message, /name or generateName is required/);
    },
  },
  {
    it: "create: in a namespace that is not there is 404",
    test: async (scene) => {
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
      const path = `/api/v1/namespaces/${scene.name("none")}/configmaps`;
      const status = await scene.refused({ path, method: "POST", body });
      assert.deepEqual([status.code, status.reason], [404, "NotFound"]);
      assert.equal(status.message, `namespaces "${scene.name("none")}" not found`);
    },
  },
  {
    it: "create: with a version set is refused",
    test: async (scene) => {
      const metadata = scene.metadata("a", { resourceVersion: "1" });
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata };
      const status = await scene.refused({ path: scene.path("configmaps"), method: "POST", body });
      assert.equal(status.message, "resourceVersion should not be set on objects to be created");
    },
  },
  {
    it: "create: a namespace other than the path's is 400",
    test: async (scene) => {
      const metadata = scene.metadata("a", { namespace: "kube-system" });
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata };
      const status = await scene.refused({ path: scene.path("configmaps"), method: "POST", body });
      assert.deepEqual([status.code, status.reason], [400, "BadRequest"]);
      assert.match(
        status.message,
        /the namespace of the provided object does not match the namespace sent on the request/,
      );
    },
  },
  {
    it: "create: a pod starts as Pending with the defaults that we read",
    test: async (scene) => {
      const pod = await scene.pod("a", { terminationGracePeriodSeconds: undefined });
      assert.equal(pod.status.phase, "Pending");
      assert.deepEqual([pod.spec.restartPolicy, pod.spec.terminationGracePeriodSeconds], ["Always", 30]);
      assert.equal(pod.spec.nodeName, undefined);
    },
  },
  {
    it: "create: what is no JSON is 400",
    test: async (scene) => {
      const status = await scene.refused({ path: scene.path("configmaps"), method: "POST", body: "{" });
      assert.deepEqual([status.code, status.reason], [400, "BadRequest"]);
    },
  },
];
