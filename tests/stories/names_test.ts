// Names of members: what a headless Service lists while pods come, change and go under the running program.
import assert from "node:assert/strict";
import { type Product, startProduct } from "../sandbox/tools/product.ts";
import { coreEvents, endpointSlices, pods, services } from "../sandbox/api/resources.ts";
import { field, listField, textField } from "../sandbox/store/kube_object.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { setStage, type Stage } from "./stage.ts";

async function startOn(
  stage: Stage,
  ...args: readonly string[]
): Promise<AsyncDisposable & { readonly product: Product; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const usual = ["run", "--server", stage.sandbox.server.url, "--http-address", "off"];
  const product = await startProduct([...usual, ...args], { onLine: (line) => lines.push(line) });
  return {
    product,
    lines,
    [Symbol.asyncDispose]: async () => {
      await product.stop();
    },
  };
}

function service(stage: Stage, annotations: Readonly<Record<string, string>>, spec: object = {}): void {
  stage.sandbox.apply(JSON.stringify({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "db", namespace: "default", annotations },
    spec: { type: "ClusterIP", clusterIP: "None", ports: [{ name: "sql", port: 5432 }], ...spec },
  }));
}

const asked = { "vxlan.travelping.com/network": "one", "vxlan.travelping.com/selector": "app=db" };

function member(stage: Stage, name: string, networks: string): void {
  stage.pod({ name, networks });
  const labels = { app: "db" };
  stage.sandbox.patch(pods, { name }, { metadata: { labels } });
}

/** `a=10.9.0.1 b=10.9.0.2`, of those that are ready; sorted. */
function ready(stage: Stage): string {
  const endpoints = stage.sandbox.store.list(endpointSlices).flatMap((slice) =>
    listField(slice, "endpoints")
  );
  return endpoints.filter((one) => field(field(one, "conditions"), "ready") === true)
    .map((one) => `${textField(one, "hostname")}=${listField(one, "addresses").join()}`).sort().join(" ");
}

async function lists(stage: Stage, wanted: string, lines: readonly string[]): Promise<void> {
  await waitFor(() => ready(stage) === wanted ? true : undefined, {
    what: `the Service lists ${wanted || "nobody"}`,
    state: () => `${ready(stage)}\n${lines.slice(-15).join("\n")}`,
  });
}

Deno.test("names: members come, get another address, go; the Service stops asking", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1", two: "id=2" });
  service(stage, asked);
  for (const name of ["a", "b"]) member(stage, name, `one ip=10.9.0.${name === "a" ? 1 : 2}/24`);
  member(stage, "other", "two ip=10.8.0.1/24");
  await using running = await startOn(stage, "--names");
  await lists(stage, "a=10.9.0.1 b=10.9.0.2", running.lines);
  stage.annotate("b", "one ip=10.9.0.22/24");
  await lists(stage, "a=10.9.0.1 b=10.9.0.22", running.lines);
  // What the pod shows is for people: its author may write it, and nobody is listed by it.
  const claim = JSON.stringify([{
    name: "one",
    interface: "one",
    ips: ["10.0.0.66"],
    default: false,
    dns: {},
  }]);
  const annotations = { "vxlan.travelping.com/network-status": claim };
  stage.sandbox.patch(pods, { name: "other" }, { metadata: { annotations } });
  stage.sandbox.delete(pods, { name: "a", graceSeconds: 1 });
  await lists(stage, "b=10.9.0.22", running.lines);
  service(stage, {});
  await lists(stage, "", running.lines);
  assert.deepEqual(stage.sandbox.store.list(endpointSlices), []);
});

Deno.test("names: a restart writes nothing, and nobody is out meanwhile", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  service(stage, asked);
  for (const name of ["a", "b"]) member(stage, name, `one ip=10.9.0.${name === "a" ? 1 : 2}/24`);
  {
    await using running = await startOn(stage, "--names");
    await lists(stage, "a=10.9.0.1 b=10.9.0.2", running.lines);
  }
  stage.sandbox.counters.reset();
  await using running = await startOn(stage, "--names");
  // The look at a third one comes after those at the first two.
  member(stage, "c", "one ip=10.9.0.3/24");
  await lists(stage, "a=10.9.0.1 b=10.9.0.2 c=10.9.0.3", running.lines);
  const writes = Object.entries(stage.sandbox.counters.requests).filter(([what]) =>
    what.endsWith(" endpointslices") && !/^(list|watch)/.test(what)
  );
  // Two for the third: not ready, then ready.
  assert.ok(
    writes.every(([what, count]) => what === "patch endpointslices" && count <= 3),
    JSON.stringify(writes),
  );
});

Deno.test("names: refused on the Service itself; without the flag nobody asks", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  service(stage, asked, { selector: { app: "db" } });
  member(stage, "a", "one ip=10.9.0.1/24");
  {
    await using running = await startOn(stage);
    await stage.holds({ members: [{ pod: "a", network: "one", vni: 1 }] });
    assert.ok(
      !JSON.stringify(stage.sandbox.counters.requests).includes("services"),
      running.lines.join("\n"),
    );
  }
  await using _running = await startOn(stage, "--names");
  const events = (): readonly string[] =>
    stage.sandbox.store.list(coreEvents).filter((event) =>
      textField(field(event, "involvedObject"), "kind") === "Service"
    ).map((event) => `${textField(event, "reason")}: ${textField(event, "message")}`);
  await waitFor(() => events().length > 0, { what: "an Event on the Service", state: () => events().join() });
  assert.match(
    events()[0] ?? "",
    /^VxlanServiceSelector: Cannot list members of network "one" for the Service: /,
  );
  assert.deepEqual(stage.sandbox.store.list(endpointSlices), []);
  assert.equal(stage.sandbox.store.list(services).length, 1);
});

Deno.test("names: what is wrong next is told too", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({});
  await using _running = await startOn(stage, "--names");
  service(stage, asked);
  const reasons = (): readonly string[] =>
    stage.sandbox.store.list(coreEvents).filter((event) =>
      textField(field(event, "involvedObject"), "kind") === "Service"
    ).map((event) => textField(event, "reason") ?? "");
  const has = (reason: string): () => boolean => () => reasons().includes(reason);
  await waitFor(has("VxlanUnknownNetwork"), { what: "the first", state: () => reasons().join() });
  member(stage, "a", "one id=1 ip=10.9.0.1/24");
  await lists(stage, "a=10.9.0.1", []);
  stage.sandbox.patch(services, { name: "db" }, { spec: { selector: { app: "db" } } });
  await waitFor(has("VxlanServiceSelector"), { what: "the second", state: () => reasons().join() });
});

Deno.test("names: without the condition on pods they are not to be had", async () => {
  await using stage = await setStage();
  const lines: string[] = [];
  const product = await startProduct([
    "run",
    "--server",
    stage.sandbox.server.url,
    "--names",
    "--status",
    "events",
  ], {
    onLine: (line) => lines.push(line),
  });
  assert.equal(await product.ended, 2);
  assert.match(lines.join("\n"), /Cannot use --names with --status=events: .*use --status=all/);
});
