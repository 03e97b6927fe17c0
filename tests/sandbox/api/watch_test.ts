// Does a watch tell what the real one tells, in order and with its endings?
import assert from "node:assert/strict";
import { WatchReader } from "./api_client.ts";
import { configMaps } from "./resources.ts";
import { Sandbox, startSandbox } from "../sandbox.ts";

const path = "/api/v1/configmaps?watch=true";

function story(name: string, tell: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ dataPlane: "toy", window: 3 });
    await tell(sandbox);
  });
}

function put(sandbox: Sandbox, name: string, labels: Record<string, string> = {}): string {
  const [object] = sandbox.apply(
    JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels } }),
  );
  return object?.metadata.resourceVersion ?? "";
}

story("without a version everything there is comes first", async (sandbox) => {
  put(sandbox, "a");
  await using watch = await WatchReader.open(sandbox.server.url, path);
  put(sandbox, "b");
  put(sandbox, "a", { x: "y" });
  sandbox.delete(configMaps, { name: "a" });
  assert.deepEqual(await watch.events(4), ["ADDED a", "ADDED b", "MODIFIED a", "DELETED a"]);
});

story("from a version only what came later", async (sandbox) => {
  const version = put(sandbox, "a");
  put(sandbox, "b");
  await using watch = await WatchReader.open(sandbox.server.url, `${path}&resourceVersion=${version}`);
  assert.equal(await watch.event(), "ADDED b");
});

story("an object that loses its label is DELETED, with its last selected state", async (sandbox) => {
  put(sandbox, "a", { app: "x" });
  await using watch = await WatchReader.open(sandbox.server.url, `${path}&labelSelector=app%3Dx`);
  put(sandbox, "other");
  const version = put(sandbox, "a", {});
  put(sandbox, "a", { app: "x" });
  assert.equal(await watch.event(), "ADDED a");
  const deleted = JSON.parse(await watch.line() ?? "");
  assert.equal(deleted.type, "DELETED");
  assert.deepEqual(deleted.object.metadata.labels, { app: "x" });
  assert.equal(deleted.object.metadata.resourceVersion, version);
  assert.equal(await watch.event(), "ADDED a");
});

story("a version outside the window is answered 410 in the stream", async (sandbox) => {
  const version = put(sandbox, "a");
  for (let change = 0; change < 20; change++) put(sandbox, "a", { change: String(change) });
  await using watch = await WatchReader.open(sandbox.server.url, `${path}&resourceVersion=${version}`);
  assert.deepEqual(await watch.events(2), ["ERROR 410", undefined]);
});

story("bookmarks carry the present version, and only those who ask get them", async (sandbox) => {
  const version = put(sandbox, "a");
  const from = `${path}&resourceVersion=${version}`;
  await using asks = await WatchReader.open(sandbox.server.url, `${from}&allowWatchBookmarks=true`);
  await using silent = await WatchReader.open(sandbox.server.url, from);
  sandbox.apply(`{apiVersion: v1, kind: Namespace, metadata: {name: elsewhere}}`);
  sandbox.server.watches.bookmark();
  const bookmark = JSON.parse(await asks.line() ?? "");
  assert.equal(bookmark.type, "BOOKMARK");
  assert.equal(bookmark.object.metadata.resourceVersion, String(sandbox.store.version));
  put(sandbox, "b");
  assert.equal(await silent.event(), "ADDED b");
});

story("a streaming list marks the end of what there is", async (sandbox) => {
  put(sandbox, "a");
  const query = "&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
  await using watch = await WatchReader.open(sandbox.server.url, path + query);
  assert.equal(await watch.event(), "ADDED a");
  const mark = JSON.parse(await watch.line() ?? "");
  assert.equal(mark.object.metadata.annotations["k8s.io/initial-events-end"], "true");
});

story("timeoutSeconds ends it politely", async (sandbox) => {
  await using watch = await WatchReader.open(sandbox.server.url, `${path}&timeoutSeconds=1`);
  assert.equal(await watch.event(), undefined);
});

story("watchers see one order, whatever is written in between", async (sandbox) => {
  await using watch = await WatchReader.open(sandbox.server.url, "/api/v1/pods?watch=true");
  sandbox.apply(
    `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: x}]}}`,
  );
  await sandbox.waitForPhase({ name: "p" }, "Running");
  assert.deepEqual(await watch.events(2), ["ADDED p", "MODIFIED p"]);
});

story("a watcher that goes away is forgotten", async (sandbox) => {
  const watch = await WatchReader.open(sandbox.server.url, path);
  assert.equal(sandbox.server.watches.count(), 1);
  await watch[Symbol.asyncDispose]();
  const { waitFor } = await import("../tools/waiting.ts");
  await waitFor(() => sandbox.server.watches.count() === 0, { what: "the server has noticed" });
});
