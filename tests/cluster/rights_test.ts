// Is each right of k8s.yaml needed, is its absence said by name, and does it heal? What can a stolen token not do?
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { objectsIn } from "../manifests/kustomize.ts";
import { rightsOf } from "../manifests/rights.ts";
import { controllerLog, repository } from "./install_controller.ts";
import {
  agentContainer,
  agentImage,
  applyWorkload,
  overlayHolds,
  podsOf,
  readyPods,
  type Workload,
} from "./members.ts";
import { inspectCommand } from "../../lib/cli/inspect/inspect.ts";
import { podAuthorSees } from "./pod_author.ts";
import { productOn } from "./product_on.ts";
import { say } from "./progress.ts";
import { tableText, thiefTable } from "./thief/table.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "rights";
const stranger = "stranger";
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
      "a stolen token: what each right is good for, without and with the policies",
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
  // The next one is called the same, and its pods are not these.
  await until("its pods to be gone", async () => {
    const pods = ["get", "pods", "-l", `app=${work.name}`, "-o", "name"];
    return await cluster.kubectl(["-n", namespace, ...pods]) === "";
  }, { seconds: 60 });
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

/** Dry runs but for the connections: nothing of it needs to be put right afterwards. */
async function stolenToken(cluster: Cluster): Promise<void> {
  await applyWorkload(cluster, work);
  const [pod] = await readyPods(cluster, work);
  assert.ok(pod);
  await showsItsStatus(cluster, pod.name);
  await readsCounters(cluster, pod.name);
  await podAuthorSees(cluster, { namespace, pod: pod.name });
  await strangerWithAgentsName(cluster);
  const rows = await thiefTable(cluster, { namespace, member: pod.name, stranger });
  say(`what the controller's token is good for:\n${tableText(rows)}`);
  const rights = rightsOf(objectsIn(await Deno.readTextFile(`${repository}k8s.yaml`)));
  const tried = new Set(rows.map(({ deed }) => deed.right));
  assert.deepEqual(rights.filter((right) => !tried.has(right)), [], "every right is tried");
  const written = rows.filter((row) => row.without === "allowed" && row.deed.it.includes(" status."));
  assert.ok(written.length > 10, `fields of the status can be written without the policy: ${written.length}`);
}

/** The policies are in force: the controller's own writes pass. */
async function showsItsStatus(cluster: Cluster, pod: string): Promise<void> {
  await until("condition and annotation of a member", async () => {
    const { metadata, status } = JSON.parse(
      await cluster.kubectl(["-n", namespace, "get", "pod", pod, "-o", "json"]),
    );
    const ready = status.conditions.find(({ type }: { type: string }) =>
      type === "vxlan.travelping.com/Ready"
    );
    return ready?.status === "True" && "vxlan.travelping.com/network-status" in metadata.annotations;
  }, { seconds: 60, describe: () => controllerLog(cluster) });
}

/** With nothing but the controller's account, whose execs the policy limits to fixed commands. */
async function readsCounters(cluster: Cluster, pod: string): Promise<void> {
  const account = ["--as", "system:serviceaccount:kube-system:kube-vxlan-controller"];
  let said = "";
  await until("inspect to show counters", async () => {
    const result = await productOn(cluster, [inspectCommand], ["inspect", `${namespace}/${pod}`, ...account]);
    said = `${result.printed}\n${result.complained}`;
    return /^ {4}received \d+ packets, \d+ bytes.*; sent \d+ packets, \d+ bytes/m.test(said) &&
      !said.includes("not read: counters");
  }, { seconds: 30, describe: () => said });
  say(`inspect under the exec policy:\n${said}`);
  const other = ["exec", pod, "-n", namespace, "-c", agentContainer, ...account, "--", "ip", "link"];
  const refused = await cluster.kubectl.try(other);
  assert.notEqual(refused.code, 0, "the policy acts: another command is refused");
}

/** A pod of an author who knows what the policy looks at. */
async function strangerWithAgentsName(cluster: Cluster): Promise<void> {
  const container = { image: agentImage, imagePullPolicy: "IfNotPresent" };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: stranger, namespace },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "app", ...container }] },
  };
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(pod));
  const ephemeral = { spec: { ephemeralContainers: [{ name: agentContainer, ...container }] } };
  const patch = ["--subresource=ephemeralcontainers", "-p", JSON.stringify(ephemeral)];
  await cluster.kubectl(["-n", namespace, "patch", "pod", stranger, ...patch]);
  const running = "jsonpath={.status.ephemeralContainerStatuses[0].state.running.startedAt}";
  await until(
    "the ephemeral container",
    async () => await cluster.kubectl(["-n", namespace, "get", "pod", stranger, "-o", running]) !== "",
    { seconds: 60 },
  );
}
