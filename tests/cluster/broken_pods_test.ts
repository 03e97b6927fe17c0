// Twelve broken pods at a time: does one command name the cause of each, in the words that the document shows?
import assert from "node:assert/strict";
import { checkCommand } from "../../lib/cli/check/check.ts";
import { inspectCommand } from "../../lib/cli/inspect/inspect.ts";
import { blocked, brokenPods, companions, manifestOf, noExec, peer, twice } from "./broken/broken_pods.ts";
import { denyExec } from "./broken/deny_exec.ts";
import type { Cluster } from "./cluster.ts";
import { productOn } from "./product_on.ts";
import { say } from "./progress.ts";
import { command } from "./run_command.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "broken";
/** Those on whom others depend, and on which node each is: what is blocked is blocked between nodes. */
const places: Readonly<Record<string, string>> = { [blocked]: "node1", [peer.name]: "node2" };

Deno.test("twelve broken pods, and the one command that names the cause of each", async (t) => {
  await withController({ namespace }, async (cluster) => {
    const { access } = cluster;
    if (access === undefined) return say("SKIPPED: packets are blocked on nodes of our own only");
    const policy = await denyExec(cluster, { namespace, pod: noExec });
    try {
      const pods = [...companions, ...brokenPods];
      const items = pods.map((pod) => {
        const node = places[pod.name];
        return manifestOf(pod, { namespace, ...node !== undefined && { node } });
      });
      await cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
      for (const name of [blocked, peer.name, twice.name]) {
        await until(`${name} to run`, () => isReady(cluster, name), { seconds: 120 });
      }
      await using _ = await dropOn(cluster, { pod: blocked, node: `${access.layout.name}-node1` });
      for (const { wrong, name, command, says } of brokenPods) {
        await t.step(wrong, async () => {
          const args = command.replace("POD", `${namespace}/${name}`).split(" ");
          let seen = "";
          await until(`"${args.join(" ")}" to say "${says}"`, async () => {
            const { status, printed, complained } = await productOn(
              cluster,
              [inspectCommand, checkCommand],
              args,
            );
            seen = `${printed}\n${complained}\nstatus ${status}`;
            return printed.includes(says);
          }, { seconds: 90, describe: () => seen });
          const line = seen.split("\n").find((each) => each.includes(says)) ?? "";
          say(`| ${wrong} | kubectl vxlan ${args.join(" ")} | ${line.trim()} |`);
        });
      }
      assert.equal(brokenPods.length, 12);
    } finally {
      await policy.remove();
    }
  });
});

async function isReady(cluster: Cluster, name: string): Promise<boolean> {
  const path = `jsonpath={.status.conditions[?(@.type=="Ready")].status}`;
  return await cluster.kubectl(["-n", namespace, "get", "pod", name, "-o", path]) === "True";
}

/** What the pod sends to the port of the networks gets no further than its node. */
async function dropOn(
  cluster: Cluster,
  { pod, node }: { readonly pod: string; readonly node: string },
): Promise<AsyncDisposable> {
  const ip = await cluster.kubectl(["-n", namespace, "get", "pod", pod, "-o", "jsonpath={.status.podIP}"]);
  const rule = ["PREROUTING", "-s", ip, "-p", "udp", "--dport", "8472", "-j", "DROP"];
  const iptables = (action: "-I" | "-D"): Promise<string> =>
    command(`iptables ${action} on ${node}`, [
      ...["nsenter", `--net=/run/netns/${node}`, "iptables", "-w", "-t", "raw", action, ...rule],
    ]);
  await iptables("-I");
  return { [Symbol.asyncDispose]: async () => void await iptables("-D") };
}
