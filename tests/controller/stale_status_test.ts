// Pods that could not be members and do not ask for it any more: what was said of that goes, and nothing is kept of them.
import assert from "node:assert/strict";
import { annotationKey, label, memberPod } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import { conditionOf, programWith, warnings } from "./whole_program.ts";

const minute = 60_000;
const app = { name: "app", image: "app" };
const usual = memberPod({ name: "a", uid: "uid-a", networks: "west", ip: "10.0.5.1" });

const refused: readonly { readonly it: string; readonly pod: object; readonly reason: string }[] = [
  {
    it: "has no agent",
    pod: { ...usual, spec: { containers: [app] } },
    reason: "AgentMissing",
  },
  {
    it: "is in the node's network",
    pod: { ...usual, spec: { ...usual.spec, hostNetwork: true } },
    reason: "HostNetwork",
  },
  {
    it: "has an agent without NET_ADMIN",
    pod: { ...usual, spec: { ...usual.spec, containers: [{ name: "vxlan-controller-agent" }] } },
    reason: "AgentUnfit",
  },
  {
    it: "has an IP that nothing can be sent to",
    pod: { ...usual, status: { ...usual.status, podIP: "fe80::1%eth0", podIPs: [{ ip: "fe80::1%eth0" }] } },
    reason: "SetupFailed",
  },
];

const ways: readonly {
  readonly it: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}[] = [
  { it: "its annotation is taken away", annotations: {}, labels: { [label]: "true" } },
  { it: "its annotation is emptied", annotations: { [annotationKey]: " " }, labels: { [label]: "true" } },
  { it: "its label is taken away", annotations: { [annotationKey]: "west" }, labels: {} },
];

for (const { it, pod, reason } of refused) {
  for (const way of ways) {
    Deno.test(`a pod that ${it}: when ${way.it} it shows nothing of that`, async () => {
      const program = await programWith(2);
      const { api, clock, controller } = program;
      api.put(pods, pod);
      await clock.advance(minute);
      assert.equal(conditionOf(program, "a"), `False ${reason}`);
      const found = api.find(pods, "a");
      const { metadata } = found ?? {};
      api.put(pods, {
        ...found,
        metadata: { ...metadata, annotations: way.annotations, labels: way.labels },
      });
      const said = warnings(program);
      await clock.advance(30 * minute);
      assert.equal(conditionOf(program, "a"), "");
      assert.deepEqual([...controller.store.tracked.keys()].sort(), ["uid-p0", "uid-p1"]);
      assert.deepEqual([program.status.size, controller.state().membersFailing], [2, 0]);
      assert.deepEqual(warnings(program).slice(said.length), []);
      await program.end();
    });
  }

  Deno.test(`a pod that ${it}, whose annotation was taken away while no controller ran, shows nothing of it`, async () => {
    const conditions = [{ type: "vxlan.travelping.com/Ready", status: "False", reason, message: "of old" }];
    const program = await programWith(2, ({ api }) => {
      const { status } = pod as typeof usual;
      const metadata = { ...usual.metadata, annotations: {} };
      api.put(pods, { ...pod, metadata, status: { ...status, conditions } });
    });
    await program.clock.advance(30 * minute);
    assert.equal(conditionOf(program, "a"), "");
    assert.equal(program.controller.state().membersFailing, 0);
    assert.deepEqual(warnings(program), []);
    await program.end();
  });
}
