// What do refusals, races with others, and answers that are too long cost a pod and whoever shares it?
import assert from "node:assert/strict";
import { HalfObserved } from "../../../lib/controller/agent/convergence.ts";
import { answerCaps } from "../../../lib/agents/answer_caps.ts";
import { SessionEnded } from "../../../lib/kube/exec/session.ts";
import type { ToyNamespace } from "../../sandbox/toy/kernel.ts";
import { flood, Scene, uid } from "./converge_scene.ts";

/** Somebody's command, once, between our look and what we do then. */
function between(scene: Scene, command: string): void {
  let done = false;
  scene.toys.before = (kernel, line) => {
    if (done || !line.startsWith("link add")) return;
    done = true;
    const [, , , temporary = ""] = line.split(" ");
    for (const each of command.replaceAll("TEMPORARY", temporary).split("; ")) {
      assert.equal(kernel.run(each.split(" ")).stderr, "");
    }
  };
}

for (
  const { it, command } of [
    { it: "a link", command: "ip link add west type dummy" },
    { it: "a foreign vxlan", command: "ip link add west type vxlan id 7 dev eth0 dstport 8472" },
    { it: "another name of eth0", command: "ip link property add dev eth0 altname west" },
  ]
) {
  Deno.test(`${it} takes the wanted name between look and deed: nothing is done to it, and it is said`, async () => {
    const scene = new Scene();
    scene.run("ip link show");
    const before = scene.run("ip address show");
    between(scene, command);
    const { obstacles } = await scene.look(["10.0.0.2"], { networks: "west id=101 ip=192.0.2.1/24" });
    assert.equal(obstacles.length, 1);
    assert.match(
      obstacles[0]?.reason ?? "",
      /^Cannot create interface "west" .*(taken by|an alternative name of)/,
    );
    const after: readonly { readonly ifname: string; readonly ifalias?: string }[] = JSON.parse(
      scene.run("ip address show"),
    );
    assert.deepEqual(
      after.filter(({ ifalias }) => ifalias !== undefined),
      [],
      "left half made, or marked as ours",
    );
    const eth0 = (text: string): unknown => {
      const { altnames: _, ...rest } = JSON.parse(text).find((each: { ifname: string }) =>
        each.ifname === "eth0"
      );
      return rest;
    };
    assert.deepEqual(eth0(JSON.stringify(after)), eth0(before));
    assert.deepEqual(scene.entries(), []);
    await scene.close();
  });
}

for (
  const { it, command } of [
    { it: "a link", command: "ip link add TEMPORARY type dummy" },
    {
      it: "a foreign vxlan",
      command:
        "ip link add TEMPORARY type vxlan id 7 dev eth0 dstport 8472; ip link set TEMPORARY alias theirs",
    },
    { it: "another name of eth0", command: "ip link property add dev eth0 altname TEMPORARY" },
  ]
) {
  Deno.test(`${it} takes the name under which a link is made: nothing is done to it, and ours is made under another`, async () => {
    const scene = new Scene();
    between(scene, command);
    const { obstacles, steps } = await scene.look(["10.0.0.2"]);
    assert.deepEqual([obstacles, steps], [[], []]);
    const links: readonly { readonly ifname: string; readonly ifalias?: string }[] = JSON.parse(
      scene.run("ip link show"),
    );
    const named = links.map(({ ifname, ifalias }) => [
      ifname.replace(/^kvx.*/, "kvx"),
      ifalias?.replace(/:.*/, ""),
    ]);
    const theirs = command.includes("altname")
      ? []
      : [["kvx", command.includes("alias") ? "theirs" : undefined]];
    assert.deepEqual(named.sort(), [
      ["eth0", undefined],
      ...theirs,
      ["lo", undefined],
      ["west", "kube-vxlan-controller"],
    ]);
    await scene.close();
  });
}

/** Somebody takes our link away and gives its name to another; what that one is like then. */
const replacements = [
  { it: "a link", command: "ip link add west type dummy" },
  { it: "a foreign vxlan", command: "ip link add west type vxlan id 7 dev eth0 dstport 8472" },
  { it: "another name of eth0", command: "ip link property add dev eth0 altname west" },
].map(({ it, command }) => ({
  it,
  replace: (kernel: ToyNamespace): string => {
    for (const each of ["ip link del west", command]) {
      assert.equal(kernel.run(each.split(" ")).stderr, "");
    }
    return pictureOf(kernel);
  },
}));

