// Does check find no hole where there is none, in a network so large that it probes a ring and random pairs only?
//
// 34 members: with 40 what both nodes need of this machine's one neighbour table does not fit (docs/limits.md), and some
// pairs then truly have no answer.
import assert from "node:assert/strict";
import { checkCommand } from "../../lib/cli/check/check.ts";
import { configMap, system } from "../cluster/fault_deeds.ts";
import { applyWorkload, readyPods, type Workload } from "../cluster/members.ts";
import { productOn } from "../cluster/product_on.ts";
import { say } from "../cluster/progress.ts";
import { withController } from "../cluster/with_controller.ts";

const namespace = "checked-crowd";
const count = 34;

Deno.test("check: 34 members over two nodes, and no hole", async () => {
  await withController({ namespace }, async (cluster) => {
    const patch = JSON.stringify({ data: { crowd: "id=7502 subnet=10.76.0.0/24" } });
    await cluster.kubectl([...system, "patch", configMap, "--type=merge", "-p", patch]);
    const work: Workload = {
      ...{ namespace, name: "crowd", replicas: count },
      networks: "crowd",
      form: "native with a port",
    };
    await applyWorkload(cluster, work);
    await readyPods(cluster, { ...work, seconds: 300 });
    const args = ["check", "network", "crowd", "-n", namespace, "-o", "json"];
    const { status, printed, complained } = await productOn(cluster, [checkCommand], args);
    const [segment] = JSON.parse(printed).items;
    const pairs: readonly { readonly outcome: string }[] = segment.pairs;
    say(`${segment.members.length} members, ${pairs.length} pairs were probed: exit status ${status}`);
    assert.equal(segment.members.length, count);
    assert.ok(pairs.length >= count && pairs.length < count * (count - 1));
    assert.deepEqual(pairs.filter(({ outcome }) => outcome !== "reachable"), [], complained);
    assert.equal(status, 0, complained);
  });
});
