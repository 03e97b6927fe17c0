// Stories of looking without touching: what `inspect` finds in a pod, and that it leaves it as it was.
import assert from "node:assert/strict";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { inPod, inspect, ipOf, membersOf, one, running, said, startPair } from "./scenes.ts";
import { setStage } from "./stage.ts";

const flood = "00:00:00:00:00:00";

Deno.test("inspect says what a pod's kernel lacks, and does not mend it", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  assert.equal((await inspect(stage, "default/a")).code, 0);
  await controller.stop();
  const peer = ipOf(stage, "b");
  await inPod(stage, "a", ["bridge", "fdb", "del", flood, "dst", peer, "dev", "one"]);
  const { code, text } = await inspect(stage, "default/a");
  assert.equal(code, 1);
  assert.match(text, new RegExp(`to do: .*${peer}`));
  // What was learned of the peer may stand there.
  const entries: readonly { readonly mac: string; readonly dst?: string }[] = JSON.parse(
    await inPod(stage, "a", ["bridge", "-json", "fdb", "show"]),
  );
  assert.ok(!entries.some(({ mac, dst }) => mac === flood && dst === peer), "inspect only looks");
});

Deno.test("inspect names the other member that has the same address", async () => {
  await using stage = await setStage();
  await startPair(stage);
  for (const name of ["a", "b"]) stage.annotate(name, "one ip=10.1.0.1/24");
  await running(stage, ["a", "b"]);
  await stage.holds({
    members: membersOf(one, ["a", "b"]).map((each) => ({ ...each, addresses: ["10.1.0.1/24"] })),
  });
  const { code, text } = await inspect(stage, "default/a");
  assert.equal(code, 1);
  assert.match(text, /problem: .*10\.1\.0\.1.*default\/b/);
});

Deno.test("inspect knows what the controller knows: a typo is said of the pod that has it, and its peers are in sync", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.annotate("a", "one metric=5");
  await said(controller, /WARN.*metric=5/);
  const [own, peer] = [await inspect(stage, "default/a"), await inspect(stage, "default/b")];
  assert.equal(own.code, 1);
  assert.match(own.text, /network one: interface one, VNI 1, /);
  assert.deepEqual(own.text.match(/problem: .*/g)?.map((line) => line.includes("metric=5")), [true]);
  assert.equal(peer.code, 0, peer.text);
  assert.match(peer.text, new RegExp(`not judged: entries to ${ipOf(stage, "a")},`));
});

Deno.test("inspect of a pod that is not there says so, with 1", async () => {
  await using stage = await setStage();
  stage.networks({});
  const { code, text } = await inspect(stage, "default/nobody");
  assert.equal(code, 1);
  assert.match(text, /Cannot inspect "default\/nobody"/);
});

const needs = availablePlanes.includes("namespaces") ? "" : " (needs network namespaces)";

Deno.test({
  name: `inspect counts what went through, and knows who answered and who did not${needs}`,
  ignore: needs !== "",
  fn: async () => {
    await using stage = await setStage();
    stage.networks({ one: "id=1" });
    for (const [name, ip] of [["a", "10.7.0.1"], ["b", "10.7.0.2"], ["c", "10.7.0.3"]]) {
      stage.pod({ name: name ?? "", networks: `one ip=${ip}/24` });
    }
    const controller = await stage.startController();
    await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
    await running(stage, ["a", "b", "c"]);
    // It would mend what is broken here.
    await controller.stop();
    await inPod(stage, "c", ["ip", "link", "set", "one", "down"]);
    await waitFor(async () => {
      const { code } = await stage.sandbox.exec({ name: "a" }, ["ping", "-c", "1", "-W", "2", "10.7.0.2"]);
      return code === 0;
    }, { what: "a reaches b" });
    // Nobody answers for c: the kernel gives up after three questions.
    await inPod(stage, "a", ["ip", "neigh", "replace", "10.7.0.3", "dev", "one", "use"]);
    const { counters, peers } = await waitFor(async () => {
      const { text } = await inspect(stage, "default/a", "-o", "json");
      const [network] = JSON.parse(text).networks;
      const states = JSON.stringify(network.peers.map(({ neighbours }: Peer) => neighbours));
      return /FAILED|INCOMPLETE/.test(states) && network;
    }, { what: "the neighbour that does not answer is seen" });
    assert.ok(
      counters.rxPackets > 0 && counters.txPackets > 0 && counters.rxBytes > 0,
      JSON.stringify(counters),
    );
    const [b, c]: readonly Peer[] = peers;
    assert.deepEqual(b?.neighbours.map(({ address }) => address), ["10.7.0.2"]);
    assert.match(b?.neighbours[0]?.state ?? "", /REACHABLE|STALE|DELAY|PROBE/);
    assert.equal(b?.heardFrom, true);
    assert.deepEqual(c?.neighbours.map(({ address }) => address), ["10.7.0.3"]);
    const { text } = await inspect(stage, "default/a");
    assert.match(text, /received \d+ packets, \d+ bytes.*; sent \d+ packets, \d+ bytes/);
    assert.match(
      text,
      /default\/c on node\S+, \S+: in the kernel.*, neighbour 10\.7\.0\.3 (FAILED|INCOMPLETE)/,
    );
  },
});

interface Peer {
  readonly heardFrom: boolean;
  readonly neighbours: readonly { readonly address: string; readonly state: string }[];
}
