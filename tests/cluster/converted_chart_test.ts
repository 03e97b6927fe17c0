// Does a chart for Multus, installed by Helm with us as its post-renderer, come up on a real cluster, and do its functions meet at its addresses?
import assert from "node:assert/strict";
import { toolsImageName } from "../images/image_names.ts";
import { helm } from "../manifests/helm.ts";
import { helmWithPlugin, labChart, postRenderer } from "../manifests/post_renderer.ts";
import type { Cluster } from "./cluster.ts";
import { controllerLog } from "./install_controller.ts";
import { vxlanInterfaces } from "./pod_network.ts";
import { say } from "./progress.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "core";

/** A function and the interface that the chart gives it. */
const functions = [
  { name: "amf", interface: "n2", address: "10.100.50.249" },
  { name: "gnb", interface: "n2", address: "10.100.50.250" },
  { name: "smf", interface: "n4", address: "10.100.50.244" },
  { name: "upf", interface: "n4", address: "10.100.50.241" },
] as const;

const port = 38412;

Deno.test("a chart of a 5G core, written for Multus", async () => {
  await withController({ namespace }, async (cluster) => {
    await install(cluster);
    const pods = await readyPods(cluster);
    for (const { name, interface: wanted, address } of functions) {
      const pod = pods.get(name) ?? "";
      const seen = await vxlanInterfaces(cluster, { namespace, pod, container: "vxlan-controller-agent" });
      assert.deepEqual([...seen.keys()], [wanted], name);
      assert.ok(seen.get(wanted)?.addresses.includes(`${address}/29`), name);
    }
    // AMF and gNB on N2, SMF and UPF on N4: each answers at the address that the chart gives it.
    for (const [from, to] of [["gnb", "amf"], ["amf", "gnb"], ["smf", "upf"], ["upf", "smf"]] as const) {
      const address = functions.find(({ name }) => name === to)?.address;
      const argv = ["timeout", "10", "wget", "-q", "-O-", `http://${address}:${port}/hostname`];
      const there = ["-n", namespace, "exec", pods.get(from) ?? "", "-c", from, "--", ...argv];
      let said = "";
      // A container that runs may not listen yet.
      await until(`${to} to answer ${from}`, async () => {
        const { stdout, stderr } = await cluster.kubectl.try(there);
        said = stdout + stderr;
        return stdout.trim() === pods.get(to);
      }, { seconds: 30, describe: () => said });
    }
    const hasSctp = (await Deno.readTextFile("/proc/net/protocols")).includes("SCTP");
    say(
      hasSctp
        ? "SCTP: this kernel has it, and no test tool speaks it"
        : "SCTP: not tried, this kernel has none",
    );
  });
});

/**
 * As a user installs it, by a real Helm; but a stand-in for each function, which serves at the chart's own address and at
 * no other.
 */
async function install(cluster: Cluster): Promise<void> {
  const values = functions.flatMap(({ name, address }) => [
    "--set-json",
    `${name}.command=${JSON.stringify(["httpd", "-f", "-p", `${address}:${port}`, "-h", "/etc"])}`,
  ]);
  const where = [
    ...cluster.kubeconfig === undefined ? [] : ["--kubeconfig", cluster.kubeconfig],
    ...cluster.context === undefined ? [] : ["--kube-context", cluster.context],
  ];
  await using plugin = await helmWithPlugin();
  const { code, stdout, stderr } = await helm([
    ...["install", "lab", labChart, "--namespace", namespace, ...where],
    ...["--set", `image.full=${toolsImageName}`, ...values, ...postRenderer],
  ], plugin);
  assert.equal(code, 0, `helm install: ${stderr || stdout}`);
  const upgrade = await helm([
    ...["upgrade", "lab", labChart, "--namespace", namespace, "--reuse-values", ...where, ...postRenderer],
  ], plugin);
  assert.equal(upgrade.code, 0, `helm upgrade: ${upgrade.stderr || upgrade.stdout}`);
}

/** Names of the pods by function. */
async function readyPods(cluster: Cluster): Promise<ReadonlyMap<string, string>> {
  let ready = new Map<string, string>();
  await until("the functions to be ready", async () => {
    const { items } = JSON.parse(await cluster.kubectl(["-n", namespace, "get", "pods", "-o", "json"]));
    ready = new Map(
      items.filter(isReady).map((pod: PodJson) => [pod.spec.containers[0]?.name, pod.metadata.name]),
    );
    return ready.size === functions.length;
  }, { seconds: 90, describe: () => controllerLog(cluster) });
  return ready;
}

interface PodJson {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly containers: readonly { readonly name: string }[] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function isReady({ status }: PodJson): boolean {
  return status.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
}
