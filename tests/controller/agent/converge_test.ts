// What does bringing one pod to what is wanted cost, and what is relied on, read back and doubted on the way?
import assert from "node:assert/strict";
import type { Neighbour } from "../../../lib/overlay/wanted.ts";
import { flood, Scene, uid } from "./converge_scene.ts";

Deno.test("the first look makes everything and reads it back; the next one sends nothing at all", async () => {
  const scene = new Scene();
  const first = await scene.look(["10.0.0.2"]);
  assert.deepEqual([first.steps, first.obstacles, first.entriesMissing], [[], [], 0]);
  assert.deepEqual(scene.entries(), [flood("10.0.0.2")]);
  scene.toys.takeLines(uid);
  const second = await scene.look(["10.0.0.2"]);
  assert.deepEqual([second.applied, scene.toys.takeLines(uid)], [[], []]);
  await scene.close();
});

Deno.test("a plain new pod costs four lines of ip, and the kernel need not look for a module", async () => {
  const scene = new Scene();
  const networks = "west id=101 ip=192.0.2.1/24 route=198.51.100.0/24:192.0.2.9";
  const { applied, obstacles } = await scene.look([], { networks });
  assert.deepEqual([obstacles, scene.toys.kernel(uid).modulesLookedFor], [[], []]);
  assert.deepEqual(applied.map(({ kind }) => kind), ["add-link", "name-link", "add-address", "add-route"]);
  await scene.close();
});

Deno.test("it looks for one where a link is changed or taken away, and not for addresses and routes", async () => {
  const scene = new Scene();
  const before = "west id=101 up=false ip=192.0.2.1/24 route=198.51.100.0/24:192.0.2.9";
  await scene.look([], { networks: before });
  const after =
    "west id=101 mtu=1300 mac=02:00:00:00:00:09 ip=203.0.113.1/24 route=198.51.100.0/24:203.0.113.9";
  const { applied } = await scene.look([], { networks: after });
  const { applied: lastly } = await scene.look([], { networks: "east id=102" });
  assert.deepEqual([...applied, ...lastly].map(({ kind }) => kind), [
    ...["delete-address", "set-mtu", "set-mac", "set-up", "add-address", "add-route"],
    ...["delete-link", "add-link", "name-link"],
  ]);
  assert.deepEqual(scene.toys.kernel(uid).modulesLookedFor, Array.from({ length: 4 }, () => "if0000000003"));
  await scene.close();
});

Deno.test("a peer that comes costs one line and the barrier, and counts as applied then: nothing is read after it", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.toys.takeLines(uid);
  await scene.look(["10.0.0.2", "10.0.0.3"]);
  assert.deepEqual(scene.toys.takeLines(uid), [
    "fdb append 00:00:00:00:00:00 dst 10.0.0.3 dev west",
    "link show dev lo",
  ]);
  for (let second = 0; second < 300; second += 10) {
    await scene.clock.advance(10_000);
    await scene.look(["10.0.0.2", "10.0.0.3"]);
  }
  assert.deepEqual(scene.toys.takeLines(uid), []);
  await scene.close();
});

Deno.test("all is read again when it is time: an entry that somebody took away is made again", async () => {
  const scene = new Scene();
  const { lookIn } = await scene.look(["10.0.0.2"]);
  assert.ok(lookIn >= 540_000 && lookIn <= 660_000, `${lookIn} ms`);
  scene.run("bridge fdb del 00:00:00:00:00:00 dst 10.0.0.2 dev west");
  await scene.clock.advance(lookIn);
  await scene.look(["10.0.0.2"]);
  assert.deepEqual(scene.entries(), [flood("10.0.0.2")]);
  await scene.close();
});

