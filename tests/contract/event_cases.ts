// What do we rely on when Events are written?
import assert from "node:assert/strict";
import type { Json } from "./api_under_test.ts";
import type { Case, Scene } from "./scene.ts";

/** Clauses about events.k8s.io/v1. */
export const eventCases: readonly Case[] = [
  {
    it: "event: created, and read back in both forms",
    test: async (scene) => {
      const made = await scene.create(collection(scene), event(scene));
      assert.deepEqual([made.kind, made.apiVersion, made.note], ["Event", "events.k8s.io/v1", "a note"]);
      assert.equal(made.regarding.name, "somebody");
      const core = await scene.must({ path: scene.path(`events/${made.metadata.name}`) });
      assert.deepEqual([core.kind, core.apiVersion, core.message], ["Event", "v1", "a note"]);
      assert.deepEqual([core.involvedObject.name, core.reportingComponent, core.type], [
        "somebody",
        "example.org/controller",
        "Warning",
      ]);
      assert.equal(core.metadata.uid, made.metadata.uid);
    },
  },
  {
    it: "event: a repetition is a merge patch of its series",
    test: async (scene) => {
      const { metadata } = await scene.create(collection(scene), event(scene));
      const series = { count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z" };
      const patched = await scene.must({
        path: `${collection(scene)}/${metadata.name}`,
        method: "PATCH",
        body: { series },
        contentType: "application/merge-patch+json",
      });
      assert.deepEqual(patched.series, series);
      assert.equal(patched.note, "a note");
    },
  },
  {
    it: "event: missing what it must have is 422",
    test: async (scene) => {
      for (
        const missing of ["eventTime", "reportingController", "reportingInstance", "reason", "action", "type"]
      ) {
        const { [missing]: _, ...body } = event(scene);
        const status = await scene.refused({ path: collection(scene), method: "POST", body });
        assert.deepEqual([status.code, status.reason], [422, "Invalid"], missing);
      }
    },
  },
  {
    it: "event: a note over 1024 characters is 422",
    test: async (scene) => {
      const body = { ...event(scene), note: "x".repeat(1025) };
      const status = await scene.refused({ path: collection(scene), method: "POST", body });
      assert.deepEqual([status.code, status.reason], [422, "Invalid"]);
      await scene.create(collection(scene), { ...event(scene), note: "x".repeat(1024) });
    },
  },
  {
    it: "event: all but its series is fixed",
    test: async (scene) => {
      const { metadata } = await scene.create(collection(scene), event(scene));
      const status = await scene.refused({
        path: `${collection(scene)}/${metadata.name}`,
        method: "PATCH",
        body: { note: "another" },
        contentType: "application/merge-patch+json",
      });
      assert.deepEqual([status.code, status.reason], [422, "Invalid"]);
    },
  },
  {
    it: "event: selected by what it is about, in both forms",
    test: async (scene) => {
      const uid = crypto.randomUUID();
      const { metadata } = await scene.create(collection(scene), event(scene, { uid }));
      const query = (field: string): string =>
        new URLSearchParams({ fieldSelector: `${field}.uid=${uid}` }).toString();
      const core = await scene.must({ path: `${scene.path("events")}?${query("involvedObject")}` });
      const grouped = await scene.must({ path: `${collection(scene)}?${query("regarding")}` });
      for (const list of [core, grouped]) {
        assert.deepEqual(list.items.map((one: Json) => one.metadata.name), [metadata.name]);
      }
    },
  },
];

function collection(scene: Scene): string {
  return `/apis/events.k8s.io/v1/namespaces/${scene.api.namespace}/events`;
}

function event(scene: Scene, about: object = {}): Json {
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: scene.metadata("event"),
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "example.org/controller",
    reportingInstance: "one",
    reason: "Tested",
    action: "Testing",
    type: "Warning",
    note: "a note",
    regarding: {
      apiVersion: "v1",
      kind: "Pod",
      name: "somebody",
      namespace: scene.api.namespace,
      uid: crypto.randomUUID(),
      ...about,
    },
  };
}
