// Stories of addresses and routes that cover the way of the packets between members: they are had, and that way is kept.
import assert from "node:assert/strict";
import { inPod, inspect, ipOf, isRunning, membersOf, one, running, said, startPair } from "./scenes.ts";
import { pods } from "../sandbox/api/resources.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { setStage, type Stage } from "./stage.ts";

const gateway = "10.1.0.1";

for (
  const asked of [
    "route=10.244.0.0/17:10.1.0.1",
    "ip=10.244.0.200/24",
    "route=0.0.0.0/1:10.1.0.1 route=128.0.0.0/1:10.1.0.1",
    "gateway=10.1.0.1 except=10.96.0.0/12,10.97.0.0/16",
  ]
) {
  Deno.test(`${asked}: the pod is released with rules, frames pass, and they go with what needed them`, async () => {
    await using stage = await setStage();
    await startPair(stage);
    stage.annotate("a", "one ip=10.1.0.1/24");
    stage.pod({ name: "c", networks: "one ip=10.1.0.9/24" });
    await running(stage, ["c"]);
    await until(() => pings(stage, "c"));
    stage.annotate("c", `one ip=10.1.0.9/24 ${asked}`);
    await until(async () => (await inPod(stage, "c", ["ip", "rule", "show"])).includes("8472"));
    // Nothing that was learned before may help.
    await stage.sandbox.exec({ name: "c" }, ["ip", "neigh", "flush", "dev", "one"]);
    await until(() => pings(stage, "c"), "frames pass with what covers");
    const c = { pod: "c", ...one, addresses: ["10.1.0.9/24"] };
    await stage.holds({ members: [...membersOf(one, ["a", "b"]), c] });
    let rules = "";
    await waitFor(async () => {
      rules = await inPod(stage, "c", ["ip", "-json", "-details", "rule", "show"]);
      return rules.includes('"dport":8472') &&
        rules.includes('"dst":"10.97.0.0"') === asked.includes("except=");
    }, { what: "rules for the port, and for what is excepted", state: () => rules });
    stage.annotate("c", "one ip=10.1.0.9/24");
    await until(async () =>
      !(await inPod(stage, "c", ["ip", "-json", "-details", "rule", "show"])).includes('"86"')
    );
    const routes = await inPod(stage, "c", ["ip", "-json", "route", "show", "table", "all"]);
    assert.ok(!routes.includes('"86"'), routes);
    await until(() => pings(stage, "c"), "frames pass afterwards");
  });
}

Deno.test("the owner of the gateway's address has no gateway: one ConfigMap entry serves both ends", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.networks({ one: "id=1 gateway=10.1.0.1" });
  stage.annotate("a", "one ip=10.1.0.1/24");
  stage.annotate("b", "one ip=10.1.0.2/24");
  const b = { pod: "b", ...one, addresses: ["10.1.0.2/24"], routes: [`0.0.0.0/0 via ${gateway}`] };
  await stage.holds({ members: [{ pod: "a", ...one, addresses: ["10.1.0.1/24"] }, b] });
  assert.ok(!(await inPod(stage, "a", ["ip", "-json", "-details", "rule", "show"])).includes('"86"'));
});

Deno.test("a route gets its rules when the peer comes that it covers", async () => {
  await using stage = await setStage();
  await startPair(stage);
  // Only c will be in it: a and b have the first pod IPs.
  const next = `10.244.0.${Number(ipOf(stage, "b").split(".").at(-1)) + 1}`;
  stage.annotate("a", `one ip=10.1.0.2/24 route=${next}/32:${gateway}`);
  const a = { pod: "a", ...one, addresses: ["10.1.0.2/24"], routes: [`${next}/32 via ${gateway}`] };
  await stage.holds({ members: [a, ...membersOf(one, ["b"])] });
  stage.pod({ name: "c", networks: "one" });
  await until(async () =>
    (await inPod(stage, "a", ["ip", "-json", "-details", "rule", "show"])).includes('"dport":8472')
  );
  assert.equal(ipOf(stage, "c"), next);
  await running(stage, ["c"]);
  await stage.holds({ members: [a, ...membersOf(one, ["b", "c"])] });
});