Deno.test("a peer that goes: its entry goes at once, what was learned of it two seconds later, and then it is quiet", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2", "10.0.0.3"]);
  scene.toys.kernel(uid).learn({ dev: "west", mac: "02:00:00:00:00:02", dst: "10.0.0.2" });
  scene.toys.kernel(uid).learn({ dev: "west", mac: "02:00:00:00:00:03", dst: "10.0.0.3" });
  scene.toys.takeLines(uid);
  const { lookIn } = await scene.look(["10.0.0.3"]);
  assert.equal(lookIn, 2_000);
  assert.ok(!scene.entries().includes(flood("10.0.0.2")));
  await scene.follow(["10.0.0.3"], { seconds: 30 });
  assert.deepEqual(scene.entries(), [flood("10.0.0.3"), "02:00:00:00:00:03 10.0.0.3"]);
  assert.deepEqual(scene.toys.takeLines(uid), [
    "fdb delete 00:00:00:00:00:00 dst 10.0.0.2 dev west",
    "link show dev lo",
    "fdb show dynamic",
    "fdb delete 02:00:00:00:00:02 dst 10.0.0.2 dev west",
    "link show dev lo",
    "fdb show dynamic",
  ]);
  await scene.close();
});

for (const way of ["the option goes with the addresses", "a restart"] as const) {
  Deno.test(`a peer that goes takes along what neigh=static had set for it, which nothing asks for since ${way}`, async () => {
    const scene = new Scene();
    const neighbours = [
      { address: "10.1.0.2", mac: "02:00:00:00:00:02", dst: "10.0.0.2" },
      { address: "10.1.0.3", mac: "02:00:00:00:00:03", dst: "10.0.0.3" },
    ];
    const networks = "west id=101 ip=10.1.0.1/24";
    await scene.look(["10.0.0.2", "10.0.0.3"], { networks, neighbours, neigh: "static" });
    if (way === "a restart") scene.cache.cached = undefined;
    await scene.look(["10.0.0.2", "10.0.0.3"]);
    await scene.look(["10.0.0.3"]);
    await scene.follow(["10.0.0.3"], { seconds: 30 });
    assert.ok(!scene.entries().join().includes("10.0.0.2"), scene.entries().join());
    await scene.look(["10.0.0.2", "10.0.0.3"]);
    scene.toys.takeLines(uid);
    await scene.look([]);
    assert.deepEqual(scene.toys.takeLines(uid), [
      "fdb delete 00:00:00:00:00:00 dst 10.0.0.2 dev west",
      "fdb delete 00:00:00:00:00:00 dst 10.0.0.3 dev west",
      "fdb delete 02:00:00:00:00:03 dst 10.0.0.3 dev west",
      "link show dev lo",
    ]);
    assert.deepEqual(scene.entries(), []);
    await scene.close();
  });
}

Deno.test("a session that has shown what was learned shows nothing else any more: a full reading starts the tool anew", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2", "10.0.0.3"]);
  await scene.look(["10.0.0.3"]);
  await scene.follow(["10.0.0.3"], { seconds: 4 });
  const { opened } = scene.toys;
  scene.cache.invalidate();
  assert.deepEqual((await scene.look(["10.0.0.3"])).applied, [], "its entry was not seen");
  assert.equal(scene.toys.opened, opened + 1);
  await scene.close();
});

for (const way of ["is taken out by", "went just before"] as const) {
  Deno.test(`a peer that ${way} a full reading may send on: what is learned of it afterwards goes too`, async () => {
    const scene = new Scene();
    await scene.look(["10.0.0.2", "10.0.0.3"]);
    if (way === "went just before") await scene.look(["10.0.0.3"]);
    scene.cache.invalidate();
    await scene.look(["10.0.0.3"]);
    scene.toys.kernel(uid).learn({ dev: "west", mac: "02:00:00:00:00:02", dst: "10.0.0.2" });
    await scene.follow(["10.0.0.3"], { seconds: 30 });
    assert.deepEqual(scene.entries(), [flood("10.0.0.3")]);
    await scene.close();
  });
}

for (
  const { how, between } of [
    { how: "in one edit", between: [] },
    { how: "in two edits", between: ["other id=7"] },
    { how: "in two edits, and no network meanwhile", between: [""] },
  ]
) {
  Deno.test(`the peers of a network whose VNI another gets ${how} may send on: what is learned of them goes too`, async () => {
    const scene = new Scene();
    await scene.look(["10.0.0.2"], { networks: "east id=101, other id=7" });
    for (const networks of between) {
      await scene.look([], { networks });
      await scene.clock.advance(1_200_000);
    }
    const networks = "west id=101, other id=7";
    await scene.look(["10.0.0.3"], { networks });
    scene.toys.kernel(uid).learn({ dev: "west", mac: "02:00:00:00:00:02", dst: "10.0.0.2" });
    await scene.follow(["10.0.0.3"], { seconds: 30, networks });
    assert.ok(!scene.entries().join().includes("10.0.0.2"), scene.entries().join());
    await scene.close();
  });
}

