// Stories of pods that come and go: each ends in the right state, judged by the invariant checker.
import { annotationKey } from "../member/member_pod.ts";
import assert from "node:assert/strict";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { impatient, setStage } from "./stage.ts";
import { bothNetworks, inPod, ipOf, membersOf, one, running, startPair, two } from "./scenes.ts";

Deno.test("members join one after the other, classic and native, and each knows all", async () => {
  await using stage = await setStage();
  stage.networks(bothNetworks);
  await stage.startController();
  stage.pod({ name: "a", networks: "one" });
  stage.pod({ name: "b", networks: "one, two", form: "native" });
  await running(stage, ["a"]);
  stage.pod({ name: "c", networks: "two" });
  await running(stage, ["b", "c"]);
  await stage.holds({ members: [...membersOf(one, ["a", "b"]), ...membersOf(two, ["b", "c"])] });
});

Deno.test("a member that is deleted with grace is forgotten by its peers", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  stage.sandbox.delete(pods, { name: "b", graceSeconds: 2 });
  await stage.holds({ members: membersOf(one, ["a", "c"]) });
});

Deno.test("a member that works until its grace ends is a peer until then", async () => {
  await using stage = await setStage();
  await startPair(stage);
  const busy = {
    name: "app",
    image: "app",
    command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"],
  };
  stage.pod({ name: "c", networks: "one", spec: { ...nativeSpec, containers: [busy] } });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  // Long enough to be seen in between on a busy machine.
  stage.sandbox.delete(pods, { name: "c", graceSeconds: 5 });
  stage.annotate("a", "one ip=10.1.0.1/24");
  const first = { pod: "a", ...one, addresses: ["10.1.0.1/24"] };
  await stage.holds({ members: [first, ...membersOf(one, ["b", "c"])] });
  await waitFor(() => stage.sandbox.find(pods, { name: "c" }) === undefined, { what: "c is gone" });
  await stage.holds({ members: [first, ...membersOf(one, ["b"])] });
});

Deno.test("a member that is killed without grace is forgotten", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.sandbox.delete(pods, { name: "b", graceSeconds: 0 });
  await stage.holds({ members: membersOf(one, ["a"]) });
});

Deno.test("a finished pod keeps its IP and is nobody's peer", async () => {
  await using stage = await setStage();
  await startPair(stage);
  const job = { name: "job", image: "job", command: ["sleep", "0.3"] };
  stage.pod({
    name: "job",
    networks: "one",
    spec: { ...nativeSpec, restartPolicy: "Never", containers: [job] },
  });
  const finished = await stage.sandbox.waitForPhase({ name: "job" }, "Succeeded");
  if (ipOf(stage, "job") === "") throw new Error(`no pod IP is kept: ${JSON.stringify(finished)}`);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});

Deno.test("pods of the same name, in two namespaces and one after the other, are different members", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.pod({ name: "a", namespace: "other", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "a", namespace: "other" }, "Running");
  await stage.holds({ members: membersOf(one, ["a", "b", "other/a"]) });
  stage.sandbox.delete(pods, { name: "a", graceSeconds: 0 });
  await waitFor(() => stage.sandbox.find(pods, { name: "a" }) === undefined, { what: "a is gone" });
  await stage.holds({ members: membersOf(one, ["b", "other/a"]) });
  stage.pod({ name: "a", networks: "one" });
  await running(stage, ["a"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "other/a"]) });
});

Deno.test("a pod IP that passes to somebody who is no member gets no frames any more", async () => {
  await using stage = await setStage();
  await startPair(stage, { limits: impatient });
  const ip = ipOf(stage, "b");
  // Learned entries stand beside ours: a ping makes some, where there are real namespaces.
  stage.annotate("a", "one ip=10.1.0.1/24");
  stage.annotate("b", "one ip=10.1.0.2/24");
  await stage.holds({
    members: [
      { pod: "a", ...one, addresses: ["10.1.0.1/24"] },
      { pod: "b", ...one, addresses: ["10.1.0.2/24"] },
    ],
  });
  await inPod(stage, "a", ["ping", "-c", "1", "-W", "2", "10.1.0.2"]);
  stage.sandbox.delete(pods, { name: "b", graceSeconds: 1 });
  await waitFor(() => stage.sandbox.find(pods, { name: "b" }) === undefined, { what: "b is gone" });
  stage.sandbox.kubelet.reuseIp(ip);
  const plain = { containers: [{ name: "app", image: "app" }] };
  const metadata = { name: "stranger", annotations: { [annotationKey]: "one" } };
  stage.sandbox.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec: plain }));
  await running(stage, ["stranger"]);
  if (ipOf(stage, "stranger") !== ip) throw new Error("the sandbox has not reused the pod IP");
  await stage.holds({ members: membersOf(one, ["a"]), bystanders: ["stranger"] });
});

Deno.test("many pods that go at once are forgotten without a complaint, though they speak to the last", async () => {
  await using stage = await setStage();
  const { log } = await startPair(stage);
  const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
  for (const name of names) stage.pod({ name, networks: "one", form: "native" });
  await running(stage, names);
  await stage.holds({ members: membersOf(one, ["a", "b", ...names]) });
  for (const name of names) stage.sandbox.delete(pods, { name, graceSeconds: 2 });
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
  assert.deepEqual(log.filter((line) => line.includes("WARN")), []);
});

/** An agent that is a native sidecar without a gate: the pod runs at once. */
const nativeSpec = {
  initContainers: [{
    name: "vxlan-controller-agent",
    image: "aialferov/kube-vxlan-controller-agent",
    restartPolicy: "Always",
    securityContext: { capabilities: { add: ["NET_ADMIN"] } },
  }],
};
