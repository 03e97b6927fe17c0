// A story of neigh=static on real kernels: what it sets comes back, follows the members, and goes again.
import assert from "node:assert/strict";
import { pods } from "../sandbox/api/resources.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { inPod, one, running, startPair } from "./scenes.ts";
import { impatient, setStage, type Stage } from "./stage.ts";

const ignore = !availablePlanes.includes("namespaces");

Deno.test({
  name: "neigh=static: set again after down and up, follows a peer that is replaced, leaves what others set",
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane: "namespaces" });
    await startPair(stage, { limits: impatient });
    stage.networks({ one: "id=1 neigh=static" });
    stage.annotate("a", "one ip=10.1.0.1/24 ip=fd01::1/64");
    stage.annotate("b", "one ip=10.1.0.2/24 ip=fd01::2/64");
    await until(stage, 2);
    await inPod(stage, "a", [
      "ip",
      "neigh",
      "replace",
      "10.1.0.9",
      "lladdr",
      "02:00:00:00:00:09",
      "dev",
      "one",
    ]);
    const before = await inPod(stage, "a", ["ip", "neigh", "show", "to", "10.1.0.2"]);
    await inPod(stage, "a", ["ip", "link", "set", "one", "down"]);
    await until(stage, 2);
    assert.equal(await inPod(stage, "a", ["ip", "neigh", "show", "to", "10.1.0.2"]), before);
    for (const to of ["10.1.0.2", "fd01::2"]) assert.ok(await pings(stage, to), to);

    stage.sandbox.delete(pods, { name: "b", graceSeconds: 0 });
    await until(stage, 0);
    stage.pod({ name: "c", networks: "one ip=10.1.0.2/24 ip=fd01::2/64" });
    await running(stage, ["c"]);
    await until(stage, 2);
    assert.notEqual(await inPod(stage, "a", ["ip", "neigh", "show", "to", "10.1.0.2"]), before);
    for (const to of ["10.1.0.2", "fd01::2"]) assert.ok(await pings(stage, to), to);
    await inPod(stage, "a", [
      "ip",
      "neigh",
      "replace",
      "10.1.0.9",
      "lladdr",
      "02:00:00:00:00:09",
      "dev",
      "one",
    ]);
    stage.networks({ one: "id=1" });
    await until(stage, 0);
    assert.match(await inPod(stage, "a", ["ip", "neigh", "show", "to", "10.1.0.9"]), /PERMANENT/);
    const { network, vni } = one;
    await stage.holds({ members: ["a", "c"].map((pod) => ({ pod, network, vni })) });
  },
});

/** Neighbours of a that we have set. */
async function count(stage: Stage): Promise<number> {
  const text = await inPod(stage, "a", [
    "ip",
    "-json",
    "-details",
    "neigh",
    "show",
    "dev",
    "one",
    "nud",
    "all",
  ]);
  const all: readonly { readonly state: readonly string[]; readonly protocol?: string }[] = JSON.parse(text);
  return all.filter(({ state, protocol }) => state.includes("PERMANENT") && protocol === "86").length;
}

async function until(stage: Stage, set: number): Promise<void> {
  await waitFor(async () => await count(stage) === set, {
    what: `${set} neighbours are set in a`,
  });
}

async function pings(stage: Stage, to: string): Promise<boolean> {
  return (await stage.sandbox.exec({ name: "a" }, ["ping", "-c", "2", "-i", "0.2", "-W", "5", to])).code ===
    0;
}
