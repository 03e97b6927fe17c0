// What do we rely on for the election of a leader?
import assert from "node:assert/strict";
import type { Json } from "./api_under_test.ts";
import type { Case, Scene } from "./scene.ts";

/** Clauses about Leases. */
export const leaseCases: readonly Case[] = [
  {
    it: "lease: created with its record, times to the microsecond",
    test: async (scene) => {
      const made = await scene.create(collection(scene), lease(scene, "one"));
      assert.deepEqual([made.kind, made.apiVersion], ["Lease", "coordination.k8s.io/v1"]);
      assert.deepEqual(made.spec, lease(scene, "one").spec);
    },
  },
  {
    it: "lease: two that create it, one wins",
    test: async (scene) => {
      await scene.create(collection(scene), lease(scene, "one"));
      const body = lease(scene, "two");
      const status = await scene.refused({ path: collection(scene), method: "POST", body });
      assert.deepEqual([status.code, status.reason], [409, "AlreadyExists"]);
      assert.equal(status.message, `leases.coordination.k8s.io "${scene.name("lease")}" already exists`);
    },
  },
  {
    it: "lease: renewed with the version that was read, lost with an old one",
    test: async (scene) => {
      const made = await scene.create(collection(scene), lease(scene, "one"));
      const path = `${collection(scene)}/${made.metadata.name}`;
      const renewed = { ...made, spec: { ...made.spec, renewTime: "2026-01-01T00:00:05.000000Z" } };
      const mine = await scene.must({ path, method: "PUT", body: renewed });
      assert.notEqual(mine.metadata.resourceVersion, made.metadata.resourceVersion);
      const stolen = { ...made, spec: { ...made.spec, holderIdentity: "two" } };
      const status = await scene.refused({ path, method: "PUT", body: stolen });
      assert.deepEqual([status.code, status.reason], [409, "Conflict"]);
      assert.match(status.message, /^Operation cannot be fulfilled on leases\.coordination\.k8s\.io /);
      assert.equal((await scene.must({ path })).spec.holderIdentity, "one");
    },
  },
  {
    it: "lease: given up by a PUT without a holder",
    test: async (scene) => {
      const made = await scene.create(collection(scene), lease(scene, "one"));
      const path = `${collection(scene)}/${made.metadata.name}`;
      const { holderIdentity: _, ...spec } = made.spec;
      const freed = await scene.must({ path, method: "PUT", body: { ...made, spec } });
      assert.equal(freed.spec.holderIdentity, undefined);
    },
  },
];

function collection(scene: Scene): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${scene.api.namespace}/leases`;
}

function lease(scene: Scene, holderIdentity: string): Json {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: scene.metadata("lease"),
    spec: {
      holderIdentity,
      leaseDurationSeconds: 15,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:00.000000Z",
      leaseTransitions: 0,
    },
  };
}
