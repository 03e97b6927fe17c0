// A story of an address that another member has by now: its peers' kernels believe the old MAC for up to a minute, unless told.
import assert from "node:assert/strict";
import { pods } from "../sandbox/api/resources.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { programImage } from "../member/member_pod.ts";
import { inPod, ipOf, membersOf, one, running, startPair } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";

const ignore = !availablePlanes.includes("namespaces");
const addresses = ["10.1.0.9/24", "fd01::9/64"];
const asked = `one ${addresses.map((cidr) => `ip=${cidr}`).join(" ")}`;

for (const agentImage of [undefined, programImage]) {
  Deno.test({
    name: `a pod replaced under the same addresses, ${agentImage ?? "old agents"}: the next frame arrives`,
    ignore,
    fn: async () => {
      await using stage = await setStage({
        dataPlane: "namespaces",
        ...(agentImage !== undefined && { agentImage }),
      });
      await startPair(stage);
      stage.annotate("a", "one ip=10.1.0.1/24 ip=fd01::1/64");
      stage.pod({ name: "c", networks: asked });
      await running(stage, ["c"]);
      await arrive(stage);
      const [ip, known] = [ipOf(stage, "c"), await neighbours(stage)];
      assert.equal(known.length, 2, known.join());
      await inPod(stage, "a", ["ip", "neigh", "replace", "10.1.0.77", "lladdr", mac, "dev", "one"]);

      stage.sandbox.delete(pods, { name: "c", graceSeconds: 0 });
      await waitFor(() => stage.sandbox.find(pods, { name: "c" }) === undefined, { what: "c is gone" });
      stage.pod({ name: "c", networks: asked });
      await running(stage, ["c"]);
      await stage.holds({ members: [...membersOf(one, ["a", "b"]), { pod: "c", ...one, addresses }] });
      assert.notEqual(ipOf(stage, "c"), ip);
      // No patience: what is lost now is lost for as long as the kernel believes.
      for (const to of addresses) {
        const { code, stdout } = await ping(stage, to, "1");
        assert.equal(code, 0, stdout);
      }
      assert.notDeepEqual(await neighbours(stage), known);
      assert.match(await inPod(stage, "a", ["ip", "neigh", "show", "to", "10.1.0.77"]), /PERMANENT/);
    },
  });
}

const mac = "02:00:00:00:00:77";

/** Until frames have passed for the first time. */
async function arrive(stage: Stage): Promise<void> {
  for (const to of addresses) {
    await waitFor(async () => (await ping(stage, to, "2")).code === 0, { what: `${to} answers` });
  }
}

async function ping(
  stage: Stage,
  to: string,
  count: string,
): Promise<{ readonly code: number; readonly stdout: string }> {
  const [address = ""] = to.split("/");
  return await stage.sandbox.exec({ name: "a" }, ["ping", "-c", count, "-i", "0.2", "-W", "2", address]);
}

/** MAC addresses that a believes of those addresses. */
async function neighbours(stage: Stage): Promise<readonly string[]> {
  const all = await inPod(stage, "a", ["ip", "neigh", "show", "dev", "one"]);
  return all.split("\n").filter((line) => addresses.some((cidr) => line.startsWith(`${cidr.split("/")[0]} `)))
    .map((line) => /lladdr (\S+)/.exec(line)?.[1] ?? line).sort();
}
