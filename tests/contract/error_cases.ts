// What do we rely on when a request is refused?
import assert from "node:assert/strict";
import { type Case, checkStatus } from "./scene.ts";

/** Clauses about errors in general. */
export const errorCases: readonly Case[] = [
  {
    it: "error: 404 for an object names it in message and details",
    test: async (scene) => {
      const status = await scene.refused({ path: scene.path(`pods/${scene.name("a")}`) });
      assert.deepEqual(status, {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: `pods "${scene.name("a")}" not found`,
        reason: "NotFound",
        details: { name: scene.name("a"), kind: "pods" },
        code: 404,
      });
    },
  },
  {
    it: "error: details name the group of a grouped resource",
    test: async (scene) => {
      const base = `/apis/coordination.k8s.io/v1/namespaces/${scene.api.namespace}/leases`;
      const status = await scene.refused({ path: `${base}/${scene.name("a")}` });
      assert.deepEqual(status.details, {
        name: scene.name("a"),
        group: "coordination.k8s.io",
        kind: "leases",
      });
      assert.equal(status.message, `leases.coordination.k8s.io "${scene.name("a")}" not found`);
    },
  },
  {
    it: "error: a wrong token is 401 Unauthorized",
    test: async (scene) => {
      const answer = await scene.api.request({ path: scene.path("pods"), token: "wrong" });
      const status = checkStatus(answer);
      assert.deepEqual([status.code, status.reason, status.message], [401, "Unauthorized", "Unauthorized"]);
    },
  },
  {
    it: "error: a method that a path does not have is 405",
    test: async (scene) => {
      const status = await scene.refused({ path: scene.path("pods"), method: "PUT", body: {} });
      assert.deepEqual([status.code, status.reason], [405, "MethodNotAllowed"]);
    },
  },
  {
    it: "error: a resource that is not there is 404",
    test: async (scene) => {
      assert.equal((await scene.api.request({ path: scene.path("nosuch") })).status, 404);
      assert.equal((await scene.api.request({ path: "/apis/nosuch/v1" })).status, 404);
    },
  },
  {
    it: "error: readyz says ok without a Status",
    test: async (scene) => {
      const { status, text } = await scene.api.request({ path: "/readyz" });
      assert.deepEqual([status, text], [200, "ok"]);
    },
  },
];
