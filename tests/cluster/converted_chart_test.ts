// Does a chart for Multus, converted and injected, come up on a real cluster, and do its functions meet at its addresses?
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { convertCommand } from "../../lib/cli/manifests/convert.ts";
import { injectCommand } from "../../lib/cli/manifests/inject.ts";
import { runOn } from "../cli/test_host.ts";
import { toolsImageName } from "../images/image_names.ts";
import type { Cluster } from "./cluster.ts";
import { controllerLog, repository } from "./install_controller.ts";
import { vxlanInterfaces } from "./pod_network.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "core";
const map = ["--map", "n2network-*=n2,n4network-*=n4"];

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
    await cluster.kubectl(["-n", namespace, "apply", "-f", "-"], await converted());
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
  });
});

/** As a user pipes it; then a stand-in for each function, which serves at the chart's own address and at no other. */
async function converted(): Promise<string> {
  const input = await Deno.readTextFile(`${repository}tests/testdata/charts/core.yaml`);
  const ours = await runOn([convertCommand], { args: ["convert", ...map], input });
  const { status, printed, complained } = await runOn([injectCommand], {
    args: ["inject"],
    input: `${ours.printed}\n`,
  });
  assert.equal(status, 0, complained);
  const objects = parseAllDocuments(printed).map((document) => document.toJS())
    .filter((object) => object !== null && object.kind !== "NetworkAttachmentDefinition");
  for (const { kind, spec } of objects) {
    if (kind !== "Deployment") continue;
    const pod = spec.template.spec;
    const address = functions.find(({ name }) => name === pod.containers[0].name)?.address;
    const command = ["httpd", "-f", "-p", `${address}:${port}`, "-h", "/etc"];
    Object.assign(pod.containers[0], { image: toolsImageName, command, args: [] });
    for (const one of pod.initContainers) if (one.image.startsWith("busybox")) one.image = toolsImageName;
    pod.terminationGracePeriodSeconds = 1;
  }
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
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
