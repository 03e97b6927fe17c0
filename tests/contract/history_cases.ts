// What do we rely on when a version is no longer known?
import assert from "node:assert/strict";
import { type Case, checkStatus } from "./scene.ts";

/** The clause that needs somebody who can make history expire. */
export const expiredHistory =
  "history: a continue token from before is 410 Expired, a watch from before gets 410 in an ERROR event and ends";

/** Clauses about expired versions. */
export const historyCases: readonly Case[] = [
  {
    it: expiredHistory,
    test: async (scene) => {
      for (const suffix of ["a", "b", "c"]) await scene.configMap(suffix);
      const { metadata } = await scene.must({ path: scene.path("configmaps", { limit: 1 }) });
      await scene.configMap("later");
      assert.ok(scene.api.expireHistory, "a server without it has to be excused");
      await scene.api.expireHistory();
      const page = await scene.api.request({
        path: scene.path("configmaps", { limit: 1, continue: metadata.continue }),
      });
      const status = checkStatus(page);
      assert.deepEqual([status.code, status.reason], [410, "Expired"]);
      const query = { watch: 1, resourceVersion: metadata.resourceVersion, timeoutSeconds: 5 };
      await using watch = await scene.watch(scene.mine("configmaps", query));
      const event = await watch.next();
      assert.equal(event?.type, "ERROR");
      const { kind, code, reason, message } = event.object;
      assert.deepEqual([kind, code, reason], ["Status", 410, "Expired"]);
      assert.match(message, /^too old resource version: \d+ \(\d+\)$/);
      assert.equal(await watch.next(), undefined);
    },
  },
  {
    it: "history: what is there is listed and watched anew after that",
    test: async (scene) => {
      await scene.configMap("a");
      const { metadata, items } = await scene.must({ path: scene.mine("configmaps") });
      assert.equal(items.length, 1);
      const { resourceVersion } = metadata;
      await using watch = await scene.watch(scene.mine("configmaps", { watch: 1, resourceVersion }));
      await scene.configMap("b");
      assert.equal((await watch.next())?.type, "ADDED");
    },
  },
];
