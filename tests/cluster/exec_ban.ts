// The controller may not exec for a while: then it can write down what it gives, and touch no kernel.
import type { Cluster } from "./cluster.ts";
import { until } from "./until.ts";

const name = "no-exec-for-a-while";
const controller = "system:serviceaccount:kube-system:kube-vxlan-controller";

const policy = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicy",
  metadata: { name },
  spec: {
    failurePolicy: "Fail",
    matchConstraints: {
      resourceRules: [{
        apiGroups: [""],
        apiVersions: ["v1"],
        operations: ["CONNECT"],
        resources: ["pods/exec"],
      }],
    },
    matchConditions: [{
      name: "the-controller",
      expression: `request.userInfo.username == "${controller}"`,
    }],
    validations: [{ expression: "false", message: "not now" }],
  },
};

const binding = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name },
  spec: { policyName: name, validationActions: ["Deny"] },
};

/** Returns when it is in force. `pod` is one with an agent that runs. */
export async function banExec(
  cluster: Cluster,
  pod: { readonly namespace: string; readonly name: string; readonly container: string },
): Promise<void> {
  for (const object of [policy, binding]) {
    await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  }
  const { namespace, container } = pod;
  const exec = ["-n", namespace, "exec", pod.name, "-c", container, `--as=${controller}`, "--", "ip", "link"];
  let said = "";
  await until("the controller's execs to be refused", async () => {
    said = (await cluster.kubectl.try(exec)).stderr;
    return said.includes("not now");
  }, { seconds: 30, describe: () => said });
}

/** Safe to repeat. */
export async function allowExec(cluster: Cluster): Promise<void> {
  for (const kind of ["validatingadmissionpolicybinding", "validatingadmissionpolicy"]) {
    await cluster.kubectl(["delete", kind, name, "--ignore-not-found"]);
  }
}
