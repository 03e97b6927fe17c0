// Does scripts/check.sh name what is wrong with a pod, with the right exit status, and nothing when all is right?
import assert from "node:assert/strict";
import { runCheckScript } from "./check_script.ts";
import type { Cluster } from "./cluster.ts";
import { applyWorkload, readyPods, type Workload } from "./members.ts";
import type { CommandResult } from "./run_command.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "check";
const image = "aialferov/kube-vxlan-controller-agent";
const member = { "vxlan.travelping.com": "true" };
const netAdmin = { capabilities: { add: ["NET_ADMIN"] } };
const init = container("vxlan-controller-agent-init", { securityContext: netAdmin });
const sidecar = container("vxlan-controller-agent", { securityContext: netAdmin });

interface Case {
  readonly it: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly networks?: string;
  readonly spec: Readonly<Record<string, unknown>>;
  /** Every line that begins with FAIL, in order, but for the one about the condition. */
  readonly fails: readonly RegExp[];
  /** That one; absent: the controller says nothing of such a pod. */
  readonly condition?: RegExp;
}

const cases: readonly Case[] = [
  {
    it: "no label",
    labels: {},
    spec: { initContainers: [init], containers: [sidecar] },
    fails: [/label: the pod does not match vxlan.travelping.com=true/, /interface vxeth0: it does not exist/],
  },
  {
    it: "no annotation",
    networks: " ,\n",
    spec: { initContainers: [init], containers: [sidecar] },
    fails: [/annotation: .* names no network/],
  },
  {
    it: "no init agent",
    spec: { containers: [container("app", {})] },
    fails: [/init agent: there is no init container/, /sidecar agent: there is no container/],
    condition: /AgentMissing/,
  },
  {
    it: "no sidecar agent",
    spec: { initContainers: [init], containers: [container("app", {})] },
    fails: [/sidecar agent: there is no container/, /interface vxeth0/],
    condition: /AgentMissing/,
  },
  {
    it: "image that cannot be had",
    spec: {
      initContainers: [container("vxlan-controller-agent-init", {
        image: "localhost/none:1",
        imagePullPolicy: "Never",
        securityContext: netAdmin,
      })],
      containers: [sidecar],
    },
    fails: [/init agent: image localhost\/none:1 cannot be had/],
  },
  {
    it: "no NET_ADMIN",
    spec: { initContainers: [container("vxlan-controller-agent-init", {})], containers: [sidecar] },
    fails: [/init agent: lacks the capability NET_ADMIN/, /interface vxeth0/],
    condition: /AgentUnfit/,
  },
  {
    it: "not root",
    spec: { securityContext: { runAsUser: 1000 }, initContainers: [init], containers: [sidecar] },
    fails: [/init agent: does not run as root/, /sidecar agent: does not run as root/, /interface vxeth0/],
    condition: /AgentUnfit/,
  },
  {
    it: "networks without an id, and with a wrong one",
    networks: "nowhere, vxeth0\n  name=uplink\nodd id=010",
    spec: { initContainers: [init], containers: [sidecar] },
    fails: [/network nowhere: it has no id/, /network odd: its id "010"/],
    condition: /UnknownNetwork|InvalidOptions/,
  },
];

Deno.test("scripts/check.sh", async (t) => {
  await withController({ namespace }, async (cluster) => {
    for (const one of cases) await t.step(`names: ${one.it}`, () => namesIt(cluster, one));
    for (const form of ["classic", "native"] as const) {
      await t.step(`finds nothing wrong with a ${form} member`, () => findsNothing(cluster, form));
    }
    await t.step("cannot tell of a pod that is not there: status 2", async () => {
      const { code, stderr } = await check(cluster, "nobody");
      assert.equal(code, 2);
      assert.match(stderr, /Cannot read pod check\/nobody: .*not found/);
    });
  });
});

async function namesIt(cluster: Cluster, one: Case): Promise<void> {
  const { labels = member, networks = "vxeth0", spec } = one;
  const annotations = { "vxlan.travelping.com/networks": networks };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "one", labels, annotations }, spec };
  await cluster.kubectl(["-n", namespace, "apply", "-f", "-"], JSON.stringify(pod));
  let last: CommandResult | undefined;
  await until(`check.sh to name ${one.it}`, async () => {
    last = await check(cluster, "one");
    const all = last.stdout.split("\n").filter((line) => line.startsWith("FAIL"));
    const fails = all.filter((line) => !line.startsWith("FAIL  condition:"));
    const said = all.find((line) => !fails.includes(line)) ?? "";
    return fails.length === one.fails.length && (one.condition ?? /^$/).test(said) &&
      one.fails.every((expected, at) => expected.test(fails[at] ?? ""));
  }, { seconds: 30, describe: () => `it says\n${last?.stdout}${last?.stderr}` });
  assert.equal(last?.code, 1);
  await cluster.kubectl(["-n", namespace, "delete", "pod", "one", "--now"]);
}

async function findsNothing(cluster: Cluster, form: Workload["form"]): Promise<void> {
  const work: Workload = {
    namespace,
    name: form,
    networks: "vxeth0, vxeth1 name=storage",
    replicas: 2,
    form,
  };
  await applyWorkload(cluster, work);
  const [pod] = await readyPods(cluster, work);
  let last: CommandResult | undefined;
  await until("check.sh to find all right", async () => {
    last = await check(cluster, pod?.name ?? "");
    // That of the other may come a moment after both are ready.
    return last.code === 0 && /ok {4}interface storage: VNI 1001, floods to 1 peers/.test(last.stdout);
  }, { seconds: 30, describe: () => `it says\n${last?.stdout}${last?.stderr}` });
  assert.match(last?.stdout ?? "", /All is right\.\n$/);
  await cluster.kubectl(["-n", namespace, "delete", "deployment", form, "--now"]);
}

function check(cluster: Cluster, pod: string): Promise<CommandResult> {
  return runCheckScript(cluster, { namespace, pod });
}

function container(name: string, more: Readonly<Record<string, unknown>>): unknown {
  return { name, image, imagePullPolicy: "IfNotPresent", ...more };
}
