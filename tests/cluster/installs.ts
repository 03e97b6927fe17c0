// Which ways to install are there, and how is seen that one works?
import assert from "node:assert/strict";
import { statusCommand } from "../../lib/cli/status/status.ts";
import { helm, releaseArguments, usual } from "../manifests/helm.ts";
import type { Cluster } from "./cluster.ts";
import { repository } from "./install_controller.ts";
import { applyWorkload, overlayHolds, readyPods, type Workload } from "./members.ts";
import { productOn } from "./product_on.ts";
import { say } from "./progress.ts";
import { until } from "./until.ts";

/** A way to install. `name` is that of the Deployment, the ConfigMap and the Lease. */
export interface Install {
  readonly it: string;
  readonly namespace: string;
  readonly name: string;
  /** The namespace in which members are tried. It is there, or is made. */
  readonly served: string;
  apply(cluster: Cluster): Promise<unknown>;
  /** To the same version: what is of users must stay. */
  upgrade(cluster: Cluster): Promise<unknown>;
  remove(cluster: Cluster): Promise<unknown>;
  /** What else is particular to it. */
  also?(cluster: Cluster): Promise<void>;
}

const overlay = (name: string): readonly string[] => ["-k", `${repository}deploy/${name}`];
const whole = { namespace: usual.namespace, name: usual.name, served: "elsewhere" };

/** Those that end in `kubectl apply`. */
export const installs: readonly Install[] = [
  {
    it: "kubectl apply -f k8s.yaml",
    ...whole,
    ...applied(["-f", `${repository}k8s.yaml`], overlay("upgrade")),
  },
  {
    it: "kubectl apply -k deploy/ha",
    ...whole,
    ...applied(overlay("ha"), overlay("upgrade/ha")),
    also: twoReplicas,
  },
  {
    it: "kubectl apply -k deploy/namespaced",
    namespace: "default",
    name: usual.name,
    served: "default",
    ...applied(overlay("namespaced"), overlay("upgrade/namespaced")),
    also: nothingElsewhere,
  },
  {
    it: "helm template | kubectl apply -f -",
    ...whole,
    apply: async (cluster) => await cluster.kubectl(["apply", "-f", "-"], await rendered()),
    upgrade: async (cluster) => await cluster.kubectl(["apply", "-f", "-"], await rendered("--no-hooks")),
    remove: async (cluster) =>
      await cluster.kubectl(["delete", "-f", "-", "--ignore-not-found", "--now"], await rendered()),
  },
];

function applied(
  install: readonly string[],
  upgrade: readonly string[],
): Pick<Install, "apply" | "upgrade" | "remove"> {
  return {
    apply: (cluster) => cluster.kubectl(["apply", ...install]),
    upgrade: (cluster) => cluster.kubectl(["apply", ...upgrade]),
    remove: (cluster) => cluster.kubectl(["delete", ...install, "--ignore-not-found", "--now"]),
  };
}

