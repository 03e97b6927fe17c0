// Stories of agents: of every form, killed, deaf, refused, in a sandbox made anew. Each ends in the right state.
import assert from "node:assert/strict";
import { agentImage, podSpec } from "../member/member_pod.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { bothNetworks, inPod, ipOf, membersOf, one, running, said, startPair } from "./scenes.ts";
import { setStage } from "./stage.ts";

const privileges = { securityContext: { capabilities: { add: ["NET_ADMIN"] } } };
const sidecar = { name: "vxlan-controller-agent", image: agentImage, ...privileges };
const initAgent = { name: "vxlan-controller-agent-init", image: agentImage, ...privileges };

Deno.test("an agent that is killed comes back into a pod that needs nothing, and goes on being served", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.sandbox.counters.reset();
  await stage.sandbox.kubelet.killContainer({ name: "a" }, "vxlan-controller-agent");
  await stage.sandbox.waitForPod({ name: "a" }, {
    what: "has its agent again",
    holds: (pod) => JSON.stringify(field(pod, "status")).includes('"restartCount":1'),
  });
  await running(stage, ["a"]);
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  const written = stage.sandbox.counters.writingLines({ pod: "a" });
  assert.deepEqual(written, [`fdb append 00:00:00:00:00:00 dst ${ipOf(stage, "c")} dev one`]);
});

Deno.test("a native agent that is killed comes back into a pod that needs nothing", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.pod({ name: "c", networks: "one", form: "native" });
  await running(stage, ["c"]);
  await stage.sandbox.kubelet.killContainer({ name: "c" }, "vxlan-controller-agent");
  stage.pod({ name: "d", networks: "one" });
  await running(stage, ["d"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c", "d"]) });
});

Deno.test("an init agent that is killed while the pod waits starts again and is served", async () => {
  await using stage = await setStage();
  stage.networks(bothNetworks);
  stage.pod({ name: "a", networks: "one" });
  await stage.sandbox.waitForPod({ name: "a" }, {
    what: "runs its init agent",
    holds: (pod) => /"running"/.test(JSON.stringify(field(field(pod, "status"), "initContainerStatuses"))),
  });
  await stage.sandbox.kubelet.killContainer({ name: "a" }, "vxlan-controller-agent-init");
  await stage.startController();
  await running(stage, ["a"]);
  await stage.holds({ members: membersOf(one, ["a"]) });
});

Deno.test("a sandbox made anew (new namespace, new IP, same uid) joins again", async () => {
  await using stage = await setStage();
  await startPair(stage);
  const before = ipOf(stage, "a");
  await stage.sandbox.kubelet.recreateSandbox({ name: "a" });
  await stage.sandbox.waitForPod({ name: "a" }, {
    what: "has a new IP",
    holds: () => !["", before].includes(ipOf(stage, "a")),
  });
  await running(stage, ["a"]);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});

Deno.test("a sandbox made anew with the same IP joins again", async () => {
  await using stage = await setStage();
  await startPair(stage);
  const { uid } = stage.sandbox.store.get({ resource: pods, namespace: "default", name: "a" }).metadata;
  const before = stage.sandbox.kubelet.containerOf(uid)?.id;
  const ip = ipOf(stage, "a");
  stage.sandbox.kubelet.reuseIp(ip);
  await stage.sandbox.kubelet.recreateSandbox({ name: "a" });
  await waitFor(() => ![undefined, before].includes(stage.sandbox.kubelet.containerOf(uid)?.id), {
    what: "a runs anew",
  });
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
  await running(stage, ["a"]);
  assert.equal(ipOf(stage, "a"), ip);
});

Deno.test("a native sidecar holds its pod until everything is there", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.pod({ name: "c", networks: "one, two id=none", form: "native" });
  await said(controller, /WARN.*id=none/);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  const links = await inPod(stage, "c", ["ip", "-json", "-details", "link", "show", "dev", "lo"]);
  assert.ok(!links.includes("kube-vxlan-controller:ready"), "the pod is not released");
  assert.equal(textField(field(stage.sandbox.find(pods, { name: "c" }), "status"), "phase"), "Pending");
  stage.annotate("c", "one");
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
});

Deno.test("a pod with a sidecar agent only is served, with a warning", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.pod({ name: "c", networks: "one", spec: { containers: [sidecar] } });
  await said(controller, /WARN.*no init agent.*member=default\/c/);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
});

Deno.test("an agent of old that is deaf to TERM is ended by its file", async () => {
  await using stage = await setStage();
  await startPair(stage);
  const old = { ...initAgent, image: `${agentImage}:old` };
  stage.pod({ name: "c", networks: "one", spec: { initContainers: [old], containers: [sidecar] } });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  const releases = stage.sandbox.counters.execs({ pod: "c" }).map(({ command }) => command[0])
    .filter((program) => program === "kill" || program === "touch");
  assert.deepEqual(releases, ["kill", "kill", "touch"]);
});

const refusals: readonly { readonly it: string; readonly spec: object; readonly says: RegExp }[] = [
  {
    it: "without NET_ADMIN",
    spec: { ...podSpec("classic"), containers: [{ name: sidecar.name, image: agentImage }] },
    says: /lacks the capability NET_ADMIN/,
  },
  { it: "with hostNetwork", spec: { ...podSpec("classic"), hostNetwork: true }, says: /hostNetwork: true/ },
  {
    it: "with an init agent only",
    spec: { initContainers: [initAgent], containers: [{ name: "app", image: "app" }] },
    says: /init agent .* only/,
  },
  {
    it: "with one process namespace",
    spec: { ...podSpec("classic"), shareProcessNamespace: true },
    says: /shareProcessNamespace/,
  },
  {
    it: "with the node's process namespace",
    spec: { ...podSpec("classic"), hostPID: true },
    says: /hostPID: true .*leave hostPID out/,
  },
  { it: "of Windows", spec: { ...podSpec("classic"), os: { name: "windows" } }, says: /runs on Windows/ },
];

for (const { it, spec, says } of refusals) {
  Deno.test(`a pod ${it} is refused with the reason, and no exec is tried`, async () => {
    await using stage = await setStage();
    const controller = await startPair(stage);
    stage.pod({ name: "c", networks: "one", spec });
    assert.match(await said(controller, /WARN.*member=default\/c/), says);
    await stage.holds({ members: membersOf(one, ["a", "b"]) });
    assert.deepEqual(stage.sandbox.counters.execs({ pod: "c" }), []);
  });
}
