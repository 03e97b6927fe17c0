// When is who probed, what does it cost, and what is told of it?
import assert from "node:assert/strict";
import { leaveOthers, meet, newContact } from "../../lib/reach/contact.ts";
import { type Probed, ProbedWorld } from "./probed_world.ts";

Deno.test("a rollout of a hundred: two exchanges each at most, no session for it, no word, nothing left", async () => {
  const world = new ProbedWorld();
  const all: Probed[] = [];
  for (let at = 0; at < 100; at++) {
    all.push(world.join(`p${at}`, { networks: "one,two", node: `n${at % 3}` }));
    await world.advance(40);
  }
  await world.advance(60_000);
  assert.deepEqual(new Set(all.map(({ exchanges }) => exchanges)), new Set([0, 2]), "the first asks nobody");
  assert.equal(all.filter(({ exchanges }) => exchanges === 0).length, 1);
  assert.deepEqual(all.filter(({ opened }) => opened > 0), []);
  assert.deepEqual(all.filter(({ history }) => history.some((one) => one !== "ready")), []);
  assert.deepEqual(all.filter(({ table }) => table.size > 0), []);
  const { probed, unreachable } = world.contacts.probes.counts();
  assert.ok(probed > 500, `${probed} pairs`);
  assert.equal(unreachable, 0);
  await world.contacts.close();
  assert.deepEqual(world.clock.waiting(), []);
});

Deno.test("who reaches nobody on other nodes is told so after the second time, and heals; one exec more at most until then", async () => {
  const world = new ProbedWorld();
  const [a, b, c] = ["n1", "n2", "n3"].map((node, at) => world.join("abc"[at] ?? "", { node }));
  await world.advance(10_000);
  world.passes = (from, to) => from.node === to.node;
  const d = world.join("d", { node: "n1" });
  d.session = true;
  await world.advance(6_100);
  assert.deepEqual(d.history, ["ready"], "once is not enough");
  d.session = false;
  await world.advance(6_000);
  assert.equal(d.opened, 1);
  assert.deepEqual(d.history, ["ready", "unreachable"]);
  const problems = d.told?.state.kind === "failing" ? d.told.state.problems : [];
  assert.equal(
    problems[0]?.message,
    'Cannot reach peers in network "one": 2 peers on other nodes (default/b on n2, …), asked twice, did not answer, ' +
      "of 1 on its own node 1 did; UDP port 8472 must pass between the nodes, both ways: NetworkPolicies and " +
      "firewalls; with Cilium, or flannel with VXLAN, it is the plugin's own port, so use another (dstport=4789)",
  );
  assert.equal(d.told?.holds, true);
  for (const other of [a, b, c]) assert.deepEqual(other?.history, ["ready"]);
  assert.equal(world.contacts.probes.counts().unreachable, 2);
  await world.advance(300_000);
  assert.deepEqual(d.history, ["ready", "unreachable"], "told once");
  assert.ok(d.opened < 10, `${d.opened} sessions in five minutes`);
  world.passes = () => true;
  await world.advance(130_000);
  assert.deepEqual(d.history, ["ready", "unreachable", "ready"]);
  assert.equal(world.contacts.probes.counts().unreachable, 0);
  assert.equal(d.table.size, 0);
  await world.contacts.close();
});

const quiet: readonly {
  readonly it: string;
  readonly run: (world: ProbedWorld) => Promise<Probed>;
  readonly exchanges: number;
  readonly history: readonly string[];
}[] = [
  {
    it: "no session is open: it waits for one",
    run: (world) => Promise.resolve(world.join("b", { session: false })),
    exchanges: 0,
    history: ["ready"],
  },
  {
    it: "its kernel does not flood to its peer yet",
    run: async (world) => {
      const b = world.join("b", { session: false });
      await world.advance(3_000);
      Object.assign(b, { session: true, floodsTo: [] });
      world.report(b.member.uid);
      return b;
    },
    exchanges: 0,
    history: ["ready", "ready"],
  },
  {
    it: "it was ready before we came",
    run: (world) => Promise.resolve(world.join("b", { shown: { ready: "True", reason: "NetworksReady" } })),
    exchanges: 0,
    history: ["ready"],
  },
  {
    it: "another replica leads",
    run: (world) => {
      world.leads = false;
      return Promise.resolve(world.join("b"));
    },
    exchanges: 0,
    history: ["ready"],
  },
  {
    it: "what somebody set is not touched, and proves nothing",
    run: async (world) => {
      world.passes = () => false;
      const b = world.join("b", { session: false });
      await world.advance(3_000);
      b.table.set("10.0.0.1", { state: "PERMANENT", since: 0 });
      b.session = true;
      world.report(b.member.uid);
      return b;
    },
    // `ip` ends at the question; the second time, in a session of its own, its table is read first.
    exchanges: 1 + 3,
    history: ["ready", "ready"],
  },
  {
    it: "its peer leaves while it is asked",
    run: async (world) => {
      world.passes = () => false;
      const b = world.join("b");
      await world.advance(4_000);
      for (const one of world.members.values()) if (one !== b) world.leave(one);
      return b;
    },
    exchanges: 2,
    history: ["ready"],
  },
];

for (const { it, run, exchanges, history } of quiet) {
  Deno.test(`nothing is told: ${it}`, async () => {
    const world = new ProbedWorld();
    world.join("a");
    const b = await run(world);
    await world.advance(60_000);
    assert.deepEqual([b.exchanges, b.history], [exchanges, history]);
    assert.ok(b.table.size === 0 || b.table.get("10.0.0.1")?.state === "PERMANENT");
    await world.contacts.close();
  });
}