async function rendered(...flags: readonly string[]): Promise<string> {
  const chart = releaseArguments({ chart: `${repository}deploy/chart` });
  const { code, stdout, stderr } = await helm(["template", ...chart, ...flags]);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** The controller is ready without a complaint, two pods become members, and `inspect` by exec says that they are. */
export async function serves(cluster: Cluster, { namespace, name, served }: Install): Promise<void> {
  const deployment = `deployment/${name}`;
  await cluster.kubectl(["-n", namespace, "rollout", "status", deployment, "--timeout=270s"]);
  await startsWithoutComplaint(cluster, { namespace, name });
  await cluster.kubectl.try(["create", "namespace", served]);
  const work: Workload = {
    namespace: served,
    name: "work",
    networks: "vxeth0",
    replicas: 2,
    form: "classic",
  };
  try {
    await applyWorkload(cluster, work);
    const pods = await readyPods(cluster, work);
    await overlayHolds(cluster, [{ network: "vxeth0", vni: 1000, namespace: served, pods }]);
    const inspect = ["kube-vxlan-controller", "inspect", `${served}/${pods[0]?.name}`];
    const said = await cluster.kubectl.try(["-n", namespace, "exec", deployment, "--", ...inspect]);
    assert.equal(said.code, 0, said.stdout + said.stderr);
    assert.match(said.stdout, /^in sync$/m);
    const look = ["-n", namespace, "exec", deployment, "--", "kube-vxlan-controller", "status", "-n", served];
    let screen = "";
    // Pods are ready a moment before their conditions say so.
    await until("status to show both as ready", async () => {
      const { stdout, stderr } = await cluster.kubectl.try(look);
      screen = stdout + stderr;
      return /^members {6}2 of 2 ready$/m.test(stdout);
    }, { seconds: 30, describe: () => screen });
    assert.match(screen, /^controller .*: ready, /m);
    const from = [
      "--config-namespace",
      namespace,
      "--configmap-name",
      name,
      "--lease-name",
      name,
      "-n",
      served,
    ];
    const ours = await productOn(cluster, [statusCommand], ["status", ...from]);
    const account = new RegExp(`^its rights {3}${namespace}/${name} may do all that it needs$`, "m");
    assert.match(ours.printed, account, ours.printed + ours.complained);
  } finally {
    await cluster.kubectl(["-n", served, "delete", "deployment", work.name, "--now", "--ignore-not-found"]);
    await until("the members to be gone", async () => {
      return await cluster.kubectl(["-n", served, "get", "pods", "-l", "app=work", "-o", "name"]) === "";
    }, { seconds: 60 });
    if (served !== "default") await cluster.kubectl(["delete", "namespace", served, "--timeout=300s"]);
  }
}

/**
 * No probe fails while it starts. What a busy machine adds is not the manifest's: of three starts one is to be without a
 * complaint.
 */
async function startsWithoutComplaint(
  cluster: Cluster,
  install: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const rollout = ["-n", install.namespace, "rollout"];
  const deployment = `deployment/${install.name}`;
  let failed = await failedProbes(cluster, install);
  for (let start = 1; failed.length > 0 && start < 3; start++) {
    say(`start ${start} of ${install.name}: ${failed.join("; ")}`);
    await cluster.kubectl([...rollout, "restart", deployment]);
    await cluster.kubectl([...rollout, "status", deployment, "--timeout=270s"]);
    failed = await failedProbes(cluster, install);
  }
  assert.deepEqual(failed, []);
}

/** What the kubelet complained about while the pods that run now became ready. */
async function failedProbes(
  cluster: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<readonly string[]> {
  const selector = `app.kubernetes.io/name=${name}`;
  const get = ["-n", namespace, "get", "-o", "json"];
  const pods: List = JSON.parse(await cluster.kubectl([...get, "pods", "-l", selector]));
  const uids = pods.items.map(({ metadata }) => metadata.uid);
  assert.ok(uids.length > 0);
  const events: List = JSON.parse(
    await cluster.kubectl([...get, "events", "--field-selector=reason=Unhealthy"]),
  );
  return events.items.filter(({ involvedObject }) => uids.includes(involvedObject?.uid ?? ""))
    .map(({ message }) => message ?? "");
}

interface List {
  readonly items: readonly {
    readonly metadata: { readonly uid: string };
    readonly message?: string;
    readonly involvedObject?: { readonly uid?: string };
  }[];
}

/** The data of the ConfigMap. */
export async function networksOf(
  cluster: Cluster,
  { namespace, name }: Pick<Install, "namespace" | "name">,
): Promise<unknown> {
  const text = await cluster.kubectl(["-n", namespace, "get", "configmap", name, "-o", "json"]);
  return JSON.parse(text).data;
}

async function twoReplicas(cluster: Cluster): Promise<void> {
  const { namespace, name } = whole;
  const holder = ["get", "lease", name, "-o", "jsonpath={.spec.holderIdentity}"];
  assert.match(await cluster.kubectl(["-n", namespace, ...holder]), /^kube-vxlan-controller-/);
  const ready = ["get", "deployment", name, "-o", "jsonpath={.status.readyReplicas}"];
  assert.equal(await cluster.kubectl(["-n", namespace, ...ready]), "2");
}

/** Roles in its own namespace, and no right in another. */
async function nothingElsewhere(cluster: Cluster): Promise<void> {
  const account = `--as=system:serviceaccount:default:${usual.name}`;
  const may = (...question: readonly string[]): Promise<{ readonly code: number }> =>
    cluster.kubectl.try([account, "auth", "can-i", "--quiet", ...question]);
  assert.equal((await may("list", "pods", "-n", "default")).code, 0);
  assert.equal((await may("list", "pods", "-n", "kube-system")).code, 1);
  assert.equal((await may("create", "pods", "--subresource=exec", "-n", "kube-system")).code, 1);
}
