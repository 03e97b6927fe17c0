// Stories of pods replaced under their names while nobody hears of it: what was meant for the old one does not befall the new.
import assert from "node:assert/strict";
import { agentImage, label, programImage } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { bothNetworks, inPod, isRunning, membersOf, one, running, said, two } from "./scenes.ts";
import { type RunningController, setStage, type Stage, type StoryPod } from "./stage.ts";
import { timeLapse } from "./time_lapse.ts";

const refused = /none of its IPs .* it was replaced.*member=default\/a/;

/** Another pod of the same name, with another uid and another IP, whose agent runs. */
async function replace(stage: Stage, pod: StoryPod & { readonly agent: string }): Promise<void> {
  const { name, agent } = pod;
  stage.sandbox.delete(pods, { name, graceSeconds: 0 });
  await waitFor(() => stage.sandbox.find(pods, { name }) === undefined, { what: `${name} is gone` });
  stage.pod(pod);
  await waitFor(() => {
    const uid = stage.sandbox.find(pods, { name })?.metadata.uid ?? "";
    return stage.sandbox.kubelet.containerOf(uid, agent) !== undefined;
  }, { what: `the agent of the next ${name} runs` });
}

/** Waits until the successor was spoken to and known for another one, or harm was done. */
async function spared(
  { log }: RunningController,
  { since, harmed }: { readonly since: number; readonly harmed: () => Promise<boolean> | boolean },
): Promise<boolean> {
  const found = await waitFor(
    async () => await harmed() ? "harmed" : log.slice(since).some((line) => refused.test(line)) && "spared",
    { what: "a look at the name of the pod", state: () => log.slice(-10).join("\n") },
  );
  return found === "spared";
}

async function hasLink(stage: Stage, name: string): Promise<boolean> {
  const links = await inPod(stage, "a", ["ip", "-json", "-details", "link", "show"]);
  return links.includes(`"ifname":"${name}"`) || links.includes("kube-vxlan-controller:ready");
}

const images = [["tools", agentImage], ["the program", programImage]] as const;
const dataPlane = "toy";

for (const [what, image] of images) {
  Deno.test(`a native sidecar's successor is neither set up nor released as its predecessor was (${what})`, async () => {
    await using stage = await setStage({ agentImage: image, dataPlane });
    stage.networks(bothNetworks);
    const controller = await stage.startController();
    for (const name of ["a", "b"]) stage.pod({ name, networks: "one", form: "native" });
    await running(stage, ["a", "b"]);
    await stage.holds({ members: membersOf(one, ["a", "b"]) });
    const flow = stage.sandbox.server.watches.stall("pods");
    await replace(stage, { name: "a", networks: "two", form: "native", agent: "vxlan-controller-agent" });
    const since = controller.log.length;
    stage.networks({ one: "id=1 mtu=1300", two: "id=2" });
    assert.ok(await spared(controller, { since, harmed: () => hasLink(stage, "one") }), "it was spared");
    assert.equal(isRunning(stage, "a"), false);
    flow();
    await running(stage, ["a"]);
    await stage.holds({ members: [{ pod: "a", ...two }, { pod: "b", ...one }] });
  });

  Deno.test(`an init agent's successor is neither set up nor released for its predecessor (${what})`, async () => {
    await using stage = await setStage({ agentImage: image, dataPlane });
    stage.networks({ one: "id=1" });
    const controller = await stage.startController();
    stage.pod({ name: "a", networks: "two" });
    await said(controller, /WARN.*no key two.*member=default\/a/);
    const flow = stage.sandbox.server.watches.stall("pods");
    await replace(stage, { name: "a", networks: "one, three", agent: "vxlan-controller-agent-init" });
    const since = controller.log.length;
    stage.networks({ one: "id=1", two: "id=2" });
    const harmed = async (): Promise<boolean> => isRunning(stage, "a") || await hasLink(stage, "two");
    assert.ok(await spared(controller, { since, harmed }), "it was spared");
    flow();
    await said(controller, /WARN.*no key three.*member=default\/a/);
    assert.equal(isRunning(stage, "a"), false);
    stage.networks({ one: "id=1", three: "id=3" });
    await running(stage, ["a"]);
    await stage.holds({ members: [{ pod: "a", ...one }, { pod: "a", network: "three", vni: 3 }] });
  });

  Deno.test(`an order to end that was lost is not repeated to the successor (${what})`, async () => {
    await using stage = await setStage({ agentImage: image, dataPlane });
    stage.networks(bothNetworks);
    const [ordered, replaced] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const lose = async (): Promise<{ readonly kind: "unknown"; readonly reason: string }> => {
      ordered.resolve();
      await replaced.promise;
      return { kind: "unknown", reason: "the order was lost" };
    };
    let isLost = false;
    const controller = await stage.startController({
      clock: timeLapse(10),
      parts: (usual) => ({
        ...usual,
        terminate: async (agent) => {
          if (image === agentImage || isLost) return await usual.terminate(agent);
          isLost = true;
          return await lose();
        },
        executor: {
          run: async (asked) => {
            if (image !== agentImage || isLost) return await usual.executor.run(asked);
            isLost = true;
            return { outcome: await lose(), stdout: "", stderr: "" };
          },
        },
      }),
    });
    stage.pod({ name: "a", networks: "one" });
    await ordered.promise;
    const flow = stage.sandbox.server.watches.stall("pods");
    await replace(stage, { name: "a", networks: "two", agent: "vxlan-controller-agent-init" });
    const since = controller.log.length;
    replaced.resolve();
    assert.ok(await spared(controller, { since, harmed: () => isRunning(stage, "a") }), "it was spared");
    flow();
    await running(stage, ["a"]);
    await stage.holds({ members: [{ pod: "a", ...two }] });
  });
}

Deno.test("a pod without its label that is replaced does not take its successor's interfaces along, and is forgotten", async () => {
  await using stage = await setStage({ dataPlane });
  stage.networks(bothNetworks);
  const controller = await stage.startController({ clock: timeLapse(20) });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  await running(stage, ["a", "b"]);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
  const old = stage.sandbox.find(pods, { name: "a" })?.metadata.uid ?? "";
  const deaf = stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 500 }, {
    times: "until-lifted",
  });
  stage.sandbox.patch(pods, { name: "a" }, { metadata: { labels: { [label]: null } } });
  const { tracked } = controller.controller.store;
  await waitFor(() => tracked.get(old)?.selection === "label removed", { what: "it is known without label" });
  await replace(stage, { name: "a", networks: "one", agent: "vxlan-controller-agent-init" });
  const since = controller.log.length;
  deaf.lift();
  await running(stage, ["a"]);
  const harmed = (): boolean =>
    stage.sandbox.counters.writingLines({ pod: "a" }).some((line) => /^link del/.test(line));
  assert.ok(await spared(controller, { since, harmed }), "it was spared");
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
  await waitFor(() => !tracked.has(old), { what: "the old one is forgotten" });
  assert.deepEqual([tracked.size, controller.controller.state().membersFailing], [2, 0]);
  const phase = textField(field(stage.sandbox.find(pods, { name: "a" }), "status"), "phase");
  assert.equal(phase, "Running");
});
