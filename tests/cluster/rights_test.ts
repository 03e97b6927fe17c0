// Is each right of k8s.yaml needed, is its absence said by name, and does it heal? What can a stolen token not do?
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { controllerLog } from "./install_controller.ts";
import { agentContainer, applyWorkload, overlayHolds, podsOf, readyPods, type Workload } from "./members.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "rights";
const account = "system:serviceaccount:kube-system:kube-vxlan-controller";
const work: Workload = { namespace, name: "work", networks: "vxeth0", replicas: 2, form: "native" };

interface Rule {
  readonly role: readonly string[];
  readonly resource: string;
  /** What the log must name. */
  readonly said: RegExp;
}

const rules: readonly Rule[] = [
  { role: ["clusterrole", "kube-vxlan-controller"], resource: "pods", said: /cannot list resource "pods"/ },
  {
    role: ["clusterrole", "kube-vxlan-controller"],
    resource: "pods/exec",
    said: /cannot (get|create) resource "pods\/exec"/,
  },
  {
    role: ["-n", "kube-system", "role", "kube-vxlan-controller-config"],
    resource: "configmaps",
    said: /cannot list resource "configmaps"/,
  },
];

Deno.test("rights of the controller", async (t) => {
  await withController({ namespace, admission: true }, async (cluster) => {
    for (const rule of rules) {
      await t.step(
        `without the rule for ${rule.resource} it says so, and heals`,
        () => withoutRule(cluster, rule),
      );
    }
    await t.step(
      "the admission policy lets the controller's commands pass and nothing else",
      () => stolenToken(cluster),
    );
  });
});

async function withoutRule(cluster: Cluster, { role, resource, said }: Rule): Promise<void> {
  const name = role;
  const before = JSON.parse(await cluster.kubectl(["get", ...name, "-o", "json"]));
  const index = before.rules.findIndex((rule: { resources: string[] }) => rule.resources.includes(resource));
  assert.ok(index >= 0, `k8s.yaml has a rule for ${resource}`);
  await patchRules(cluster, { name, patch: [{ op: "remove", path: `/rules/${index}` }] });
  await cluster.kubectl([
    "-n",
    "kube-system",
    "delete",
    "pod",
    "-l",
    "app.kubernetes.io/name=kube-vxlan-controller",
  ]);
  await applyWorkload(cluster, work);
  await until(`the log to name ${resource}`, async () => said.test(await controllerLog(cluster)), {
    seconds: 60,
    describe: () => controllerLog(cluster),
  });
  if (resource === "pods/exec") await toldOnThePods(cluster);
  await patchRules(cluster, { name, patch: [{ op: "replace", path: "/rules", value: before.rules }] });
  await overlayHolds(cluster, [{
    network: "vxeth0",
    vni: 1000,
    namespace,
    pods: await readyPods(cluster, work),
  }]);
  await cluster.kubectl(["-n", namespace, "delete", "deployment", work.name, "--now"]);
}

/** A user who may not read the controller's log sees it too. */
async function toldOnThePods(cluster: Cluster): Promise<void> {
  const [pod] = await podsOf(cluster, work);
  assert.ok(pod);
  // One pod by name: of several kubectl shows no Events.
  const describe = (): Promise<string> => cluster.kubectl(["-n", namespace, "describe", "pod", pod.name]);
  await until("describe to tell of the refused exec", async () => {
    const text = await describe();
    return text.includes("VxlanSetupFailed") && text.includes("pods/exec");
  }, { seconds: 60, describe });
}

async function patchRules(
  cluster: Cluster,
  { name, patch }: { readonly name: readonly string[]; readonly patch: readonly object[] },
): Promise<void> {
  await cluster.kubectl(["patch", ...name, "--type=json", "-p", JSON.stringify(patch)]);
}

async function stolenToken(cluster: Cluster): Promise<void> {
  await applyWorkload(cluster, work);
  const [pod] = await readyPods(cluster, work);
  assert.ok(pod);
  const exec = (container: string, ...argv: readonly string[]): ReturnType<Cluster["kubectl"]["try"]> =>
    cluster.kubectl.try([
      "-n",
      namespace,
      `--as=${account}`,
      "exec",
      pod.name,
      "-c",
      container,
      "--",
      ...argv,
    ]);
  const refused: readonly (readonly [string, ...string[]])[] = [
    [agentContainer, "sh", "-c", "id"],
    [agentContainer, "ip", "netns", "exec", "x", "sh"],
    [agentContainer, "ip", "vrf", "exec", "x", "sh"],
    [agentContainer, "kill", "-KILL", "1"],
    [agentContainer, "vxlan-agent", "pid1"],
    ["app", "vxlan-agent"],
    ["app", "ip", "-json", "-details", "-force", "-batch", "-"],
  ];
  for (const [container, ...argv] of refused) {
    const { code, stderr } = await exec(container, ...argv);
    assert.notEqual(code, 0, `${argv.join(" ")} in ${container} passed`);
    assert.match(stderr, /denied|forbidden/i, `${argv.join(" ")} in ${container}`);
  }
  const allowed = await exec(agentContainer, "bridge", "-json", "-force", "-batch", "-");
  assert.equal(allowed.code, 0, allowed.stderr);
}
