// Where do the pods of one test live? In a namespace of its own that goes away with it.
import type { Cluster } from "./cluster.ts";

/** Runs a test in a new namespace and removes it afterwards, with all pods in it. */
export async function inNamespace(
  cluster: Cluster,
  test: (cluster: Cluster, namespace: string) => Promise<void>,
): Promise<void> {
  const namespace = `test-${crypto.randomUUID().slice(0, 8)}`;
  await cluster.kubectl(["create", "namespace", namespace]);
  try {
    await cluster.kubectl(["-n", namespace, "get", "serviceaccounts"]);
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
