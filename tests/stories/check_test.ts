// Stories of probing: what `check` says of members that reach each other and of those that do not, and what it leaves.
import assert from "node:assert/strict";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { inPod, ipOf } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";

const missing = availablePlanes.includes("namespaces") ? "" : " (needs network namespaces)";

async function check(
  stage: Stage,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly text: string }> {
  const lines: string[] = [];
  const all = ["check", ...args, "--server", stage.sandbox.server.url];
  const code = await (await startProduct(all, { onLine: (line) => lines.push(line) })).ended;
  return { code, text: lines.join("\n") };
}

Deno.test({
  name: `check: who reaches whom, the holes, and nothing is left behind${missing}`,
  ignore: missing !== "",
  fn: async () => {
    await using stage = await setStage();
    stage.networks({ one: "id=1" });
    // b has no IPv4 address: it is asked by that of its link.
    for (const [name, ip] of [["a", " ip=10.7.0.1/24"], ["b", ""], ["c", " ip=10.7.0.3/24"]]) {
      stage.pod({ name: name ?? "", networks: `one${ip}` });
    }
    const controller = await stage.startController();
    await stage.holds({ members: ["a", "b", "c"].map((pod) => ({ pod, network: "one", vni: 1 })) });
    for (const name of ["a", "b", "c"]) await stage.sandbox.waitForPhase({ name }, "Running");

    const well = await check(stage, "network", "one");
    assert.equal(well.code, 0, well.text);
    assert.match(well.text, /3 members, 6 pairs probed, 0 without an answer/);
    for (const pod of ["a", "b", "c"]) {
      const left = JSON.parse(
        await inPod(stage, pod, ["ip", "-json", "neigh", "show", "dev", "one", "nud", "all"]),
      );
      // A kernel that answers makes an entry of its own, which ages out.
      const asked = left.filter(({ state }: { state: readonly string[] }) =>
        ["INCOMPLETE", "FAILED", "PERMANENT", "PROBE"].some((one) => state.includes(one))
      );
      assert.deepEqual(asked, [], `what ${pod}'s probes made is gone`);
    }
    await controller.stop();
    await cut(stage, ["a", "c"]);
    const hole = await check(stage, "network", "one", "-o", "json");
    assert.equal(hole.code, 1);
    const pairs: readonly { from: string; to: string; outcome: string }[] =
      JSON.parse(hole.text).items[0].pairs;
    const failing = pairs.filter(({ outcome }) => outcome !== "reachable").map(({ from, to }) =>
      `${from} ${to}`
    );
    assert.deepEqual(failing.sort(), ["default/a default/c", "default/c default/a"]);
    const one = await check(stage, "pod", "default/b");
    assert.equal(one.code, 0, one.text);
    await inPod(stage, "b", ["ip", "link", "set", "one", "down"]);
    const down = await check(stage, "pod", "default/b");
    assert.equal(down.code, 1);
    assert.match(down.text, /4 pairs not probed: default\/b: its interface one is down/);
    assert.equal((await check(stage, "network", "nobody")).code, 1);
  },
});

/** Neither floods to the other any more; nobody mends it. */
async function cut(stage: Stage, [first, second]: readonly [string, string]): Promise<void> {
  for (const [pod, peer] of [[first, second], [second, first]] as const) {
    const entries: readonly { mac: string; dst?: string }[] = JSON.parse(
      await inPod(stage, pod, ["bridge", "-json", "fdb", "show", "dev", "one"]),
    );
    for (const { mac, dst } of entries) {
      if (dst !== ipOf(stage, peer)) continue;
      await inPod(stage, pod, ["bridge", "fdb", "del", mac, "dst", dst, "dev", "one"]);
    }
  }
}
