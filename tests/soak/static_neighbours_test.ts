// neigh=static on a real cluster: do members that all talk to each other leave room in the nodes' neighbour table?
//
// Both nodes share this machine's one table, of which nothing is changed. With 44 members the warning for a network without
// it comes, and what eth0 needs, which no option changes (docs/limits.md), still fits.
import assert from "node:assert/strict";
import type { Cluster } from "../cluster/cluster.ts";
import { configMap, system } from "../cluster/fault_deeds.ts";
import { controllerLog } from "../cluster/install_controller.ts";
import { applyWorkload, readyPods, type Workload } from "../cluster/members.ts";
import { type ProgramsIn, programsIn } from "../cluster/pod_namespace.ts";
import { say } from "../cluster/progress.ts";
import { until } from "../cluster/until.ts";
import { withController } from "../cluster/with_controller.ts";

const namespace = "crowd";
const count = 44;
const warning = /crowd\/7501\S* .*neighbour table/;

Deno.test("neigh=static: 44 members all talk, and only what is set for good grows", async (t) => {
  await withController({ namespace }, async (cluster) => {
    if (cluster.access === undefined) return say("SKIPPED: the test needs the machine of the cluster");
    await networkIs(cluster, "id=7501 neigh=static");
    const work: Workload = {
      ...{ namespace, name: "crowd", replicas: count, kind: "StatefulSet" as const },
      networks: "crowd ip=10.75.0.1/24+ordinal",
      form: "native with a port",
    };
    await applyWorkload(cluster, work);
    const pods = await readyPods(cluster, { ...work, seconds: 300 });
    const kernels = await Promise.all(pods.map(({ uid }) => programsIn(cluster, uid)));
    const all = count * (count - 1);
    await t.step("each peer is set for good, more than the table may hold", async () => {
      await until("permanent neighbours", async () => (await counted(kernels)).permanent === all, {
        seconds: 60,
      });
      const most = Number(await Deno.readTextFile("/proc/sys/net/ipv4/neigh/default/gc_thresh3"));
      assert.ok(all > most, `${all} of ${most}`);
    });
    await t.step("all talk to all, and no other entries come on the interface", async () => {
      for (const run of kernels) await talk(run);
      const { others, linkLocal, eth0 } = await counted(kernels);
      say(`${all} permanent neighbours; others: ${others}, ${linkLocal} link-local, ${eth0} on eth0`);
      assert.equal(others, 0, "entries of known addresses that are not permanent");
      // First contact asks a few peers for each member that joins, and who is asked remembers who asked.
      assert.ok(linkLocal <= 10 * count, `${linkLocal} link-local entries`);
    });
    await t.step("who is not known is found all the same", async () => {
      const [first, second] = kernels;
      assert.ok(first && second);
      await first(["ip", "address", "add", "10.75.0.250/24", "dev", "crowd"]);
      const found = async (): Promise<boolean> =>
        (await second(["ping", "-c", "1", "-W", "1", "10.75.0.250"])).code === 0;
      await until("an answer of a fresh neighbour", found, { seconds: 20 });
      const { stdout } = await second(["ip", "neigh", "show", "10.75.0.250", "dev", "crowd"]);
      assert.match(stdout, /REACHABLE|DELAY|STALE/);
    });
    await t.step("without it the warning comes", async () => {
      assert.doesNotMatch(await controllerLog(cluster), warning);
      await networkIs(cluster, "id=7501");
      await until("the warning", async () => warning.test(await controllerLog(cluster)), { seconds: 30 });
      await until("the permanent ones to go", async () => (await counted(kernels)).permanent === 0, {
        seconds: 60,
      });
    });
  });
});

async function networkIs(cluster: Cluster, options: string): Promise<void> {
  const patch = JSON.stringify({ data: { crowd: options } });
  await cluster.kubectl([...system, "patch", configMap, "--type=merge", "-p", patch]);
}

/** Entries of all kernels: on the network's interfaces by what they are, and those of eth0. */
interface Counted {
  readonly permanent: number;
  readonly others: number;
  /** Not permanent, of addresses that nobody knows. */
  readonly linkLocal: number;
  readonly eth0: number;
}

async function counted(kernels: readonly ProgramsIn[]): Promise<Counted> {
  let [permanent, others, linkLocal, eth0] = [0, 0, 0, 0];
  for (const run of kernels) {
    const { stdout } = await run(["ip", "-json", "neigh", "show"]);
    const entries: readonly Entry[] = JSON.parse(stdout || "[]");
    for (const { dst, dev, state } of entries) {
      if (dev === "eth0") eth0 += 1;
      if (dev !== "crowd") continue;
      if (state.includes("PERMANENT")) permanent += 1;
      else if (dst.startsWith("fe80:")) linkLocal += 1;
      else others += 1;
    }
  }
  return { permanent, others, linkLocal, eth0 };
}

interface Entry {
  readonly dst: string;
  readonly dev: string;
  readonly state: readonly string[];
}

/** A datagram to everybody; each kernel answers that nobody listens. */
async function talk(run: ProgramsIn): Promise<void> {
  const each = `for host in $(seq 1 ${count}); do echo > /dev/udp/10.75.0.$host/7; done 2>/dev/null`;
  await run(["bash", "-c", each]);
}
