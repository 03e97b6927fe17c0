// Stories of what users change on their pods: annotations and labels. Each ends in the right state.
import assert from "node:assert/strict";
import { label } from "../member/member_pod.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { inPod, membersOf, one, running, said, startPair, two } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";

/** Waits until a link of a pod satisfies a test. */
async function waitForLink(
  stage: Stage,
  { pod, link, what, holds }: {
    readonly pod: string;
    readonly link: string;
    readonly what: string;
    readonly holds: (found: Record<string, unknown>) => boolean;
  },
): Promise<Record<string, unknown>> {
  return await waitFor(async () => {
    const links = JSON.parse(await inPod(stage, pod, ["ip", "-json", "-details", "address", "show"]));
    return links.find((each: Record<string, unknown>) => each["ifname"] === link && holds(each));
  }, { what: `link ${link} of ${pod} ${what}` });
}

Deno.test("a network is added to a running pod, and taken away again", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.annotate("a", "one, two ip=10.2.0.1/24");
  await stage.holds({
    members: [...membersOf(one, ["a", "b"]), { pod: "a", ...two, addresses: ["10.2.0.1/24"] }],
  });
  stage.annotate("a", "two");
  await stage.holds({ members: [{ pod: "a", ...two }, { pod: "b", ...one }] });
});

Deno.test("an address, a route, the MTU and the MAC of a running pod change in place", async () => {
  await using stage = await setStage();
  await startPair(stage);
  const before = await waitForLink(stage, { pod: "a", link: "one", what: "is there", holds: () => true });
  stage.annotate("a", "one ip=10.1.0.1/24 route=10.9.0.0/24:10.1.0.254 mtu=1400");
  const routed = {
    pod: "a",
    ...one,
    addresses: ["10.1.0.1/24"],
    routes: ["10.9.0.0/24 via 10.1.0.254"],
  };
  await stage.holds({ members: [routed, { pod: "b", ...one }] });
  stage.annotate("a", "one ip=10.1.0.2/24 mtu=1300 mac=02:00:00:00:00:07");
  await stage.holds({ members: [{ pod: "a", ...one, addresses: ["10.1.0.2/24"] }, { pod: "b", ...one }] });
  const after = await waitForLink(stage, {
    pod: "a",
    link: "one",
    what: "has the new MTU and MAC, and the new address only",
    holds: (found) =>
      found["mtu"] === 1300 && found["address"] === "02:00:00:00:00:07" &&
      !JSON.stringify(found).includes("10.1.0.1"),
  });
  assert.equal(after["ifindex"], before["ifindex"], "it is still the same link");
});

Deno.test("the device under an interface changes in place", async () => {
  await using stage = await setStage();
  await startPair(stage);
  const before = await waitForLink(stage, { pod: "a", link: "one", what: "is there", holds: () => true });
  await inPod(stage, "a", ["ip", "link", "add", "second", "type", "bridge"]);
  stage.annotate("a", "one dev=second");
  const after = await waitForLink(stage, {
    pod: "a",
    link: "one",
    what: "is on the second device",
    holds: (found) => JSON.stringify(found).includes('"second"'),
  });
  assert.equal(after["ifindex"], before["ifindex"], "it is still the same link");
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});

Deno.test("a device that is not there yet is an obstacle that is named, and waited for", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.annotate("a", "one, two dev=second");
  await said(controller, /WARN.*"second"/);
  await inPod(stage, "a", ["ip", "link", "add", "second", "type", "bridge"]);
  await stage.holds({ members: [...membersOf(one, ["a", "b"]), { pod: "a", ...two }] });
});

Deno.test("a wrong option holds the pod and names the place; its other network is made meanwhile; then it is mended", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.pod({ name: "c", networks: "one,\ntwo idd=7" });
  const line = await said(controller, /idd=7/);
  assert.match(line, /annotation vxlan.travelping.com\/networks of pod default\/c, line 2/);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  assert.equal(textField(field(stage.sandbox.find(pods, { name: "c" }), "status"), "phase"), "Pending");
  assert.deepEqual(stage.sandbox.counters.execs({ pod: "c", program: "kill" }), []);
  stage.annotate("c", "one,\ntwo id=7");
  await running(stage, ["c"]);
  await stage.holds({
    members: [...membersOf(one, ["a", "b", "c"]), { pod: "c", network: "two", vni: 7 }],
  });
});

Deno.test("a name that cannot be read in the annotation of a running pod removes nothing that it had", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.annotate("a", "-one, two id=none");
  await said(controller, /WARN.*-one/);
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  await waitForLink(stage, { pod: "a", link: "one", what: "is still there", holds: () => true });
  stage.annotate("a", "one");
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
});

Deno.test("a pod that loses its label loses its interface, and its peers forget it; the label brings it back", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.sandbox.patch(pods, { name: "a" }, { metadata: { labels: { [label]: null } } });
  await stage.holds({ members: membersOf(one, ["b"]), bystanders: ["a"] });
  stage.sandbox.patch(pods, { name: "a" }, { metadata: { labels: { [label]: "true" } } });
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});

Deno.test("a pod that loses its annotation loses its interface", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.annotate("a", null);
  await stage.holds({ members: membersOf(one, ["b"]), bystanders: ["a"] });
});

Deno.test("hostile annotations stop nobody else", async () => {
  await using stage = await setStage();
  await startPair(stage);
  const hostile = [
    "-batch",
    "$(id)",
    "one id=0145",
    "one dev=eth0;reboot",
    "\u202eone",
    "one ip=::/0",
    "one name=lo, two name=eth0",
    "x".repeat(70_000),
  ];
  hostile.forEach((networks, i) => stage.pod({ name: `h${i}`, networks }));
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
});
