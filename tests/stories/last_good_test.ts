// Stories of what stays and what goes on running pods: typos, closed networks, pods that drain, labels alone.
import assert from "node:assert/strict";
import { agentImage, annotationKey, label, podSpec } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import {
  bothNetworks,
  inPod,
  ipOf,
  isRunning,
  membersOf,
  one,
  running,
  said,
  startPair,
  two,
} from "./scenes.ts";
import { impatient, setStage, type Stage } from "./stage.ts";

Deno.test("a pod with a typo stays a peer, learns of those who come and forgets those who go", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.annotate("a", "one metric=5");
  await said(controller, /WARN.*metric=5/);
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  stage.sandbox.delete(pods, { name: "b", graceSeconds: 0 });
  await stage.holds({ members: membersOf(one, ["a", "c"]) });
});

for (const last of ["one metric=5, two", "two, -one"]) {
  Deno.test(`a text that leaves a network and is followed by "${last}" before anything was done leaves nothing`, async () => {
    await using stage = await setStage();
    await startPair(stage);
    stage.annotate("a", "two");
    stage.annotate("a", last);
    await stage.holds({ members: [...membersOf(one, ["a", "b"]), ...membersOf(two, ["a"])] });
  });
}

for (const last of ["one metric=5, two", "two, -one"]) {
  Deno.test(`a network that a text leaves goes, though "${last}" follows, where the place is another's by then`, async () => {
    await using stage = await setStage();
    await startPair(stage, { maxMembers: 2 });
    stage.pod({ name: "c", networks: "two, one" });
    await stage.holds({ members: [...membersOf(one, ["a", "b"]), { pod: "c", ...two }] });
    stage.annotate("a", "two");
    stage.annotate("a", last);
    await stage.holds({ members: [...membersOf(one, ["b", "c"]), ...membersOf(two, ["a", "c"])] });
  });
}

const lost: readonly {
  readonly it: string;
  readonly meanwhile: (stage: Stage) => void;
  readonly restrictPods?: true;
}[] = [
  ...[{}, { restrictPods: true } as const].flatMap((rule) => {
    const where = rule.restrictPods ? ", and pods are restricted" : "";
    return [
      {
        ...rule,
        it: `its key has no id, and a typo${where}`,
        meanwhile: (stage: Stage) => stage.networks({ one: "mtu=1300 stray", two: "id=2" }),
      },
      {
        ...rule,
        it: `nothing of the ConfigMap can be read${where}`,
        meanwhile: (stage: Stage) => stage.networks({ one: "1o", two: "id=" }),
      },
      {
        ...rule,
        it: `the ConfigMap was deleted${where}`,
        meanwhile: (stage: Stage) => stage.networks(undefined),
      },
    ];
  }),
  { it: "its key was removed", meanwhile: (stage) => stage.networks({ two: "id=2" }) },
  {
    it: "both have a typo",
    meanwhile: (stage) => ["a", "b"].forEach((name) => stage.annotate(name, "one metric=5")),
  },
  {
    it: "one has a typo and answers late, the other asks for one more that is unknown",
    meanwhile: (stage) => {
      stage.annotate("a", "one, nowhere");
      stage.annotate("b", "one metric=5");
    },
  },
];
for (const { it, meanwhile, restrictPods = false } of lost) {
  Deno.test(`after a restart nothing is written in pods whose network cannot be had any more: ${it}`, async () => {
    await using stage = await setStage();
    const first = await startPair(stage);
    await first.stop();
    meanwhile(stage);
    stage.sandbox.counters.reset();
    // Until b has been looked into, a knows nothing of what b has.
    stage.sandbox.faults.onExec({ pod: "b" }, { kind: "slow", delay: 100 }, { times: 4 });
    const served = new Set<string>();
    const second = await stage.startController({
      restrictPods,
      parts: (usual) => ({
        ...usual,
        reporter: {
          ...usual.reporter,
          report: ({ pod, networks }) => networks.length > 0 && served.add(pod.name),
        },
      }),
    });
    await waitFor(() => served.size === 2, { what: "both are served again" });
    await stage.holds({ members: membersOf(one, ["a", "b"]) });
    assert.deepEqual(stage.sandbox.counters.writingLines(), []);
    stage.sandbox.delete(pods, { name: "b", graceSeconds: 0 });
    await stage.holds({ members: membersOf(one, ["a"]) });
    await second.stop();
  });
}

