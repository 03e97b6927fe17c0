// Stories of addresses and routes that would swallow the packets between members: refused, said, and nothing else lost.
import assert from "node:assert/strict";
import { ipOf, isRunning, membersOf, one, running, said, startPair, two } from "./scenes.ts";
import { setStage } from "./stage.ts";

const gateway = "10.1.0.1";

for (const asked of ["route=10.244.0.0/17:10.1.0.1", "ip=10.244.0.200/24"]) {
  Deno.test(`${asked} is refused: its other networks and peers are made, the pod waits and says why`, async () => {
    await using stage = await setStage();
    const controller = await startPair(stage);
    stage.pod({ name: "c", networks: `one ip=10.1.0.9/24 ${asked}, two` });
    const line = await said(controller, /member=default\/c kind=conflict/);
    const told = `its ${asked}: the subnet covers ${ipOf(stage, "a")}, the pod IP of a peer`;
    assert.ok(line.includes(told), line);
    const c = { pod: "c", ...one, addresses: ["10.1.0.9/24"] };
    await stage.holds({ members: [...membersOf(one, ["a", "b"]), c, ...membersOf(two, ["c"])] });
    assert.equal(isRunning(stage, "c"), false);
    stage.annotate("c", "one ip=10.1.0.9/24, two");
    await running(stage, ["c"]);
  });
}

Deno.test("a half of everything is refused where it is read, and a running member keeps what it has", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.annotate("a", `one ip=10.1.0.2/24 route=0.0.0.0/1:${gateway} route=128.0.0.0/1:${gateway}`);
  const line = await said(controller, /member=default\/a kind=invalid-option/);
  assert.match(line, /"route=0\.0\.0\.0\/1:10\.1\.0\.1" of network "one": .* holds half of all addresses/);
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  stage.annotate("a", `one ip=10.1.0.2/24 route=10.2.0.0/16:${gateway}`);
  const a = { pod: "a", ...one, addresses: ["10.1.0.2/24"], routes: ["10.2.0.0/16 via 10.1.0.1"] };
  await stage.holds({ members: [a, ...membersOf(one, ["b", "c"])] });
});

Deno.test("a route goes from a running member when the peer comes that it covers", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  // Only c will be in it: a and b have the first pod IPs.
  const next = `10.244.0.${Number(ipOf(stage, "b").split(".").at(-1)) + 1}`;
  stage.annotate("a", `one ip=10.1.0.2/24 route=${next}/32:${gateway}`);
  const a = { pod: "a", ...one, addresses: ["10.1.0.2/24"] };
  await stage.holds({ members: [{ ...a, routes: [`${next}/32 via ${gateway}`] }, ...membersOf(one, ["b"])] });
  stage.pod({ name: "c", networks: "one" });
  await said(controller, /Cannot give interface "one" of network "one" its route=.* member=default\/a/);
  assert.equal(ipOf(stage, "c"), next);
  await running(stage, ["c"]);
  await stage.holds({ members: [a, ...membersOf(one, ["b", "c"])] });
});
