// Stories of restarts by which what a pod has is not what its text and the ConfigMap say: who stays whose peer, and to whom it sends.
import assert from "node:assert/strict";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { pods } from "../sandbox/api/resources.ts";
import { conditionSays, startRun } from "./said_everywhere.ts";
import { inPod, ipOf, membersOf, one, running } from "./scenes.ts";
import { aliasOf } from "../../lib/overlay/wanted.ts";
import { annotationKey } from "../member/member_pod.ts";
import { podIpOf } from "../sandbox/sandbox_invariant.ts";
import { setStage, type Stage } from "./stage.ts";

/** Waits until the pod floods to exactly these. */
async function floods(
  stage: Stage,
  { pod, to }: { readonly pod: string; readonly to: readonly string[] },
): Promise<void> {
  const wanted = [...to].sort().join();
  let found = "";
  await waitFor(async () => {
    const entries = (await inPod(stage, pod, ["bridge", "fdb", "show"])).split("\n");
    found = entries.flatMap((entry) => /^00:00:00:00:00:00 dev \S+ dst (\S+)/.exec(entry)?.[1] ?? []).sort()
      .join();
    return found === wanted;
  }, { what: `${pod} floods to ${wanted}`, state: () => found });
}

Deno.test("after a restart those to whom a network is full are peers where they were", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  const limited = ["--max-members-per-network", "3"];
  const first = await startRun(stage, ...limited);
  for (const name of ["c", "d", "e"]) stage.pod({ name, networks: "one" });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one id=7" });
  await running(stage, ["a", "b", "c", "d", "e"]);
  const full = /it is full with 3 members; .*until then the pod keeps it as it was/;
  for (const name of ["a", "b"]) {
    stage.annotate(name, "one");
    await conditionSays({ stage, name }, full);
  }
  await first[Symbol.asyncDispose]();
  await using _second = await startRun(stage, ...limited);
  stage.pod({ name: "f", networks: "one id=7" });
  await running(stage, ["f"]);
  const seven = { network: "one", vni: 7 };
  await stage.holds({ members: [...membersOf(seven, ["a", "b", "f"]), ...membersOf(one, ["c", "d", "e"])] });
  for (const name of ["c", "d"]) stage.sandbox.delete(pods, { name, graceSeconds: 0 });
  await stage.holds({ members: [...membersOf(seven, ["f"]), ...membersOf(one, ["a", "b", "e"])] });
});

for (
  const { it, key, before = "one", after, outside = [], twice = false } of [
    { it: "its id contradicts the text", key: "id=1", after: "one id=9 metric=5" },
    {
      it: "and the text may name VTEPs outside",
      key: "id=1 peer=203.0.113.7",
      before: "one peer=203.0.113.7 peer=203.0.113.8",
      after: "one id=9 pere=203.0.113.8",
      outside: ["203.0.113.7", "203.0.113.8"],
    },
    { it: "there are two of it", key: "id=1", after: "one metric=5", twice: true },
    { it: "its name cannot be read", key: "id=1", after: "9one", twice: true },
  ]
) {
  Deno.test(`after a restart an interface of which no form is believed loses peers that go: ${it}`, async () => {
    await using stage = await setStage();
    stage.networks({ one: key });
    const first = await startRun(stage);
    for (const name of ["a", "b", "c", "d"]) stage.pod({ name, networks: name === "a" ? before : "one" });
    await running(stage, ["a", "b", "c", "d"]);
    const ips = ["b", "c", "d"].map((name) => ipOf(stage, name));
    await floods(stage, { pod: "a", to: [...ips, ...outside] });
    await first[Symbol.asyncDispose]();
    stage.annotate("a", after);
    if (twice) {
      await inPod(stage, "a", [
        "ip",
        "link",
        "add",
        "other",
        "type",
        "vxlan",
        "id",
        "2",
        "dstport",
        "8472",
        "dev",
        "eth0",
      ]);
    }
    if (twice) {
      await inPod(stage, "a", ["ip", "link", "set", "other", "alias", aliasOf("one", annotationKey)]);
    }
    stage.sandbox.delete(pods, { name: "b", graceSeconds: 0 });
    await using _second = await startRun(stage);
    await conditionSays({ stage, name: "a" }, /Cannot look after interface "one"/);
    await floods(stage, { pod: "a", to: [...ips.slice(1), ...outside] });
    stage.sandbox.delete(pods, { name: "c", graceSeconds: 0 });
    await floods(stage, { pod: "a", to: [...ips.slice(2), ...outside] });
  });
}

