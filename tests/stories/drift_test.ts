// Stories of what happens behind the controller's back: deleted links, foreign links, killed agents, restarts.
import assert from "node:assert/strict";
import { annotationKey } from "../member_pod.ts";
import { pods } from "../sandbox/resources.ts";
import { waitFor } from "../sandbox/waiting.ts";
import { impatient, setStage, type Stage } from "./stage.ts";

const one = { network: "one", vni: 1 };
const both = { members: ["a", "b"].map((pod) => ({ pod, ...one })) };

function pair(stage: Stage): void {
  stage.networks({ one: "id=1" });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
}

async function joined(stage: Stage): Promise<void> {
  for (const name of ["a", "b"]) await stage.sandbox.waitForPhase({ name }, "Running");
  await stage.holds(both);
}

const damages: readonly { readonly it: string; readonly argv: (peer: string) => readonly string[] }[] = [
  { it: "deletes the link", argv: () => ["ip", "link", "del", "one"] },
  { it: "takes the link down", argv: () => ["ip", "link", "set", "one", "down"] },
  {
    it: "deletes a forwarding entry",
    argv: (peer) => ["bridge", "fdb", "del", "00:00:00:00:00:00", "dst", peer, "dev", "one"],
  },
  {
    it: "adds a forwarding entry of nobody",
    argv: () => ["bridge", "fdb", "append", "00:00:00:00:00:00", "dst", "10.244.9.9", "dev", "one"],
  },
];

for (const { it, argv } of damages) {
  Deno.test(`somebody ${it}: the next look repairs it`, async () => {
    await using stage = await setStage();
    pair(stage);
    await stage.startController({ limits: impatient });
    await joined(stage);
    const peer = (stage.sandbox.find(pods, { name: "b" }) as { status?: { podIP?: string } }).status?.podIP ??
      "";
    const { code, stderr } = await stage.sandbox.exec({ name: "a" }, argv(peer));
    assert.equal(code, 0, stderr);
    await stage.holds(both);
  });
}

Deno.test("a foreign link with a wanted name is never touched, and the pod joins once it is gone", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1", two: "id=2" });
  const controller = await stage.startController();
  stage.pod({ name: "a", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "a" }, "Running");
  const link = ["link", "add", "two", "type", "vxlan", "id", "99", "dev", "eth0", "dstport", "4789"];
  assert.equal((await stage.sandbox.exec({ name: "a" }, ["ip", ...link])).code, 0);
  stage.annotate("a", "one, two");
  await waitFor(() => controller.log.some((line) => /WARN.*"two"/.test(line)), {
    what: "the conflict is told",
  });
  const { stdout } = await stage.sandbox.exec({ name: "a" }, ["ip", "-json", "-details", "address", "show"]);
  assert.match(stdout, /"id":99/);
  const gone = await stage.sandbox.exec({ name: "a" }, ["ip", "link", "del", "two"]);
  assert.equal(gone.code, 0, gone.stderr);
  await stage.holds({ members: [{ pod: "a", ...one }, { pod: "a", network: "two", vni: 2 }] });
});

Deno.test("an agent that is killed comes back into a pod that needs nothing", async () => {
  await using stage = await setStage();
  pair(stage);
  await stage.startController();
  await joined(stage);
  await stage.sandbox.kubelet.killContainer({ name: "a" }, "vxlan-controller-agent");
  stage.pod({ name: "c", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "c" }, "Running");
  await stage.holds({ members: ["a", "b", "c"].map((pod) => ({ pod, ...one })) });
});

Deno.test("a sandbox made anew (new namespace, new IP, same uid) joins again", async () => {
  await using stage = await setStage();
  pair(stage);
  await stage.startController();
  await joined(stage);
  const before = (stage.sandbox.find(pods, { name: "a" }) as { status?: { podIP?: string } }).status?.podIP;
  await stage.sandbox.kubelet.recreateSandbox({ name: "a" });
  await stage.sandbox.waitForPod({ name: "a" }, {
    what: "has a new IP",
    holds: (pod) => {
      const ip = (pod as { status?: { podIP?: string } }).status?.podIP;
      return ip !== undefined && ip !== "" && ip !== before;
    },
  });
  await joined(stage);
});