const crossings: readonly {
  readonly it: string;
  readonly passes: boolean;
  readonly cross: (world: ProbedWorld, b: Probed) => void;
  readonly opened: number;
}[] = [true, false].flatMap((passes) => [
  {
    it: "an entry came in between, and ended ip",
    passes,
    cross: (world: ProbedWorld) => {
      world.between = (table, address) => {
        table.set(address, { state: "STALE", since: 0 });
        world.between = () => {};
      };
    },
    opened: 1,
  },
  {
    it: "it was asked by the other while it asked, and its kernel asked no more",
    passes,
    cross: (_: ProbedWorld, b: Probed) => void b.table.set("10.0.0.1", { state: "STALE", since: 0 }),
    opened: 0,
  },
  {
    it: "its entry was swept away from a full table",
    passes,
    cross: (_: ProbedWorld, b: Probed) => b.table.clear(),
    opened: 0,
  },
]);

for (const { it, passes, cross, opened } of crossings) {
  Deno.test(`it is decided all the same, frames ${passes ? "pass" : "do not pass"}: ${it}`, async () => {
    const world = new ProbedWorld();
    world.join("a", { session: false });
    world.passes = () => passes;
    const b = world.join("b");
    // Between the question and the look at what came of it, or before both.
    await world.advance(opened === 0 ? 4_000 : 1_000);
    cross(world, b);
    await world.advance(opened === 0 ? 8_000 : 12_000);
    assert.equal(b.opened, opened, "sessions of its own");
    assert.deepEqual(world.contacts.probes.all().map(({ outcome }) => outcome.kind), [
      passes ? "reachable" : "unreachable",
    ]);
    await world.advance(30_000);
    assert.deepEqual(b.history, passes ? ["ready"] : ["ready", "unreachable"]);
    await world.contacts.close();
  });
}

Deno.test("who reaches nobody in two networks is told so in the order of their names, whichever failed first", async () => {
  const world = new ProbedWorld();
  world.join("a", { networks: "two,one", node: "n1" });
  await world.advance(10_000);
  world.passes = () => false;
  const named = (): readonly (string | undefined)[] => {
    const state = world.members.get(b.member.uid)?.told?.state;
    const problems = state?.kind === "failing" ? state.problems : [];
    return problems.map(({ message }) => /"(.*?)"/.exec(message)?.[1]);
  };
  const b = world.join("b", { networks: "two", node: "n2" });
  await world.advance(60_000);
  assert.deepEqual(named(), ["two"]);
  assert.equal(world.join("b", { networks: "two,one", node: "n2" }).member.uid, b.member.uid);
  await world.advance(60_000);
  assert.deepEqual(named(), ["one", "two"]);
  await world.contacts.close();
});

Deno.test("of networks that a member has left nothing is known any more", () => {
  const contact = newContact({ pod: { uid: "u", namespace: "d", name: "a" }, shown: undefined, keys: [] });
  for (let id = 0; id < 100; id++) {
    const key = `one/${id}/8472/4`;
    meet(contact, [key]);
    contact.failures = new Map([...contact.failures, [key, 1]]);
    leaveOthers(contact, [key]);
  }
  assert.deepEqual([[...contact.met], [...contact.failures.keys()]], [["one/99/8472/4"], ["one/99/8472/4"]]);
});

Deno.test("who cannot be talked to is left alone after the second time", async () => {
  const world = new ProbedWorld();
  world.join("a", { session: false });
  const b = world.join("b");
  world.between = (table, address) => void table.set(address, { state: "STALE", since: 0 });
  b.table.set("10.0.0.1", { state: "FAILED", since: 0 });
  await world.advance(600_000);
  assert.deepEqual([b.opened, b.history], [1, ["ready"]]);
  await world.contacts.close();
});

Deno.test("what a pod showed before we came stays until it is asked again", async () => {
  const world = new ProbedWorld();
  world.join("a", { shown: { ready: "True", reason: "NetworksReady" } });
  const shown = { ready: "True", reason: "PeersUnreachable", unreachable: "Cannot reach peers" };
  const b = world.join("b", { shown });
  assert.deepEqual(b.history, ["unreachable"]);
  await world.advance(6_000);
  assert.deepEqual(b.history, ["unreachable", "ready"]);
  await world.contacts.close();
});

Deno.test("when one reaches its peers again, all others are asked at once", async () => {
  const world = new ProbedWorld();
  world.join("a", { node: "n0" });
  world.passes = () => false;
  const all = Array.from({ length: 20 }, (_, at) => world.join(`p${at}`, { node: `n${1 + at}` }));
  await world.advance(600_000);
  assert.deepEqual(all.filter(({ history }) => history.at(-1) !== "unreachable"), []);
  world.passes = () => true;
  await world.advance(125_000);
  assert.deepEqual(all.filter(({ history }) => history.at(-1) !== "ready"), []);
  await world.contacts.close();
});

Deno.test("samples: every interval some are asked, and what breaks later is found", async () => {
  const world = new ProbedWorld({ interval: 60_000 });
  const all = ["n1", "n2", "n3"].map((node, at) => world.join("abc"[at] ?? "", { node }));
  await world.advance(30_000);
  world.passes = (from, to) => from.node !== "n2" && to.node !== "n2";
  await world.advance(120_000);
  assert.equal(world.contacts.probes.counts().unreachable, 2, "b with a and with c");
  assert.deepEqual(all.map(({ history }) => history.at(-1)), ["ready", "unreachable", "ready"]);
  world.passes = () => true;
  await world.advance(200_000);
  assert.equal(world.contacts.probes.counts().unreachable, 0);
  assert.deepEqual(all.map(({ history }) => history.at(-1)), ["ready", "ready", "ready"]);
  await world.contacts.close();
});
