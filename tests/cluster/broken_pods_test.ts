// Broken pods of all kinds at a time: does one command name the cause of each, in the words that the document shows?
import assert from "node:assert/strict";
import { checkCommand } from "../../lib/cli/check/check.ts";
import { inspectCommand } from "../../lib/cli/inspect/inspect.ts";
import { statusCommand } from "../../lib/cli/status/status.ts";
import {
  blocked,
  brokenPods,
  companions,
  deploymentOf,
  manifestOf,
  noExec,
  peer,
  refused,
  twice,
} from "./broken/broken_pods.ts";
import { denyExec } from "./broken/deny_exec.ts";
import type { Cluster } from "./cluster.ts";
import { productOn } from "./product_on.ts";
import { say } from "./progress.ts";
import { newNamespace } from "./test_namespace.ts";
import { command } from "./run_command.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "broken";
/** Those on whom others depend, and on which node each is: what is blocked is blocked between nodes. */
const places: Readonly<Record<string, string>> = { [blocked]: "node1", [peer.name]: "node2" };

Deno.test("broken pods, and the one command that names the cause of each", async (t) => {
  await withController({ namespace }, async (cluster) => {
    const { access } = cluster;
    if (access === undefined) return say("SKIPPED: packets are blocked on nodes of our own only");
    const policy = await denyExec(cluster, { namespace, pod: noExec });
    try {
      await makeThem(cluster);
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
              [inspectCommand, checkCommand, statusCommand],
              args,
            );
            seen = `${printed}\n${complained}\nstatus ${status}`;
            return printed.includes(says);
          }, { seconds: 90, describe: () => seen });
          const line = seen.split("\n").find((each) => each.includes(says)) ?? "";
          say(`| ${wrong} | kubectl vxlan ${args.join(" ")} | ${line.trim()} |`);
        });
      }
      await t.step("inspect of a pod that could not be made says why", async () => {
        const name = `${refused.namespace}/${refused.name}`;
        const { status, complained } = await productOn(cluster, [inspectCommand], ["inspect", name]);
        assert.equal(status, 1);
        assert.match(
          complained,
          /no pod of that name .*ReplicaSet refused-\w+ .*violates PodSecurity.*kubectl label/,
        );
      });
    } finally {
      await letGo(cluster);
      await policy.remove();
    }
  });
});

async function makeThem(cluster: Cluster): Promise<void> {
  const strict = refused.namespace;
  await newNamespace(cluster, strict);
  const level = "pod-security.kubernetes.io/enforce=restricted";
  await cluster.kubectl(["label", "namespace", strict, level]);
  const items = [...companions, ...brokenPods].map((pod) => {
    if (pod.name === refused.name && "says" in pod) return deploymentOf(pod, { namespace: strict });
    const node = places[pod.name] ?? ("node" in pod ? pod.node : undefined);
    return manifestOf(pod, { namespace, ...node !== undefined && { node } });
  });
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  for (const { name, finalizer } of brokenPods) {
    if (finalizer === undefined) continue;
    await cluster.kubectl(["-n", namespace, "delete", "pod", name, "--now", "--wait=false"]);
  }
}

/** What would keep the namespaces. */
async function letGo(cluster: Cluster): Promise<void> {
  for (const { name, finalizer } of brokenPods) {
    if (finalizer === undefined) continue;
    const patch = JSON.stringify({ metadata: { finalizers: null } });
    await cluster.kubectl.try(["-n", namespace, "patch", "pod", name, "--type=merge", "-p", patch]);
  }
  await cluster.kubectl.try(["delete", "namespace", refused.namespace, "--wait=false"]);
}

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
