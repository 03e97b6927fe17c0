// Where do the pods of one test live? In a namespace of its own that goes away with it.
import type { Cluster } from "./cluster.ts";
import { until } from "./until.ts";

/** Makes it, and waits until pods can be created in it: before its service account is there they are refused. */
export async function newNamespace(cluster: Cluster, name: string): Promise<void> {
  await cluster.kubectl(["create", "namespace", name]);
  const account = ["-n", name, "get", "serviceaccount", "default"];
  await until(`pods to be allowed in ${name}`, async () => (await cluster.kubectl.try(account)).code === 0, {
    seconds: 60,
  });
}

/** Runs a test in a new namespace and removes it afterwards, with all pods in it. */
export async function inNamespace(
  cluster: Cluster,
  test: (cluster: Cluster, namespace: string) => Promise<void>,
): Promise<void> {
  const namespace = `test-${crypto.randomUUID().slice(0, 8)}`;
  await newNamespace(cluster, namespace);
  try {
    await test(cluster, namespace);
  } finally {
    // Without grace: an agent has nothing to finish, and thirty seconds a test would add up.
    await cluster.kubectl.try([
      "-n",
      namespace,
      "delete",
      "deployments,statefulsets,jobs,pods",
      "--all",
      "--now",
    ]);
    await cluster.kubectl.try(["delete", "namespace", namespace, "--wait=false"]);
  }
}