for (
  const { it, edit } of [
    { it: "its key was removed", edit: (stage: Stage): void => stage.networks({ two: "id=2" }) },
    { it: "it has a typo", edit: (stage: Stage): void => stage.annotate("a", "one metric=5") },
  ]
) {
  Deno.test(`after a restart who cannot be looked into is not cut off by its peers, though ${it}`, async () => {
    await using stage = await setStage();
    const first = await startPair(stage);
    await first.stop();
    edit(stage);
    const refused = stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 500 }, {
      times: "until-lifted",
    });
    stage.sandbox.counters.reset();
    const served = new Set<string>();
    await stage.startController({
      parts: (usual) => ({
        ...usual,
        reporter: {
          ...usual.reporter,
          report: ({ pod, networks }) => networks.length > 0 && served.add(pod.name),
        },
      }),
    });
    await waitFor(() => served.has("b"), { what: "b is served" });
    await stage.holds({ members: membersOf(one, ["a", "b"]) });
    refused.lift();
    await waitFor(() => served.has("a"), { what: "a is served" });
    stage.pod({ name: "c", networks: "two" });
    await running(stage, ["c"]);
    const lines = stage.sandbox.counters.writingLines({ pod: "b" });
    assert.deepEqual(lines.filter((line) => line.startsWith("fdb delete")), []);
    stage.sandbox.delete(pods, { name: "a", graceSeconds: 0 });
    await stage.holds({ members: [...membersOf(one, ["b"]), { pod: "c", ...two }] });
  });
}

Deno.test("who was not looked into after a restart and is gone is forgotten by its peers", async () => {
  await using stage = await setStage();
  const first = await startPair(stage);
  await first.stop();
  stage.annotate("a", "one metric=5");
  stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 500 }, { times: "until-lifted" });
  const ip = ipOf(stage, "a");
  await stage.startController();
  // Who comes later is told of it as of nobody.
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  const fdb = async (pod: string): Promise<string> =>
    await inPod(stage, pod, ["bridge", "fdb", "show", "dev", "one"]);
  assert.deepEqual([(await fdb("b")).includes(ip), (await fdb("c")).includes(ip)], [true, false]);
  stage.sandbox.delete(pods, { name: "a", graceSeconds: 0 });
  await stage.holds({ members: membersOf(one, ["b", "c"]) });
});

for (const slip of ["", " metric=5"]) {
  Deno.test(`a namespace that is taken out of the list takes its pods out, and says so${slip && `:${slip}`}`, async () => {
    await using stage = await setStage();
    const controller = await startPair(stage);
    stage.pod({ name: "c", namespace: "lab", networks: "one, two" });
    await stage.sandbox.waitForPhase({ namespace: "lab", name: "c" }, "Running");
    await stage.holds({ members: [...membersOf(one, ["a", "b", "lab/c"]), { pod: "lab/c", ...two }] });
    stage.networks({ one: `id=1 namespaces=default${slip}`, two: "id=2" });
    await stage.holds({ members: [...membersOf(one, ["a", "b"]), { pod: "lab/c", ...two }] });
    await said(controller, /WARN.*it is not for namespace .*member=lab\/c/);
    stage.networks({ one: "id=1", two: "id=2" });
    await stage.holds({ members: [...membersOf(one, ["a", "b", "lab/c"]), { pod: "lab/c", ...two }] });
  });
}

