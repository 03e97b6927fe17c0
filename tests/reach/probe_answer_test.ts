// What is answered to who asks for a pod's last probes, and what of it is read?
import assert from "node:assert/strict";
import { knownProbes, readProbeAnswer } from "../../lib/reach/probe_answer.ts";
import { ProbedWorld } from "./probed_world.ts";

Deno.test("the last probe of each pair, whoever asked, by uid and network, with its age", async () => {
  const world = new ProbedWorld();
  const a = world.join("a", { networks: "one,two" });
  const b = world.join("b", { networks: "one" });
  await world.advance(8_000);
  world.passes = () => false;
  const c = world.join("c", { networks: "one,two" });
  await world.advance(12_000);
  const of = (uid: string): unknown =>
    knownProbes(uid, { probes: world.contacts.probes.of(uid), now: world.clock.now() })
      .map(({ network, peer, outcome, secondsAgo }) => [network, peer, outcome, secondsAgo < 15]);
  const [one, two] = ["one/1/8472/4", "two/2/8472/4"];
  assert.deepEqual(of(a.member.uid), [
    [one, b.member.uid, "reachable", true],
    [one, c.member.uid, "unreachable", true],
    [two, c.member.uid, "unreachable", true],
  ]);
  assert.deepEqual(of(b.member.uid), [
    [one, a.member.uid, "reachable", true],
    [one, c.member.uid, "unreachable", true],
  ]);
  assert.deepEqual(of("nobody"), []);
  await world.contacts.close();
});

Deno.test("an answer is read back as it was written; what is none is an error, what is odd in it is left out", () => {
  const probe = { network: "one/1/8472/4", peer: "u", outcome: "unreachable", secondsAgo: 3 };
  const answer = {
    leads: true,
    probes: [probe, { ...probe, outcome: "perhaps" }, { ...probe, peer: 7 }, null],
  };
  assert.deepEqual(readProbeAnswer(answer), { leads: true, probes: [probe] });
  assert.deepEqual(readProbeAnswer({ probes: [] }), { leads: false, probes: [] });
  for (const none of [null, "x", [], {}, { probes: {} }]) {
    assert.throws(() => readProbeAnswer(none), /Cannot read last probes/);
  }
});