for (const typo of ["one metric=5", "9one"]) {
  Deno.test(`after a restart entries towards one that cannot be looked into stay: ${typo}`, async () => {
    await using stage = await setStage();
    stage.networks({ one: "id=1", two: "id=2" });
    const first = await startRun(stage);
    for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
    await running(stage, ["a", "b"]);
    stage.annotate("a", typo);
    await conditionSays({ stage, name: "a" }, /Cannot read/);
    await first[Symbol.asyncDispose]();
    const dead = stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 500 }, {
      times: "until-lifted",
    });
    await using _second = await startRun(stage);
    stage.pod({ name: "c", networks: "one" });
    await running(stage, ["c"]);
    await floods(stage, { pod: "b", to: [ipOf(stage, "a"), ipOf(stage, "c")] });
    dead.lift();
    await floods(stage, { pod: "c", to: [ipOf(stage, "a"), ipOf(stage, "b")] });
  });
}

for (const text of ["one metric=5", "9one", "own id=1 metric=5"]) {
  Deno.test(`after a restart nobody sends to a pod that a network is closed to, whatever it makes up, be its agent there or not: ${text}`, async () => {
    await using stage = await setStage();
    stage.networks({ one: "id=1 namespaces=default", two: "id=2" });
    const first = await startRun(stage);
    for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
    for (const name of ["thief", "mute"]) stage.pod({ name, namespace: "lab", networks: "two" });
    await running(stage, ["a", "b"]);
    for (const name of ["thief", "mute"]) {
      await stage.sandbox.waitForPhase({ namespace: "lab", name }, "Running");
    }
    await first[Symbol.asyncDispose]();
    const network = text.startsWith("own") ? "own" : "one";
    const shown = [{ name: network, interface: network, vni: 1, mac: "02:00:00:00:00:01" }];
    for (const name of ["thief", "mute"]) {
      const pod = { namespace: "lab", name };
      const link = ["link", "add", network, "type", "vxlan", "id", "1", "dstport", "8472", "dev", "eth0"];
      const alias = ["link", "set", network, "alias", aliasOf(network, annotationKey)];
      for (const words of [link, alias]) {
        assert.equal((await stage.sandbox.exec(pod, ["ip", ...words])).code, 0);
      }
      const status = { "vxlan.travelping.com/network-status": JSON.stringify(shown) };
      stage.sandbox.patch(pods, pod, { metadata: { annotations: { [annotationKey]: text, ...status } } });
      // Its pod IP was that of a member while nobody was there to see it go.
      const ip = podIpOf(stage.sandbox, { pod: `lab/${name}` });
      await inPod(stage, "a", ["bridge", "fdb", "append", "00:00:00:00:00:00", "dev", "one", "dst", ip]);
    }
    stage.sandbox.faults.onExec({ pod: "mute" }, { kind: "refuse", code: 500 }, { times: "until-lifted" });
    await using _second = await startRun(stage);
    await floods(stage, { pod: "a", to: [ipOf(stage, "b")] });
    await floods(stage, { pod: "b", to: [ipOf(stage, "a")] });
    await waitFor(async () => {
      const { stdout } = await stage.sandbox.exec({ namespace: "lab", name: "thief" }, ["ip", "-o", "link"]);
      return !stdout.includes(` ${network}: `);
    }, { what: "its link is gone" });
  });
}
