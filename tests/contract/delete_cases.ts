// What do we rely on when objects are deleted?
import assert from "node:assert/strict";
import type { Json } from "./api_under_test.ts";
import type { Case, Scene } from "./scene.ts";

/** Clauses about DELETE. */
export const deleteCases: readonly Case[] = [
  {
    it: "delete: answers with a Status that names the object",
    test: async (scene) => {
      const { metadata } = await scene.configMap("a");
      const path = scene.path(`configmaps/${metadata.name}`);
      const answer = await scene.must({ path, method: "DELETE" });
      assert.deepEqual([answer.kind, answer.status], ["Status", "Success"]);
      assert.deepEqual(answer.details, { name: metadata.name, kind: "configmaps", uid: metadata.uid });
      assert.equal((await scene.refused({ path })).code, 404);
    },
  },
  {
    it: "delete: of what is not there is 404",
    test: async (scene) => {
      const path = scene.path(`configmaps/${scene.name("a")}`);
      const status = await scene.refused({ path, method: "DELETE" });
      assert.deepEqual([status.code, status.reason], [404, "NotFound"]);
    },
  },
  {
    it: "delete: another uid than the precondition's is 409 and deletes nothing",
    test: async (scene) => {
      await scene.configMap("a");
      const path = scene.path(`configmaps/${scene.name("a")}`);
      const body = { preconditions: { uid: crypto.randomUUID() } };
      const status = await scene.refused({ path, method: "DELETE", body });
      assert.deepEqual([status.code, status.reason], [409, "Conflict"]);
      await scene.must({ path });
    },
  },
  {
    it: "delete: a pod that is nowhere goes at once",
    test: async (scene) => {
      const { metadata } = await scene.pod("a");
      const path = scene.path(`pods/${metadata.name}`);
      const answer = await scene.must({ path, method: "DELETE" });
      assert.deepEqual([answer.kind, answer.metadata.uid], ["Pod", metadata.uid]);
      assert.equal((await scene.refused({ path })).code, 404);
    },
  },
  {
    it: "delete: a running pod is marked with its end and grace, runs on, and goes when it has ended",
    test: async (scene) => {
      const { metadata } = await scene.runningPod("a", { terminationGracePeriodSeconds: 20 });
      const path = scene.path(`pods/${metadata.name}`);
      const query = { watch: 1, resourceVersion: metadata.resourceVersion };
      await using watch = await scene.watch(scene.mine("pods", query));
      const answer = await scene.must({ path, method: "DELETE" });
      assert.equal(answer.metadata.deletionGracePeriodSeconds, 20);
      const first = await nextChange(watch, (pod) => pod.metadata.deletionTimestamp !== undefined);
      assert.equal(first.type, "MODIFIED");
      assert.equal(first.object.metadata.deletionGracePeriodSeconds, 20);
      assert.ok(first.object.status.podIP, "it has its address still");
      const last = await nextChange(watch, (_, type) => type === "DELETED");
      assert.equal(last.object.metadata.uid, metadata.uid);
      assert.ok(last.object.metadata.deletionTimestamp);
      assert.equal((await scene.refused({ path })).code, 404);
    },
  },
  {
    it: "delete: a second deletion with less grace shortens the first, one with more does not lengthen it",
    test: async (scene) => {
      // As process 1 it has no handler for TERM, so it does not hear it.
      const deaf = ["sleep", "1000"];
      const containers = [{
        name: "c",
        image: scene.api.image,
        command: deaf,
        imagePullPolicy: "IfNotPresent",
      }];
      const { metadata } = await scene.runningPod("a", { terminationGracePeriodSeconds: 300, containers });
      const path = scene.path(`pods/${metadata.name}`);
      const graceAfter = async (gracePeriodSeconds?: number): Promise<number> => {
        const body = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
        const pod = await scene.must({ path, method: "DELETE", body });
        return pod.metadata.deletionGracePeriodSeconds;
      };
      assert.equal(await graceAfter(), 300);
      assert.equal(await graceAfter(200), 200);
      assert.equal(await graceAfter(250), 200);
    },
  },
  {
    it: "delete: without grace a running pod goes at once",
    test: async (scene) => {
      const { metadata } = await scene.runningPod("a");
      const path = scene.path(`pods/${metadata.name}`);
      await scene.must({ path, method: "DELETE", body: { gracePeriodSeconds: 0 } });
      assert.equal((await scene.refused({ path })).code, 404);
    },
  },
  {
    it: "delete: a pod that has finished keeps its address and goes at once",
    test: async (scene) => {
      const containers = [{
        name: "c",
        image: scene.api.image,
        command: ["true"],
        imagePullPolicy: "IfNotPresent",
      }];
      const { metadata } = await scene.pod("a", {
        schedulerName: "default-scheduler",
        restartPolicy: "Never",
        containers,
      });
      const done = await scene.podWhen(metadata.name, (pod) => pod.status.phase === "Succeeded");
      assert.ok(done.status.podIP);
      assert.equal(done.status.containerStatuses[0].state.terminated.exitCode, 0);
      const path = scene.path(`pods/${metadata.name}`);
      await scene.must({ path, method: "DELETE" });
      assert.equal((await scene.refused({ path })).code, 404);
    },
  },
];

/** The next event that is looked for. */
async function nextChange(
  watch: Awaited<ReturnType<Scene["watch"]>>,
  wanted: (object: Json, type: string) => boolean,
): Promise<{ readonly type: string; readonly object: Json }> {
  for (let event = await watch.next(); event !== undefined; event = await watch.next()) {
    if (event.type === "ERROR") break;
    if (wanted(event.object, event.type)) return event;
  }
  assert.fail("the watch ended before it came");
}
