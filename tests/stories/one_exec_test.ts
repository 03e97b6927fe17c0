// Stories of agents with our program: one exec for both tools and the release, and images without it beside them.
import assert from "node:assert/strict";
import { agentImage, podSpec, programImage } from "../member/member_pod.ts";
import { planesWithProgram } from "../sandbox/kubelet/available_planes.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { bothNetworks, inPod, membersOf, one, running, startPair, two } from "./scenes.ts";
import { impatient, setStage, type Stage } from "./stage.ts";

const ours = { agentImage: programImage };
const rich = { pod: "a", ...one, addresses: ["10.1.0.1/24"], routes: ["10.9.0.0/24 via 10.1.0.254"] };

function execsOf(stage: Stage, pod: string): readonly string[] {
  return stage.sandbox.counters.execs({ pod }).map(({ command }) => command.join(" "));
}

for (const dataPlane of planesWithProgram) {
  Deno.test(`${dataPlane}: a classic pair needs two execs, a native sidecar one`, async () => {
    await using stage = await setStage({ ...ours, dataPlane });
    stage.networks(bothNetworks);
    await stage.startController();
    stage.pod({ name: "a", networks: "one ip=10.1.0.1/24 route=10.9.0.0/24:10.1.0.254, two" });
    stage.pod({ name: "b", networks: "one", form: "native" });
    await running(stage, ["a", "b"]);
    await stage.holds({ members: [rich, { pod: "a", ...two }, { pod: "b", ...one }] });
    // The sidecar agent is looked into when peers change or when all is quiet, whichever comes first.
    await waitFor(() => execsOf(stage, "a").length === 2, { what: "the sidecar agent has been looked into" });
    assert.deepEqual(execsOf(stage, "a"), ["vxlan-agent", "vxlan-agent"]);
    assert.deepEqual(execsOf(stage, "b"), ["vxlan-agent"]);
    const released = stage.sandbox.counters.execs({ pod: "a" })[0]?.lines.at(-2);
    assert.equal(released, "release");
  });

  Deno.test(`${dataPlane}: that a peer has come is said in the session that is open`, async () => {
    await using stage = await setStage({ ...ours, dataPlane });
    stage.networks(bothNetworks);
    const { log } = await stage.startController();
    const names = ["a", "b", "c"];
    for (const [at, name] of names.entries()) {
      stage.pod({ name, networks: "one", form: "native" });
      await stage.holds({ members: membersOf(one, names.slice(0, at + 1)) });
    }
    assert.deepEqual(execsOf(stage, "a"), ["vxlan-agent"]);
    // An agent that understands a line less would have the pod read anew, and nobody would see more than this.
    assert.deepEqual(log.filter((line) => line.includes("Cannot talk")), []);
  });

  Deno.test(`${dataPlane}: what goes by hand comes back, also a link that was made anew`, async () => {
    await using stage = await setStage({ ...ours, dataPlane });
    await startPair(stage, { limits: impatient });
    await inPod(stage, "a", ["ip", "link", "delete", "dev", "one"]);
    await stage.holds({ members: membersOf(one, ["a", "b"]) });
    stage.annotate("a", "one id=7");
    stage.annotate("b", "one id=7");
    await stage.holds({ members: membersOf({ network: "one", vni: 7 }, ["a", "b"]) });
  });

  Deno.test(`${dataPlane}: pods of both images are members beside each other`, async () => {
    await using stage = await setStage({ dataPlane });
    stage.networks(bothNetworks);
    await stage.startController();
    const names = ["a", "b", "c", "d"];
    for (const [i, name] of names.entries()) {
      const form = i % 2 === 0 ? "classic" : "native";
      stage.pod({ name, networks: "one", form, image: i < 2 ? programImage : agentImage });
    }
    await running(stage, names);
    await stage.holds({ members: membersOf(one, names) });
    assert.ok([...execsOf(stage, "a"), ...execsOf(stage, "b")].every((command) => command === "vxlan-agent"));
    const tools = [...execsOf(stage, "c"), ...execsOf(stage, "d")];
    assert.ok(["ip", "bridge", "kill"].every((tool) => tools.some((each) => each.startsWith(tool))));
  });
}

Deno.test("whether an image has the program is asked once, however many pods are made from it", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks(bothNetworks);
  await stage.startController();
  const names = Array.from({ length: 20 }, (_, i) => `p${i}`);
  const start = performance.now();
  for (const name of names) stage.pod({ name, networks: "one" });
  await running(stage, names);
  await stage.holds({ members: membersOf(one, names) });
  // Who has not answered for a second is not waited for: on a machine under load the next one asks too.
  const most = 1 + Math.floor((performance.now() - start) / 1_000);
  const asked = stage.sandbox.counters.execs({ program: "vxlan-agent" }).length;
  assert.ok(asked >= 1 && asked <= Math.min(most, names.length / 2), `${asked} execs, at most ${most}`);
});

Deno.test("a pod that does not answer when it is asked for the program holds up nobody with that image", async () => {
  await using stage = await setStage({ ...ours, dataPlane: "toy" });
  stage.networks(bothNetworks);
  const stuck = stage.sandbox.faults.onExec({ pod: "stuck" }, { kind: "hang" }, { times: "until-lifted" });
  await stage.startController({ limits: { shutdown: 100 } });
  stage.pod({ name: "stuck", networks: "two" });
  await waitFor(() => stuck.hits > 0, { what: "the first exec hangs" });
  stage.pod({ name: "a", networks: "one" });
  await running(stage, ["a"]);
});

Deno.test("a hundred members need two execs each, a hundred native ones one", async () => {
  for (const [form, most] of [["classic", 2], ["native", 1]] as const) {
    await using stage = await setStage({ ...ours, dataPlane: "toy" });
    stage.networks(bothNetworks);
    await stage.startController();
    const names = Array.from({ length: 100 }, (_, i) => `p${i}`);
    for (const name of names) stage.pod({ name, networks: "one", spec: podSpec(form, programImage) });
    await running(stage, names);
    await stage.holds({ members: membersOf(one, names) });
    const execs = names.map((name) => execsOf(stage, name).length);
    assert.ok(
      execs.reduce((sum, each) => sum + each, 0) <= 1.1 * most * names.length,
      `${form}: ${execs.join(" ")}`,
    );
  }
});