Deno.test("VTEPs outside are flooded to beside the members, and go when they are named no more", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.networks({ one: "id=1 peer=203.0.113.7 peer=203.0.113.8" });
  const fdb = (): Promise<string> => inPod(stage, "a", ["bridge", "-json", "fdb", "show"]);
  await until(async () => (await fdb()).includes("203.0.113.8"));
  assert.ok((await fdb()).includes(ipOf(stage, "b")));
  const { text } = await inspect(stage, "default/a", "-o", "json");
  const [{ peers, outside }] = JSON.parse(text).networks;
  assert.deepEqual(peers.map(({ pod }: { pod: string }) => pod), ["default/b"], "counted apart");
  assert.deepEqual(outside, [
    { address: "203.0.113.7", inKernel: true, heardFrom: false },
    { address: "203.0.113.8", inKernel: true, heardFrom: false },
  ]);
  stage.networks({ one: "id=1" });
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});

Deno.test("a VTEP outside that is a member's pod IP is one entry, and stays when the member goes", async () => {
  await using stage = await setStage();
  await startPair(stage);
  const b = ipOf(stage, "b");
  stage.annotate("a", `one peer=${b} peer=203.0.113.7`);
  const floods = async (): Promise<readonly string[]> => {
    const entries: readonly { readonly mac: string; readonly dst?: string }[] = JSON.parse(
      await inPod(stage, "a", ["bridge", "-json", "fdb", "show"]),
    );
    return entries.flatMap(({ mac, dst }) => mac === "00:00:00:00:00:00" && dst !== undefined ? [dst] : []);
  };
  let seen: readonly string[] = [];
  await waitFor(
    async () => (seen = (await floods()).toSorted()).join() === [b, "203.0.113.7"].toSorted().join(),
    { what: `one entry for ${b}, one for 203.0.113.7`, state: () => seen.join() },
  );
  const outside = async (): Promise<readonly string[]> => {
    const { text } = await inspect(stage, "default/a", "-o", "json");
    return JSON.parse(text).networks[0].outside.map(({ address }: { address: string }) => address);
  };
  assert.deepEqual(await outside(), ["203.0.113.7"], "the member counts as a member");
  stage.sandbox.delete(pods, { name: "b" });
  await until(async () => (await outside()).length === 2);
  assert.deepEqual((await floods()).toSorted(), [b, "203.0.113.7"].toSorted());
  stage.annotate("a", "one");
  await until(async () => (await floods()).length === 0);
});

Deno.test({
  name: "VTEPs outside of a network that IPv6 carries",
  ignore: !availablePlanes.includes("namespaces"),
  fn: async () => {
    await using stage = await setStage({ dataPlane: "namespaces", dualStack: true });
    stage.networks({ six: "id=6 family=6 peer=fd99::7" });
    await stage.startController();
    stage.pod({ name: "a", networks: "six" });
    stage.pod({ name: "b", networks: "six peer=fd99::8" });
    await running(stage, ["a", "b"]);
    const fdb = (name: string): Promise<string> => inPod(stage, name, ["bridge", "-json", "fdb", "show"]);
    assert.match(await fdb("a"), /"fd99::7"/);
    const own = await fdb("b");
    assert.ok(
      own.includes('"fd99::8"') && !own.includes('"fd99::7"'),
      "the annotation's instead of the ConfigMap's",
    );
  },
});

Deno.test("what contradicts itself is said: a gateway twice, exceptions of none, a peer of the other family", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.pod({ name: "c", networks: "one except=10.0.0.0/8" });
  await said(controller, /except=… says what does not go through a gateway, and there is none.*/);
  stage.pod({ name: "d", networks: "one ip=10.1.0.3/24 gateway=10.1.0.1 gateway=10.1.0.2" });
  await said(controller, /subnet 0\.0\.0\.0\/0 is already routed by this network/);
  stage.pod({ name: "e", networks: "one peer=fd00::7" });
  await said(controller, /peer=fd00::7 is no IPv4 address, and the network is carried by IPv4/);
  assert.equal(["c", "d", "e"].some((name) => isRunning(stage, name)), false);
});

async function pings(stage: Stage, name: string): Promise<boolean> {
  return (await stage.sandbox.exec({ name }, ["ping", "-c", "2", "-i", "0.2", "-W", "1", "10.1.0.1"]))
    .code === 0;
}

async function until(
  holds: () => Promise<boolean>,
  what = "what the kernel shows is as it should be",
): Promise<void> {
  await waitFor(holds, { what });
}