Deno.test("a key that is removed opens its network to nobody while somebody has it", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.networks({ one: "id=1 namespaces=default", two: "id=2" });
  stage.networks({ two: "id=2" });
  stage.pod({ name: "c", namespace: "lab", networks: "one id=1" });
  await said(controller, /WARN.*not for namespace .*member=lab\/c/);
  await stage.holds({ members: membersOf(one, ["a", "b"]), bystanders: ["lab/c"] });
});

Deno.test("a pod that drains is a peer until the last of its containers has ended", async () => {
  await using stage = await setStage();
  await startPair(stage);
  const spec = podSpec("classic");
  // An image of old is deaf to TERM.
  const containers = [...spec.containers, { name: "app", image: `${agentImage}:old` }];
  stage.pod({
    name: "c",
    networks: "one",
    spec: { ...spec, containers, terminationGracePeriodSeconds: 600 },
  });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  stage.sandbox.delete(pods, { name: "c", graceSeconds: 600 });
  await stage.sandbox.waitForPod({ name: "c" }, {
    what: "has lost its agent",
    holds: (pod) => /"terminated"/.test(JSON.stringify(pod["status"])),
  });
  // Somebody who comes now gets it as a peer, so it was none for nobody.
  stage.pod({ name: "d", networks: "one" });
  await running(stage, ["d"]);
  const fdb = async (pod: string): Promise<string> =>
    await inPod(stage, pod, ["bridge", "fdb", "show", "dev", "one"]);
  const ip = ipOf(stage, "c");
  for (const pod of ["a", "b", "d"]) {
    await waitFor(async () => (await fdb(pod)).includes(ip), {
      what: `${pod} floods to the pod that drains`,
    });
  }
  await stage.sandbox.kubelet.killContainer({ name: "c" }, "app");
  await stage.holds({ members: membersOf(one, ["a", "b", "d"]) });
});

function bystander(
  stage: Stage,
  { name, spec, key }: { readonly name: string; readonly spec: object; readonly key?: string },
): void {
  const annotations = key === undefined ? {} : { [key]: "one" };
  const metadata = { name, labels: { [label]: "true" }, annotations };
  stage.sandbox.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec }));
}

Deno.test("a label alone: the pod is let go by either agent, and left alone; one line, no warning", async () => {
  await using stage = await setStage();
  stage.networks(bothNetworks);
  const { log } = await stage.startController({ limits: impatient });
  bystander(stage, { name: "classic", spec: podSpec("classic") });
  bystander(stage, { name: "native", spec: podSpec("native") });
  bystander(stage, { name: "plain", spec: { containers: [{ name: "app", image: "app" }] } });
  await running(stage, ["classic", "native", "plain"]);
  const execs = (): number => stage.sandbox.counters.execs().length;
  const before = execs();
  stage.pod({ name: "a", networks: "one" });
  await running(stage, ["a"]);
  const own = (): number => stage.sandbox.counters.execs({ pod: "a" }).length;
  const after = own();
  await waitFor(() => own() > after, { what: "all were looked at again" });
  assert.equal(execs() - before, own(), "nobody else is looked at any more");
  assert.deepEqual(log.filter((line) => /WARN|ERROR/.test(line)), []);
});

Deno.test("a misspelt key: the pod waits, and the key is named", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  bystander(stage, { name: "c", spec: podSpec("classic"), key: "vxlan.openvnf.org/networks" });
  await said(
    controller,
    /WARN.*no annotation vxlan\.travelping\.com\/networks.*vxlan\.openvnf\.org\/networks.*member=default\/c/,
  );
  assert.equal(isRunning(stage, "c"), false);
  stage.annotate("c", "one");
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
});

Deno.test("an annotation that is taken away while the pod waits lets it go, without an interface", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.pod({ name: "c", networks: "one, nowhere" });
  await said(controller, /WARN.*nowhere/);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  stage.sandbox.patch(pods, { name: "c" }, { metadata: { annotations: { [annotationKey]: null } } });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b"]), bystanders: ["c"] });
});
