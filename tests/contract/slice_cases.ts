// What do we rely on for EndpointSlices and the Services they belong to?
import assert from "node:assert/strict";
import type { Json } from "./api_under_test.ts";
import type { Case, Scene } from "./scene.ts";

/** Clauses about EndpointSlices. */
export const sliceCases: readonly Case[] = [
  {
    it: "service: headless without a selector, annotations and ports as they were given",
    test: async (scene) => {
      const made = await scene.create(scene.path("services"), {
        apiVersion: "v1",
        kind: "Service",
        metadata: scene.metadata("db", { annotations: { "example.org/network": "storage" } }),
        spec: { type: "ClusterIP", clusterIP: "None", ports: [{ name: "sql", port: 5432, protocol: "TCP" }] },
      });
      assert.equal(made.spec.clusterIP, "None");
      assert.equal(made.spec.selector, undefined);
      assert.equal(made.metadata.annotations["example.org/network"], "storage");
      assert.deepEqual([made.spec.ports[0].name, made.spec.ports[0].port], ["sql", 5432]);
    },
  },
  {
    it: "endpointslice: the server makes its name, and a label finds it",
    test: async (scene) => {
      const made = await scene.create(collection(scene), slice(scene));
      assert.match(made.metadata.name, new RegExp(`^${scene.name("db")}-.{5}$`));
      const found = await scene.must({ path: `${collection(scene)}?labelSelector=${scene.selector}` });
      assert.deepEqual(found.items.map((one: Json) => one.metadata.name), [made.metadata.name]);
    },
  },
  {
    it: "endpointslice: a merge patch replaces the endpoints, with the version that was read only",
    test: async (scene) => {
      const made = await scene.create(collection(scene), slice(scene));
      const path = `${collection(scene)}/${made.metadata.name}`;
      const patch = (resourceVersion: string, address: string): object => ({
        metadata: { resourceVersion },
        endpoints: [{ addresses: [address], conditions: { ready: false, serving: true, terminating: true } }],
      });
      const contentType = "application/merge-patch+json";
      const { resourceVersion } = made.metadata;
      const patched = await scene.must({
        ...{ path, method: "PATCH", contentType },
        body: patch(resourceVersion, "10.9.0.2"),
      });
      assert.deepEqual(patched.endpoints[0].addresses, ["10.9.0.2"]);
      assert.equal(patched.endpoints.length, 1);
      const late = patch(resourceVersion, "10.9.0.3");
      const status = await scene.refused({ path, method: "PATCH", contentType, body: late });
      assert.deepEqual([status.code, status.reason], [409, "Conflict"]);
    },
  },
  {
    it: "endpointslice: deleted with the version that was read only",
    test: async (scene) => {
      const made = await scene.create(collection(scene), slice(scene));
      const path = `${collection(scene)}/${made.metadata.name}`;
      const { uid, resourceVersion } = made.metadata;
      const old = { preconditions: { uid, resourceVersion: "1" } };
      const status = await scene.refused({ path, method: "DELETE", body: old });
      assert.deepEqual([status.code, status.reason], [409, "Conflict"]);
      await scene.must({ path, method: "DELETE", body: { preconditions: { uid, resourceVersion } } });
      assert.equal((await scene.refused({ path })).code, 404);
    },
  },
];

function collection(scene: Scene): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${scene.api.namespace}/endpointslices`;
}

function slice(scene: Scene): Json {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { generateName: `${scene.name("db")}-`, labels: { contract: scene.mark } },
    addressType: "IPv4",
    endpoints: [
      {
        addresses: ["10.9.0.1"],
        hostname: "db-0",
        conditions: { ready: true, serving: true, terminating: false },
      },
    ],
    ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
  };
}