function pictureOf(kernel: ToyNamespace): string {
  return ["ip address show", "bridge fdb show"].map((each) => kernel.run(each.split(" ")).stdout).join("");
}

for (const { it, replace } of replacements) {
  Deno.test(`${it} takes the place of our link between two lines of ours: nothing is done to it`, async () => {
    const scene = new Scene();
    const wanted = { networks: "west id=101 ip=192.0.2.1/24", mayUseCache: false };
    await scene.look(["10.0.0.2"], wanted);
    scene.run("ip address del 192.0.2.1/24 dev west");
    scene.run("ip link set west mtu 1300");
    scene.run("bridge fdb del 00:00:00:00:00:00 dst 10.0.0.2 dev west");
    let before: string | undefined;
    scene.toys.before = (kernel, line) => {
      if (line.startsWith("address replace")) before ??= replace(kernel);
    };
    const { obstacles } = await scene.look(["10.0.0.2"], wanted);
    assert.deepEqual([pictureOf(scene.toys.kernel(uid)), obstacles.length], [before, 1]);
    await scene.close();
  });

  Deno.test(`${it} takes the place of our link, which is to go, while a tool is started anew: it stays`, async () => {
    const scene = new Scene();
    await scene.look(["10.0.0.2"]);
    let deletions = 0;
    let before: string | undefined;
    scene.toys.refusing = (_, line) =>
      line.startsWith("link delete") && deletions++ === 0
        ? "RTNETLINK answers: Device or resource busy"
        : undefined;
    scene.toys.opening = () => {
      if (deletions > 0) before ??= replace(scene.toys.kernel(uid));
      return Promise.resolve();
    };
    await scene.look(["10.0.0.2"], { networks: "east id=102", mayUseCache: false });
    const indexes = (picture: string): readonly string[] => picture.match(/"ifindex":[0-9]+/g) ?? [];
    const after = indexes(pictureOf(scene.toys.kernel(uid)));
    assert.ok(deletions > 1);
    assert.deepEqual(indexes(before ?? "").filter((index) => !after.includes(index)), []);
    await scene.close();
  });
}

Deno.test("a name that is free again is taken", async () => {
  const scene = new Scene();
  between(scene, "ip link add west type dummy");
  await scene.look(["10.0.0.2"]);
  scene.toys.before = undefined;
  scene.run("ip link del west");
  await scene.clock.advance(30_000);
  assert.deepEqual((await scene.look(["10.0.0.2"])).obstacles, []);
  assert.deepEqual(scene.entries(), [flood("10.0.0.2")]);
  await scene.close();
});

Deno.test("identical refusals end the rounds, and of a link that cannot be made nothing else is tried", async () => {
  const scene = new Scene();
  scene.toys.before = (kernel, line) => {
    if (line.startsWith("link add")) {
      kernel.run(["ip", "link", "add", "kvx0", "type", "vxlan", "id", "101", "dev", "eth0"]);
    }
  };
  const peers = Array.from({ length: 100 }, (_, i) => `10.0.1.${i}`);
  await scene.look(peers, { networks: "west id=101 ip=192.0.2.1/24" });
  const writes = scene.toys.takeWrites(uid);
  assert.ok(writes.length <= 6, writes.join("; "));
  assert.deepEqual(writes.filter((line) => /^(address|fdb) /.test(line)), []);
  await scene.close();
});

Deno.test("8,000 routes of others are not asked for", async () => {
  const scene = new Scene();
  for (let i = 0; i < 8_000; i++) {
    scene.run(`ip route add 20.${i >> 8}.${i & 255}.0/24 via 10.0.0.254 dev eth0`);
  }
  const networks = "west id=101 ip=192.0.2.1/24 route=198.51.100.0/24:192.0.2.9";
  const { steps, obstacles } = await scene.look(["10.0.0.2"], { networks });
  assert.deepEqual([steps, obstacles, scene.cache.answerCap], [[], [], answerCaps.first]);
  await scene.close();
});