Deno.test("a stray sender: looked for after longer and longer pauses by the clock, however often peers come", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2", "10.0.0.9"]);
  scene.toys.meanwhile = (kernel) => kernel.learn({ dev: "west", mac: "02:00:00:00:00:09", dst: "10.0.0.9" });
  scene.toys.takeLines(uid);
  const { opened } = scene.toys;
  const peers: string[] = ["10.0.0.2"];
  const swept: number[] = [];
  for (let second = 0; second < 200; second++) {
    peers.push(`10.0.1.${second}`);
    await scene.look([...peers]);
    const lines = scene.toys.takeLines(uid);
    assert.ok(!lines.includes("fdb show"), "a join made a full look");
    if (lines.includes("fdb show dynamic")) swept.push(second);
    await scene.clock.advance(1_000);
  }
  assert.deepEqual(swept, [2, 4, 8, 16, 32, 64, 124, 184]);
  assert.equal(scene.toys.opened, opened, "the sessions stay open");
  scene.toys.meanwhile = undefined;
  await scene.follow(peers, { seconds: 130 });
  assert.deepEqual(scene.entries(), peers.map(flood).sort());
  await scene.close();
});

Deno.test("a doubt that comes up makes the next look ask the kernel", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.run("ip link del west");
  assert.deepEqual((await scene.look(["10.0.0.2"])).applied, []);
  scene.cache.invalidate();
  await scene.look(["10.0.0.2"]);
  assert.deepEqual(scene.entries(), [flood("10.0.0.2")]);
  await scene.close();
});

Deno.test("something on stderr as peers' lines are sent: all is read", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.run("ip link del west");
  const { steps } = await scene.look(["10.0.0.2", "10.0.0.3"]);
  assert.deepEqual([steps, scene.entries()], [[], [flood("10.0.0.2"), flood("10.0.0.3")]]);
  await scene.close();
});

Deno.test("before a release nothing is relied on", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.toys.takeLines(uid);
  await scene.look(["10.0.0.2"], { mayUseCache: false });
  assert.deepEqual(scene.toys.takeWrites(uid), []);
  scene.run("ip link del west");
  const { applied } = await scene.look(["10.0.0.2"], { mayUseCache: false });
  assert.ok(applied.length > 0);
  await scene.close();
});

Deno.test("what `ip` changed alone leaves the entries as they were read: they are not read again", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.run("ip link set west mtu 1300");
  scene.cache.invalidate();
  scene.toys.takeLines(uid);
  await scene.look(["10.0.0.2"]);
  assert.equal(scene.toys.takeLines(uid).filter((line) => line === "fdb show").length, 1);
  await scene.close();
});

Deno.test("what cannot be had is an obstacle, and costs the pod's other networks nothing: peers come by their lines", async () => {
  const scene = new Scene();
  const networks = "west id=101, east id=102 dev=eth7";
  const result = await scene.look(["10.0.0.2"], { networks });
  assert.deepEqual(result.obstacles.map(({ network }) => network), ["east"]);
  assert.equal(result.entriesMissing, 1, "east's");
  assert.deepEqual(scene.entries(), [flood("10.0.0.2")]);
  await scene.clock.advance(60_000);
  await scene.look(["10.0.0.2"], { networks });
  scene.toys.takeLines(uid);
  await scene.clock.advance(1_000);
  const { obstacles } = await scene.look(["10.0.0.2", "10.0.0.3"], { networks });
  assert.equal(obstacles.length, 1, "it is still said");
  assert.deepEqual(scene.toys.takeLines(uid), [
    "fdb append 00:00:00:00:00:00 dst 10.0.0.3 dev west",
    "link show dev lo",
  ]);
  await scene.close();
});

