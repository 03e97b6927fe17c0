// How is exec into one pod denied on a real API server? By an admission policy, as an operator would do it.
import type { Cluster } from "../cluster.ts";
import { execPolicy } from "../exec_policy.ts";
import { until } from "../until.ts";

/** Makes the policy and waits until it acts, which it can before there is such a pod. */
export async function denyExec(
  cluster: Cluster,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
): Promise<{ readonly remove: () => Promise<void> }> {
  const list = execPolicy({
    name: `deny-exec-${namespace}`,
    condition: `request.namespace == "${namespace}" && request.name == "${pod}"`,
    message: "nobody may exec into this pod",
  });
  await cluster.kubectl(["apply", "-f", "-"], list);
  const query = new URLSearchParams({ command: "true", container: "app", stdout: "true" });
  const exec = `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query}`;
  let said = "";
  await until("the policy to act", async () => {
    const result = await cluster.kubectl.try(["get", "--raw", exec]);
    said = result.stderr;
    return said.includes("nobody may exec into this pod");
  }, { seconds: 60, describe: () => said });
  return {
    remove: async () => void await cluster.kubectl.try(["delete", "--ignore-not-found", "-f", "-"], list),
  };
}