Deno.test("pods of the same name, in two namespaces and one after the other, are different members", async () => {
  await using stage = await setStage();
  pair(stage);
  await stage.startController();
  stage.pod({ name: "a", namespace: "other", networks: "one" });
  for (const name of ["a", "b"]) await stage.sandbox.waitForPhase({ name }, "Running");
  await stage.sandbox.waitForPhase({ name: "a", namespace: "other" }, "Running");
  stage.sandbox.delete(pods, { name: "a", graceSeconds: 0 });
  await waitFor(() => stage.sandbox.find(pods, { name: "a" }) === undefined, { what: "a is gone" });
  stage.pod({ name: "a", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "a" }, "Running");
  await stage.holds({ members: ["a", "b", "other/a"].map((pod) => ({ pod, ...one })) });
});

Deno.test("a finished pod keeps its IP and is nobody's peer", async () => {
  await using stage = await setStage();
  pair(stage);
  await stage.startController();
  await joined(stage);
  const spec = {
    restartPolicy: "Never",
    initContainers: [{
      name: "vxlan-controller-agent",
      image: "aialferov/kube-vxlan-controller-agent",
      restartPolicy: "Always",
      securityContext: { capabilities: { add: ["NET_ADMIN"] } },
    }],
    containers: [{ name: "job", image: "job", command: ["sleep", "0.3"] }],
  };
  const metadata = {
    name: "job",
    labels: { "vxlan.travelping.com": "true" },
    annotations: { [annotationKey]: "one" },
  };
  stage.sandbox.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec }));
  await stage.sandbox.waitForPhase({ name: "job" }, "Succeeded");
  await stage.holds(both);
});

Deno.test("a controller that was away finds everything: pods that came, went, changed, and one that waits", async () => {
  await using stage = await setStage();
  pair(stage);
  const first = await stage.startController();
  await joined(stage);
  await first.stop();
  stage.pod({ name: "c", networks: "one" });
  stage.sandbox.delete(pods, { name: "b", graceSeconds: 0 });
  stage.annotate("a", "one ip=10.1.0.1/24");
  await stage.startController();
  await stage.sandbox.waitForPhase({ name: "c" }, "Running");
  await stage.holds({ members: [{ pod: "a", ...one, addresses: ["10.1.0.1/24"] }, { pod: "c", ...one }] });
});

Deno.test("a restart without drift writes nothing", async () => {
  await using stage = await setStage();
  pair(stage);
  const first = await stage.startController();
  await joined(stage);
  await first.stop();
  stage.sandbox.counters.reset();
  await stage.startController();
  await waitFor(
    () =>
      stage.sandbox.counters.execs({ program: "bridge" }).filter(({ lines }) => lines.length > 0).length >= 2,
    {
      what: "both pods were looked into",
    },
  );
  await stage.holds(both);
  assert.deepEqual(stage.sandbox.counters.writingLines(), []);
});

Deno.test("two controllers at once come to the same end", async () => {
  await using stage = await setStage();
  await stage.startController();
  await stage.startController();
  pair(stage);
  await joined(stage);
  stage.pod({ name: "c", networks: "one", form: "native" });
  await stage.sandbox.waitForPhase({ name: "c" }, "Running");
  await stage.holds({ members: ["a", "b", "c"].map((pod) => ({ pod, ...one })) });
});

Deno.test("two controllers with different annotations leave each other's links alone", async () => {
  await using stage = await setStage();
  const other = "other.example.com/networks";
  pair(stage);
  await stage.startController({ limits: impatient });
  await joined(stage);
  await stage.startController({ annotationKey: other, limits: impatient });
  stage.sandbox.patch(pods, { name: "a" }, { metadata: { annotations: { [other]: "mine id=55" } } });
  await stage.holds({ members: [...both.members, { pod: "a", network: "mine", vni: 55 }] });
  stage.sandbox.patch(pods, { name: "a" }, { metadata: { annotations: { [other]: "" } } });
  await stage.holds(both);
});