Deno.test("a pod that is being deleted keeps peers that go for ten seconds: in a large deletion it is gone by then", async () => {
  const scene = new Scene();
  const isLeaving = true;
  await scene.look(["10.0.0.2", "10.0.0.3", "10.0.0.4"]);
  scene.toys.takeLines(uid);
  await scene.look(["10.0.0.3", "10.0.0.4"], { isLeaving });
  await scene.clock.advance(4_000);
  assert.equal((await scene.look(["10.0.0.3"], { isLeaving })).lookIn, 6_000);
  assert.deepEqual(scene.toys.takeLines(uid), []);
  await scene.clock.advance(6_000);
  await scene.look(["10.0.0.3"], { isLeaving });
  assert.deepEqual(scene.entries(), [flood("10.0.0.3")]);
  await scene.close();
});

Deno.test("neigh=static: set and read back at the first look; then a peer with an address costs three lines, and again when it goes", async () => {
  const scene = new Scene();
  const neighbour = (at: number): Neighbour => ({
    address: `10.1.0.${at}`,
    mac: `02:00:00:00:00:0${at}`,
    dst: `10.0.0.${at}`,
  });
  const networks = "west id=101 ip=10.1.0.1/24";
  const two = [neighbour(2)];
  const first = await scene.look(["10.0.0.2"], { networks, neighbours: two, neigh: "static" });
  assert.deepEqual([first.steps, first.obstacles], [[], []]);
  assert.match(scene.run("ip neigh show nud permanent"), /10\.1\.0\.2/);
  scene.toys.takeLines(uid);
  await scene.look(["10.0.0.2"], { networks, neighbours: two, neigh: "static" });
  assert.deepEqual(scene.toys.takeLines(uid), []);
  const three = [neighbour(2), neighbour(3)];
  await scene.look(["10.0.0.2", "10.0.0.3"], { networks, neighbours: three, neigh: "static" });
  assert.deepEqual(scene.toys.takeWrites(uid), [
    "fdb append 00:00:00:00:00:00 dst 10.0.0.3 dev west",
    "fdb replace 02:00:00:00:00:03 dst 10.0.0.3 dev west self permanent",
    "neigh replace 10.1.0.3 lladdr 02:00:00:00:00:03 dev west nud permanent protocol 86",
  ]);
  await scene.look(["10.0.0.2"], { networks, neighbours: two, neigh: "static" });
  assert.deepEqual(scene.toys.takeWrites(uid), [
    "fdb delete 00:00:00:00:00:00 dst 10.0.0.3 dev west",
    "fdb delete 02:00:00:00:00:03 dst 10.0.0.3 dev west",
    "neigh flush to 10.1.0.3 dev west nud permanent",
  ]);
  scene.cache.invalidate();
  const { applied } = await scene.look(["10.0.0.2"], { networks, neighbours: two, neigh: "static" });
  assert.deepEqual(applied, []);
  await scene.look(["10.0.0.2"], { networks, neighbours: two });
  assert.equal(scene.run("ip neigh show nud permanent").trim(), "[]");
  scene.toys.takeLines(uid);
  await scene.look([], { networks });
  assert.deepEqual(scene.toys.takeWrites(uid), [
    "fdb delete 00:00:00:00:00:00 dst 10.0.0.2 dev west",
    "neigh flush to 10.1.0.2 dev west",
  ]);
  await scene.close();
});

Deno.test("where peers have addresses both sessions last: that one goes costs none, also where somebody made the link anew", async () => {
  const scene = new Scene();
  const networks = "west id=101 ip=10.1.0.1/24";
  const neighbours = [2, 3, 4].map((at): Neighbour => ({
    address: `10.1.0.${at}`,
    mac: `02:00:00:00:00:0${at}`,
    dst: `10.0.0.${at}`,
  }));
  const without = async (first: number): Promise<string> => {
    for (const { address, mac } of neighbours) {
      scene.run(`ip neigh replace ${address} lladdr ${mac} dev west nud stale`);
    }
    await scene.clock.advance(60_000);
    const left = neighbours.slice(first);
    await scene.look(left.map(({ dst }) => dst), { networks, neighbours: left });
    return scene.run("ip neigh show");
  };
  await scene.look(neighbours.map(({ dst }) => dst), { networks, neighbours });
  assert.doesNotMatch(await without(1), /10\.1\.0\.2/);
  assert.equal(scene.toys.opened, 2);
  scene.run("ip link delete dev west");
  scene.run("ip link add name west type vxlan id 101 dev eth0 dstport 8472");
  assert.doesNotMatch(await without(2), /10\.1\.0\.3/);
  await scene.close();
});
