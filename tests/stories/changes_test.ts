// Stories of what users change while pods run: annotations, the ConfigMap, labels. Each ends in the right state.
import assert from "node:assert/strict";
import { label } from "../member_pod.ts";
import { pods } from "../sandbox/resources.ts";
import { waitFor } from "../sandbox/waiting.ts";
import { type RunningController, setStage, type Stage } from "./stage.ts";

const one = { network: "one", vni: 1 };
const two = { network: "two", vni: 2 };

/** Two members of network one, running. */
async function pair(stage: Stage): Promise<RunningController> {
  stage.networks({ one: "id=1", two: "id=2" });
  const controller = await stage.startController();
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  for (const name of ["a", "b"]) await stage.sandbox.waitForPhase({ name }, "Running");
  await stage.holds({ members: [{ pod: "a", ...one }, { pod: "b", ...one }] });
  return controller;
}

async function said(controller: RunningController, text: RegExp): Promise<string> {
  return await waitFor(() => controller.log.find((line) => text.test(line)), {
    what: `a log line like ${text}`,
    state: () => controller.log.slice(-10).join("\n"),
  });
}

Deno.test("a network is added to a running pod, and taken away again", async () => {
  await using stage = await setStage();
  await pair(stage);
  stage.annotate("a", "one, two ip=10.2.0.1/24");
  await stage.holds({
    members: [{ pod: "a", ...one }, { pod: "a", ...two, addresses: ["10.2.0.1/24"] }, { pod: "b", ...one }],
  });
  stage.annotate("a", "two");
  await stage.holds({ members: [{ pod: "a", ...two }, { pod: "b", ...one }] });
});

Deno.test("an address, a route and the MTU of a running pod change in place", async () => {
  await using stage = await setStage();
  await pair(stage);
  stage.annotate("a", "one ip=10.1.0.1/24 route=10.9.0.0/24:10.1.0.254 mtu=1400");
  await stage.holds({
    members: [
      { pod: "a", ...one, addresses: ["10.1.0.1/24"], routes: ["10.9.0.0/24 via 10.1.0.254"] },
      { pod: "b", ...one },
    ],
  });
  stage.annotate("a", "one ip=10.1.0.2/24 mtu=1300");
  await stage.holds({ members: [{ pod: "a", ...one, addresses: ["10.1.0.2/24"] }, { pod: "b", ...one }] });
  const link = await waitFor(async () => {
    const { stdout } = await stage.sandbox.exec({ name: "a" }, [
      "ip",
      "-json",
      "-details",
      "address",
      "show",
    ]);
    return /"mtu":1300/.test(stdout) && !stdout.includes("10.1.0.1") ? stdout : undefined;
  }, { what: "the old address is gone and the MTU is 1300" });
  assert.ok(!link.includes("1400"));
});

Deno.test("a wrong option holds the pod, names the place, and is mended; the pod's other network is made meanwhile", async () => {
  await using stage = await setStage();
  const controller = await pair(stage);
  stage.pod({ name: "c", networks: "one,\ntwo idd=7" });
  const line = await said(controller, /idd=7/);
  assert.match(line, /annotation vxlan.travelping.com\/networks of pod default\/c, line 2/);
  await stage.holds({ members: ["a", "b", "c"].map((pod) => ({ pod, ...one })) });
  assert.equal(
    (stage.sandbox.find(pods, { name: "c" }) as { status?: { phase?: string } }).status?.phase,
    "Pending",
  );
  stage.annotate("c", "one,\ntwo id=7");
  await stage.sandbox.waitForPhase({ name: "c" }, "Running");
  await stage.holds({
    members: [...["a", "b", "c"].map((pod) => ({ pod, ...one })), { pod: "c", network: "two", vni: 7 }],
  });
});

Deno.test("a new id in the ConfigMap moves running members to the other segment", async () => {
  await using stage = await setStage();
  await pair(stage);
  stage.networks({ one: "id=77", two: "id=2" });
  await stage.holds({ members: ["a", "b"].map((pod) => ({ pod, network: "one", vni: 77 })) });
});

Deno.test("a removed key tears nothing down, and a newcomer is told", async () => {
  await using stage = await setStage();
  const controller = await pair(stage);
  stage.networks({ two: "id=2" });
  stage.pod({ name: "c", networks: "one" });
  await said(controller, /pod default\/c.*one/);
  await stage.holds({ members: ["a", "b"].map((pod) => ({ pod, ...one })) });
  stage.networks({ one: "id=1" });
  await stage.sandbox.waitForPhase({ name: "c" }, "Running");
  await stage.holds({ members: ["a", "b", "c"].map((pod) => ({ pod, ...one })) });
});

Deno.test("a deleted ConfigMap tears nothing down, loudly, and newcomers still join", async () => {
  await using stage = await setStage();
  const controller = await pair(stage);
  stage.networks(undefined);
  await said(controller, /WARN.*ConfigMap/);
  stage.pod({ name: "c", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "c" }, "Running");
  await stage.holds({ members: ["a", "b", "c"].map((pod) => ({ pod, ...one })) });
});

Deno.test("a pod that loses its label loses its interface, and its peers forget it; the label brings it back", async () => {
  await using stage = await setStage();
  await pair(stage);
  stage.sandbox.patch(pods, { name: "a" }, { metadata: { labels: { [label]: null } } });
  await stage.holds({ members: [{ pod: "b", ...one }], bystanders: ["a"] });
  stage.sandbox.patch(pods, { name: "a" }, { metadata: { labels: { [label]: "true" } } });
  await stage.holds({ members: [{ pod: "a", ...one }, { pod: "b", ...one }] });
});

Deno.test("a pod that loses its annotation loses its interface", async () => {
  await using stage = await setStage();
  await pair(stage);
  stage.annotate("a", null);
  await stage.holds({ members: [{ pod: "b", ...one }], bystanders: ["a"] });
});

Deno.test("hostile annotations stop nobody else", async () => {
  await using stage = await setStage();
  await pair(stage);
  const hostile = [
    "-batch",
    "$(id)",
    "one id=0145",
    "one dev=eth0;reboot",
    "\u202eone",
    "one ip=::/0",
    "x".repeat(70_000),
  ];
  hostile.forEach((networks, i) => stage.pod({ name: `h${i}`, networks }));
  stage.pod({ name: "c", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "c" }, "Running");
  await stage.holds({ members: ["a", "b", "c"].map((pod) => ({ pod, ...one })) });
});
