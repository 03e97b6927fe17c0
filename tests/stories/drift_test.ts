// Stories of what happens behind the controller's back: links, addresses, routes and entries deleted, foreign links.
import assert from "node:assert/strict";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { bothNetworks, inPod, ipOf, membersOf, one, running, said, startPair, two } from "./scenes.ts";
import { impatient, setStage } from "./stage.ts";

const routed = {
  pod: "a",
  ...one,
  addresses: ["10.1.0.1/24"],
  routes: ["10.9.0.0/24 via 10.1.0.254"],
};
const asWanted = { members: [routed, { pod: "b", ...one }] };

const flood = "00:00:00:00:00:00";
const damages: readonly { readonly it: string; readonly argv: (peer: string) => readonly string[] }[] = [
  { it: "deletes the link", argv: () => ["ip", "link", "del", "one"] },
  { it: "takes the link down", argv: () => ["ip", "link", "set", "one", "down"] },
  { it: "deletes an address", argv: () => ["ip", "address", "del", "10.1.0.1/24", "dev", "one"] },
  { it: "deletes a route", argv: () => ["ip", "route", "del", "10.9.0.0/24"] },
  {
    it: "deletes a forwarding entry",
    argv: (peer) => ["bridge", "fdb", "del", flood, "dst", peer, "dev", "one"],
  },
  {
    it: "adds a forwarding entry of nobody",
    argv: () => ["bridge", "fdb", "append", flood, "dst", "10.244.9.9", "dev", "one"],
  },
];

for (const { it, argv } of damages) {
  Deno.test(`somebody ${it}: the next look repairs it`, async () => {
    await using stage = await setStage();
    await startPair(stage, { limits: impatient });
    stage.annotate("a", "one ip=10.1.0.1/24 route=10.9.0.0/24:10.1.0.254");
    await stage.holds(asWanted);
    await inPod(stage, "a", argv(ipOf(stage, "b")));
    await stage.holds(asWanted);
  });
}

Deno.test("somebody takes the alias away: the link is adopted at the next look", async () => {
  await using stage = await setStage();
  await startPair(stage, { limits: impatient });
  await inPod(stage, "a", ["ip", "link", "set", "one", "alias", ""]);
  await waitFor(async () => /network=one,/.test(await inPod(stage, "a", ["ip", "-json", "link", "show"])), {
    what: "the link carries its alias again",
  });
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});

Deno.test("somebody puts another link in the place of ours, while our sessions are open", async () => {
  await using stage = await setStage();
  await startPair(stage, { limits: impatient });
  await inPod(stage, "a", ["ip", "link", "del", "one"]);
  const link = ["link", "add", "one", "type", "vxlan", "id", "1", "dev", "eth0", "dstport", "8472"];
  await inPod(stage, "a", ["ip", ...link]);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
});

Deno.test("a foreign link with a wanted name is never touched, and the pod joins once it is gone", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  const link = ["link", "add", "two", "type", "vxlan", "id", "99", "dev", "eth0", "dstport", "4789"];
  await inPod(stage, "a", ["ip", ...link]);
  stage.annotate("a", "one, two");
  await said(controller, /WARN.*"two"/);
  assert.match(await inPod(stage, "a", ["ip", "-json", "-details", "address", "show"]), /"id":99/);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
  await inPod(stage, "a", ["ip", "link", "del", "two"]);
  await stage.holds({ members: [...membersOf(one, ["a", "b"]), { pod: "a", ...two }] });
});

Deno.test("a foreign link with a wanted VNI and port is never touched, and the pod joins once it is gone", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  const link = ["link", "add", "mine", "type", "vxlan", "id", "2", "dev", "eth0", "dstport", "8472"];
  await inPod(stage, "a", ["ip", ...link]);
  stage.annotate("a", "one, two");
  await said(controller, /WARN.*"mine"/);
  await inPod(stage, "a", ["ip", "link", "del", "mine"]);
  await stage.holds({ members: [...membersOf(one, ["a", "b"]), { pod: "a", ...two }] });
});

Deno.test({
  name:
    "where the port is taken an interface is made and stays down, which is said, and is brought up once it is free",
  ignore: !availablePlanes.includes("namespaces"),
  fn: async () => {
    await using stage = await setStage({ dataPlane: "namespaces" });
    const controller = await startPair(stage);
    // Links share the socket of a port, but not with one that has extensions.
    const link = [
      "link",
      "add",
      "mine",
      "type",
      "vxlan",
      "id",
      "99",
      "dev",
      "eth0",
      "dstport",
      "4790",
      "gbp",
    ];
    await inPod(stage, "a", ["ip", ...link]);
    await inPod(stage, "a", ["ip", "link", "set", "mine", "up"]);
    stage.networks({ ...bothNetworks, two: "id=2 dstport=4790" });
    stage.annotate("a", "one, two ip=10.9.0.1/24");
    await said(controller, /WARN.*Cannot bring interface two up: .*Address already in use; .*dstport=/);
    await inPod(stage, "a", ["ip", "link", "del", "mine"]);
    await stage.holds({
      members: [...membersOf(one, ["a", "b"]), { pod: "a", ...two, port: 4790, addresses: ["10.9.0.1/24"] }],
    });
    assert.equal(controller.log.filter((line) => line.includes("two: created")).length, 1);
  },
});

Deno.test("links, addresses and routes of others are left alone, when a network comes and when it goes", async () => {
  await using stage = await setStage();
  await startPair(stage);
  await inPod(stage, "a", ["ip", "link", "add", "mine", "type", "bridge"]);
  await inPod(stage, "a", ["ip", "link", "set", "mine", "up"]);
  await inPod(stage, "a", ["ip", "address", "add", "10.7.0.1/24", "dev", "mine"]);
  await inPod(stage, "a", ["ip", "address", "add", "10.8.0.1/24", "dev", "one"]);
  await inPod(stage, "a", ["ip", "route", "add", "10.99.0.0/24", "via", "10.8.0.2"]);
  stage.annotate("a", "one ip=10.1.0.1/24 mtu=1400, two");
  const joined = {
    pod: "a",
    ...one,
    addresses: ["10.1.0.1/24", "10.8.0.1/24"],
    routes: ["10.99.0.0/24 via 10.8.0.2"],
  };
  await stage.holds({ members: [joined, { pod: "b", ...one }, { pod: "a", ...two }] });
  stage.annotate("a", "one");
  await stage.holds({ members: [{ ...joined, addresses: ["10.8.0.1/24"] }, { pod: "b", ...one }] });
  assert.match(await inPod(stage, "a", ["ip", "-json", "address", "show"]), /"10\.7\.0\.1"/);
});
