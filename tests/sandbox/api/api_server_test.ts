// Does the sandbox's API server answer as the real one: objects, lists, patches, deletion, errors?
import assert from "node:assert/strict";
import { call } from "./api_client.ts";
import { Sandbox, startSandbox } from "../sandbox.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const podsPath = "/api/v1/namespaces/default/pods";

function withServer(name: string, story: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ dataPlane: "toy" });
    await story(sandbox);
  });
}

function configMap(name: string, data: Record<string, string> = {}): unknown {
  return { metadata: { name }, data };
}

withServer("an object gets what the server adds", async ({ server }) => {
  const made = await call(server.url, {
    method: "POST",
    path: configMaps,
    body: { metadata: { generateName: "x-" } },
  });
  assert.equal(made.status, 201);
  const { metadata, kind, apiVersion } = made.json;
  assert.deepEqual([kind, apiVersion, metadata.namespace], ["ConfigMap", "v1", "default"]);
  assert.match(metadata.name, /^x-.{5}$/);
  for (const field of ["uid", "resourceVersion", "creationTimestamp"]) assert.ok(metadata[field], field);
});

withServer("refusals carry the code and reason of the real server", async ({ server }) => {
  await call(server.url, { method: "POST", path: configMaps, body: configMap("taken") });
  const old = { metadata: { name: "taken", resourceVersion: "1" } };
  const cases = [
    {
      it: "create twice",
      method: "POST",
      path: configMaps,
      body: configMap("taken"),
      is: "409 AlreadyExists",
    },
    { it: "old version", method: "PUT", path: `${configMaps}/taken`, body: old, is: "409 Conflict" },
    { it: "missing object", path: `${configMaps}/nope`, is: "404 NotFound" },
    {
      it: "missing namespace",
      method: "POST",
      path: "/api/v1/namespaces/n/pods",
      body: configMap("x"),
      is: "404 NotFound",
    },
    { it: "no name", method: "POST", path: configMaps, body: { metadata: {} }, is: "422 Invalid" },
    { it: "bad field selector", path: `${configMaps}?fieldSelector=data.x%3D1`, is: "400 BadRequest" },
    { it: "version from the future", path: `${configMaps}?resourceVersion=99999`, is: "504 Timeout" },
    { it: "version that is none", path: `${configMaps}?watch=1&resourceVersion=x`, is: "400 BadRequest" },
    { it: "other resource", path: "/apis/apps/v1/deployments", is: "404 NotFound" },
    { it: "other method", method: "DELETE", path: configMaps, is: "405 MethodNotAllowed" },
    { it: "unknown continue", path: `${configMaps}?limit=1&continue=zzz`, is: "400 BadRequest" },
  ];
  for (const { it, is, ...request } of cases) {
    const { status, json } = await call(server.url, request);
    assert.equal(`${status} ${json.reason}`, is, it);
    assert.deepEqual([json.kind, json.status, json.code], ["Status", "Failure", status], it);
  }
});

withServer("patches of each kind", async ({ server }) => {
  await call(server.url, { method: "POST", path: configMaps, body: configMap("c", { a: "1", b: "2" }) });
  const patch = (
    type: string,
    body: unknown,
  ): Promise<{ json: { data: unknown; metadata: { resourceVersion: string } } }> =>
    call(server.url, {
      method: "PATCH",
      path: `${configMaps}/c`,
      body,
      headers: { "content-type": `application/${type}+json` },
    });
  assert.deepEqual((await patch("merge-patch", { data: { a: null } })).json.data, { b: "2" });
  assert.deepEqual((await patch("json-patch", [{ op: "add", path: "/data/c~1d", value: "3" }])).json.data, {
    b: "2",
    "c/d": "3",
  });
  const last = await patch("strategic-merge-patch", { data: { b: "4" } });
  assert.deepEqual(last.json.data, { b: "4", "c/d": "3" });
  const same = await patch("merge-patch", { data: { b: "4" } });
  assert.equal(
    same.json.metadata.resourceVersion,
    last.json.metadata.resourceVersion,
    "nothing changed, no new version",
  );
});

withServer("a long list comes in pages of one moment", async ({ server }) => {
  for (const name of ["a", "b", "c"]) {
    await call(server.url, { method: "POST", path: configMaps, body: configMap(name) });
  }
  const names = (list: { items: { metadata: { name: string } }[] }): string[] =>
    list.items.map((one) => one.metadata.name);
  const first = await call(server.url, { path: `${configMaps}?limit=2` });
  await call(server.url, { method: "DELETE", path: `${configMaps}/c` });
  const token = first.json.metadata.continue;
  const second = await call(server.url, { path: `${configMaps}?limit=2&continue=${token}` });
  assert.deepEqual([names(first.json), names(second.json)], [["a", "b"], ["c"]]);
  assert.equal(second.json.metadata.resourceVersion, first.json.metadata.resourceVersion);
  const cached = await call(server.url, { path: `${configMaps}?limit=1&resourceVersion=0` });
  assert.deepEqual(names(cached.json), ["a", "b"], "version 0 knows no pages");
});

withServer("selectors", async (sandbox) => {
  for (const [name, app] of [["a", "x"], ["b", "y"], ["c", ""]]) {
    sandbox.apply(JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, labels: app === "" ? {} : { app } },
    }));
  }
  const cases = [
    { selector: "labelSelector=app=x", names: ["a"] },
    { selector: "labelSelector=app!=x", names: ["b", "c"] },
    { selector: "labelSelector=app", names: ["a", "b"] },
    { selector: "labelSelector=!app", names: ["c"] },
    { selector: "labelSelector=app in (x,y),app!=y", names: ["a"] },
    { selector: "labelSelector=app notin (x)", names: ["b", "c"] },
    { selector: "fieldSelector=metadata.name=b", names: ["b"] },
  ];
  for (const { selector, names } of cases) {
    const { json } = await call(sandbox.server.url, { path: `${configMaps}?${encodeURI(selector)}` });
    assert.deepEqual(
      json.items.map((one: { metadata: { name: string } }) => one.metadata.name),
      names,
      selector,
    );
  }
});

withServer("status and object are written apart", async ({ server }) => {
  const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "x" }] } };
  await call(server.url, { method: "POST", path: podsPath, body: pod });
  const headers = { "content-type": "application/merge-patch+json" };
  const body = { metadata: { annotations: { a: "b" } }, spec: { priority: 1 }, status: { message: "m" } };
  const asStatus = await call(server.url, { method: "PATCH", path: `${podsPath}/p/status`, body, headers });
  assert.deepEqual([asStatus.json.status.message, asStatus.json.spec.priority], ["m", undefined]);
  const asObject = await call(server.url, {
    method: "PATCH",
    path: `${podsPath}/p`,
    body: { ...body, status: { message: "n" } },
    headers,
  });
  assert.deepEqual([asObject.json.status.message, asObject.json.spec.priority], ["m", 1]);
});

Deno.test("a token is asked for when there is one", async () => {
  await using sandbox = await startSandbox({ dataPlane: "toy", token: "secret" });
  const { url } = sandbox.server;
  assert.equal((await call(url, { path: podsPath })).status, 401);
  assert.equal((await call(url, { path: podsPath, headers: { authorization: "Bearer wrong" } })).status, 401);
  assert.equal(
    (await call(url, { path: podsPath, headers: { authorization: "Bearer secret" } })).status,
    200,
  );
  assert.match(sandbox.kubeconfig, /token: secret/);
});