Deno.test("13,000 learned MACs: what an answer may have grows until it is enough", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  for (let i = 0; i < 13_000; i++) {
    const mac = `02:00:00:00:${(i >> 8).toString(16).padStart(2, "0")}:${
      (i & 255).toString(16).padStart(2, "0")
    }`;
    scene.toys.kernel(uid).learn({ dev: "west", mac, dst: "10.0.0.2" });
  }
  scene.run("bridge fdb del 00:00:00:00:00:00 dst 10.0.0.2 dev west");
  scene.cache.invalidate();
  await assert.rejects(scene.look(["10.0.0.2"]), SessionEnded);
  assert.equal(scene.cache.answerCap, 4 * answerCaps.first);
  await scene.look(["10.0.0.2"]);
  assert.ok(scene.entries().includes(flood("10.0.0.2")));
  await scene.close();
});

Deno.test("links cannot be read: entries are put right on those that were ours, and missing ones are counted", async () => {
  const scene = new Scene();
  const networks = "west id=101, east id=102 dev=eth7";
  await scene.look(["10.0.0.2"], { networks });
  scene.run("bridge fdb del 00:00:00:00:00:00 dst 10.0.0.2 dev west");
  scene.run("bridge fdb append 00:00:00:00:00:00 dst 10.0.0.9 dev west");
  scene.cache.invalidate();
  scene.toys.fault = (line) => line === "address show" ? { kind: "unknown", reason: "no answer" } : undefined;
  const thrown = await scene.look(["10.0.0.2", "10.0.0.3"], { networks }).catch((error: unknown) => error);
  assert.ok(thrown instanceof HalfObserved, String(thrown));
  assert.equal(thrown.entriesMissing, 2, "east's");
  assert.deepEqual(scene.entries(), [flood("10.0.0.2"), flood("10.0.0.3")]);
  await scene.close();
});

Deno.test("12,000 entries are written in portions, each of which is waited for", async () => {
  const scene = new Scene();
  const peers = Array.from({ length: 12_000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`).sort();
  const { entriesMissing } = await scene.look(peers);
  assert.deepEqual([entriesMissing, scene.entries().length], [0, 12_000]);
  assert.ok(Math.max(...scene.toys.exchanges) <= 5_001, String(scene.toys.exchanges));
  await scene.close();
});

Deno.test("a port of a bridge stays one when its link is made anew", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.run("ip link add br0 type bridge");
  scene.run("ip link set west master br0");
  await scene.look(["10.0.0.2"], { networks: "west id=102", mayUseCache: false });
  const [west] = JSON.parse(scene.run("ip link show west"));
  assert.deepEqual([west.master, west.linkinfo.info_data.id], ["br0", 102]);
  await scene.close();
});

Deno.test("two interfaces on each other: both are told, and no MTU shrinks", async () => {
  const scene = new Scene();
  await scene.look([], { networks: "east id=102, west id=101" });
  const networks = "east id=102 dev=west, west id=101 dev=east";
  for (let i = 0; i < 3; i++) {
    const { obstacles } = await scene.look([], { networks, mayUseCache: false });
    assert.deepEqual(obstacles.map(({ network }) => network), ["east", "west"]);
  }
  const mtus = ["east", "west"].map((name) => JSON.parse(scene.run(`ip link show ${name}`))[0].mtu);
  assert.deepEqual(mtus, [1450, 1450]);
  await scene.close();
});

Deno.test("one interface on the other, the other way round than before: each has the MTU that is left", async () => {
  const scene = new Scene();
  await scene.look([], { networks: "east id=102 dev=west, west id=101" });
  const { steps, obstacles } = await scene.look([], { networks: "east id=102, west id=101 dev=east" });
  assert.deepEqual([steps, obstacles], [[], []]);
  const mtus = ["east", "west"].map((name) => JSON.parse(scene.run(`ip link show ${name}`))[0].mtu);
  assert.deepEqual(mtus, [1450, 1400]);
  await scene.close();
});

Deno.test("the same link-local address on two networks is no conflict", async () => {
  const scene = new Scene();
  const wanted = "west id=101 ip=fe80::1/64";
  await scene.look([], { networks: wanted });
  const { steps, obstacles } = await scene.look([], { networks: `${wanted}, east id=102 ip=fe80::1/64` });
  assert.deepEqual([steps, obstacles], [[], []]);
  await scene.close();
});
