// How is exec into one pod denied on a real API server? By an admission policy, as an operator would do it.
import type { Cluster } from "../cluster.ts";
import { until } from "../until.ts";

/** Makes the policy and waits until it acts, which it can before there is such a pod. */
export async function denyExec(
  cluster: Cluster,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
): Promise<{ readonly remove: () => Promise<void> }> {
  const name = `deny-exec-${namespace}`;
  const group = "admissionregistration.k8s.io/v1";
  const items = [{
    apiVersion: group,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [{
          apiGroups: [""],
          apiVersions: ["v1"],
          operations: ["CONNECT"],
          resources: ["pods/exec"],
        }],
      },
      matchConditions: [{
        name: "that-pod",
        expression: `request.namespace == "${namespace}" && request.name == "${pod}"`,
      }],
      validations: [{ expression: "false", message: "nobody may exec into this pod" }],
    },
  }, {
    apiVersion: group,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  }];
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
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
