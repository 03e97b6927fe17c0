// What does `status --pre` say of a real cluster before anything is installed: to an administrator, a reader, and nobody?
import assert from "node:assert/strict";
import { statusCommand } from "../../lib/cli/status/status.ts";
import { toolsImageName } from "../images/image_names.ts";
import type { Cluster } from "./cluster.ts";
import { productOn } from "./product_on.ts";
import { say } from "./progress.ts";
import { until } from "./until.ts";

const namespace = "preflight";
const reader = "kvc-test-reader";

/** Leaves nothing behind. */
export async function looksBeforeInstalling(cluster: Cluster): Promise<void> {
  if (cluster.access === undefined) return say("SKIPPED: what is there is known of clusters of our own only");
  const pre = async (...args: readonly string[]): Promise<{ status: number; printed: string }> => {
    const { status, printed, complained } = await productOn(cluster, [statusCommand], [
      ...["status", "--pre", "-n", namespace, ...args],
    ]);
    assert.equal(complained, "");
    return { status, printed };
  };
  const says = ({ printed }: { readonly printed: string }, ...lines: readonly RegExp[]): void => {
    for (const line of lines) assert.match(printed, line);
  };
  const level = async (value: string): Promise<void> => {
    const label = `pod-security.kubernetes.io/enforce=${value}`;
    await cluster.kubectl(["label", "namespace", namespace, label, "--overwrite"]);
  };
  const policies =
    /^ok +admission: MutatingAdmissionPolicy is there.*\nok +admission: Validating.* is there/m;
  const version = /^ok +API server: Kubernetes v1\.\d+\.\d+/m;
  let first = await pre();
  // The controller of the tests before goes in the background.
  await until("no controller to run", async () => {
    first = await pre();
    return first.printed.includes("none runs in kube-system yet");
  }, { seconds: 60, describe: () => first.printed });
  assert.equal(first.status, 0, first.printed);
  says(first, version, policies, /^note +Pod Security: namespace preflight is not there yet$/m);
  says(first, /^ok +nodes: 2, 2 with Linux; kernel .*containerd/m, /^ok +your rights: enough to install$/m);
  says(first, /^ok +controller: none runs in kube-system yet$/m, /^it can be installed here$/m);
  says(first, /^note +network plugin: none is known by its DaemonSet: use the default port 8472/m);
  say(`status --pre:\n${first.printed}`);
  try {
    await cluster.kubectl(["create", "namespace", namespace]);
    await cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await level("restricted");
    const second = await pre();
    assert.equal(second.status, 1, second.printed);
    says(
      second,
      /^problem +Pod Security: namespace preflight enforces restricted, which refuses agents: kubectl label/m,
    );
    says(
      second,
      /^note +network plugin: Cilium: write dstport=4789 into every network/m,
      /^not all is well$/m,
    );
    await level("privileged");
    const third = await pre();
    assert.equal(third.status, 0, third.printed);
    says(third, /^ok +Pod Security: namespace preflight allows agents$/m);

    let seen = await pre("--as", reader);
    // The API server reads new bindings by a watch.
    await until("the reader to be let in", async () => {
      seen = await pre("--as", reader);
      return /^note +network plugin: Cilium/m.test(seen.printed);
    }, { seconds: 30, describe: () => seen.printed });
    assert.equal(seen.status, 1);
    says(seen, version, policies, /^ok +Pod Security: /m, /^not read +nodes: Cannot list nodes: .*403/m);
    says(
      seen,
      /^problem +your rights: you may not: create ClusterRoles, .*deploy\/namespaced needs no ClusterRole$/m,
    );

    const nobody = await pre("--as", "kvc-test-nobody");
    assert.equal(nobody.status, 1);
    says(nobody, version, policies, /^not read +network plugin: Cannot list DaemonSets: .*403/m);
    says(
      nobody,
      /^not read +Pod Security: Cannot read namespace preflight: .*403/m,
      /^problem +your rights: /m,
    );
  } finally {
    await cluster.kubectl.try(["-n", "kube-system", "delete", "daemonset", "cilium", "--ignore-not-found"]);
    await cluster.kubectl.try(["delete", "clusterrolebinding", reader, "--ignore-not-found"]);
    await cluster.kubectl.try(["delete", "namespace", namespace, "--ignore-not-found"]);
  }
}

/** A DaemonSet that is called like Cilium's and runs nowhere, and somebody who may read what is in namespaces. */
const items = [{
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "cilium", namespace: "kube-system" },
  spec: {
    selector: { matchLabels: { app: "kvc-test" } },
    template: {
      metadata: { labels: { app: "kvc-test" } },
      spec: {
        nodeSelector: { "example.org/nosuch": "true" },
        containers: [{ name: "agent", image: toolsImageName }],
      },
    },
  },
}, {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: reader },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
  subjects: [{ kind: "User", name: reader, apiGroup: "rbac.authorization.k8s.io" }],
}];
