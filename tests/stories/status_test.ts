// What people see on a pod: condition, annotation and Events of broken pods, and how they turn when it is mended.
import assert from "node:assert/strict";
import { field } from "../sandbox/store/kube_object.ts";
import { type Product, startProduct } from "../sandbox/tools/product.ts";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { conditionOf, podEvents, type ShownCondition } from "./shown.ts";
import { setStage, type Stage } from "./stage.ts";

const statusKey = "vxlan.travelping.com/network-status";

/** The product on the stage's sandbox, as users start it. */
async function startOn(
  stage: Stage,
  ...args: readonly string[]
): Promise<AsyncDisposable & { product: Product }> {
  const lines: string[] = [];
  const product = await startProduct(
    ["run", "--server", stage.sandbox.server.url, "--http-address", "off", ...args],
    { onLine: (line) => lines.push(line) },
  );
  return {
    product,
    [Symbol.asyncDispose]: async () => {
      await product.stop();
    },
  };
}

async function condition(stage: Stage, name: string, wanted: string): Promise<ShownCondition> {
  const look = (): ShownCondition | undefined => conditionOf(stage.sandbox.find(pods, { name }));
  return await waitFor(() => {
    const seen = look();
    return seen !== undefined && `${seen.status} ${seen.reason}` === wanted ? seen : undefined;
  }, { what: `condition ${wanted} on ${name}`, state: () => JSON.stringify(look()) });
}

async function events(stage: Stage, name: string, wanted: readonly string[]): Promise<void> {
  await waitFor(() => podEvents(stage, name).join() === wanted.join() ? true : undefined, {
    what: `Events ${wanted.join()} on ${name}`,
    state: () => podEvents(stage, name).join(),
  });
}

function networkStatus(stage: Stage, name: string): unknown {
  const annotations = field(stage.sandbox.find(pods, { name })?.metadata, "annotations");
  const text = field(annotations, statusKey);
  return typeof text === "string" ? JSON.parse(text) : undefined;
}

Deno.test("a pod that cannot have its network says why, and that it is ready when it is mended", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  await using _product = await startOn(stage);
  stage.pod({ name: "a", networks: "two ip=10.0.0.1/24" });
  const broken = await condition(stage, "a", "False UnknownNetwork");
  assert.match(broken.message, /ConfigMap kube-system\/kube-vxlan-controller has no key two; add one/);
  await events(stage, "a", ["VxlanUnknownNetwork 1"]);
  assert.deepEqual(
    (networkStatus(stage, "a") as { name: string; error: string }[]).map(({ name }) => name),
    ["two"],
  );

  stage.networks({ one: "id=1", two: "id=2" });
  const mended = await condition(stage, "a", "True NetworksReady");
  assert.equal(mended.message, "networks ready: two");
  assert.ok(mended.since > "2020");
  await events(stage, "a", ["VxlanReady 1", "VxlanUnknownNetwork 1"]);
  const [entry] = networkStatus(stage, "a") as Record<string, unknown>[];
  assert.match(String(entry?.["mac"]), /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  assert.ok(typeof entry?.["mtu"] === "number");
  assert.deepEqual({ ...entry, mac: "", mtu: 0 }, {
    name: "two",
    interface: "two",
    ips: ["10.0.0.1"],
    mac: "",
    mtu: 0,
    default: false,
    dns: {},
    vni: 2,
  });
});

Deno.test("peers that come and a restart of the controller write nothing; without its label a pod shows nothing", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  {
    await using _product = await startOn(stage);
    for (const name of ["a", "b", "c"]) stage.pod({ name, networks: "one" });
    for (const name of ["a", "b", "c"]) {
      await stage.sandbox.waitForPhase({ name }, "Running");
      await condition(stage, name, "True NetworksReady");
      await events(stage, name, ["VxlanReady 1"]);
    }
    await stage.holds({ members: ["a", "b", "c"].map((pod) => ({ pod, network: "one", vni: 1 })) });
    const { requests } = stage.sandbox.counters;
    const asked = Object.entries(requests).filter(([what]) => / pods$/.test(what));
    // The second list is of metadata, for labels that were lost.
    assert.deepEqual(Object.fromEntries(asked), { "list pods": 2, "watch pods": 1 }, "no GET for a pod");
  }
  const written = (): number => stage.sandbox.counters.requests["patch pods/status"] ?? 0;
  assert.equal(written(), 3, "one patch for each pod");
  await using _product = await startOn(stage);
  stage.pod({ name: "d", networks: "one" });
  await condition(stage, "d", "True NetworksReady");
  await events(stage, "d", ["VxlanReady 1"]);
  assert.equal(written(), 4, "only the newcomer's");
  assert.equal(stage.sandbox.counters.requests["create events"], 4);

  stage.sandbox.patch(pods, { name: "a" }, { metadata: { labels: { "vxlan.travelping.com": null } } });
  await waitFor(() => {
    const pod = stage.sandbox.find(pods, { name: "a" });
    return conditionOf(pod) === undefined && networkStatus(stage, "a") === undefined ? true : undefined;
  }, { what: "condition and annotation are taken away" });
});

Deno.test("an address that two members have is told on both, holds up neither, and heals", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  await using _product = await startOn(stage);
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one ip=10.1.0.1/24" });
  for (const name of ["a", "b"]) await stage.sandbox.waitForPhase({ name }, "Running");
  const seen = await condition(stage, "a", "True Conflict");
  assert.match(seen.message, /address 10\.1\.0\.1 of network "one": it is also used by default\/b/);
  await condition(stage, "b", "True Conflict");
  await waitFor(
    () => podEvents(stage, "a").some((one) => one.startsWith("VxlanConflict")) ? true : undefined,
    {
      what: "an Event on a",
    },
  );
  stage.sandbox.delete(pods, { name: "b", graceSeconds: 0 });
  await condition(stage, "a", "True NetworksReady");
});

Deno.test("with --status off nothing is written on pods, with --status events only Events", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1", bad: "mtu=banana" });
  {
    await using _product = await startOn(stage, "--status", "events");
    stage.pod({ name: "a", networks: "one" });
    await events(stage, "a", ["VxlanReady 1"]);
    await events(stage, "kube-vxlan-controller", ["VxlanInvalidOptions 1"]);
  }
  await using _product = await startOn(stage, "--status", "off");
  stage.pod({ name: "b", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "b" }, "Running");
  await stage.holds({ members: ["a", "b"].map((pod) => ({ pod, network: "one", vni: 1 })) });
  assert.deepEqual(podEvents(stage, "b"), []);
  assert.equal(stage.sandbox.counters.requests["patch pods/status"], undefined);
});

Deno.test("while the rule is missing nothing else suffers, and the log names it once", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  const lines: string[] = [];
  const forbidden = stage.sandbox.faults.onRequest({ verb: "patch", resource: "pods" }, {
    kind: "status",
    code: 403,
  }, { times: "until-lifted" });
  const product = await startProduct(
    ["run", "--server", stage.sandbox.server.url, "--http-address", "off"],
    { onLine: (line) => lines.push(line) },
  );
  try {
    for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
    await stage.holds({ members: ["a", "b"].map((pod) => ({ pod, network: "one", vni: 1 })) });
    await events(stage, "a", ["VxlanReady 1"]);
    const said = await waitFor(() => lines.find((line) => line.includes("pods/status")), {
      what: "a line that names the rule",
    });
    assert.match(said, /the rule needs resource pods\/status with patch, or switch it off with --status/);
    assert.equal(lines.filter((line) => line.includes("the rule needs")).length, 1);
  } finally {
    forbidden.lift();
    await product.stop();
  }
});
