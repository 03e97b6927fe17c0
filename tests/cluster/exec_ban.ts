// The controller may not exec for a while: then it can write down what it gives, and touch no kernel.
import type { Cluster } from "./cluster.ts";
import { execPolicy } from "./exec_policy.ts";
import { until } from "./until.ts";

const controller = "system:serviceaccount:kube-system:kube-vxlan-controller";

const policy = execPolicy({
  name: "no-exec-for-a-while",
  condition: `request.userInfo.username == "${controller}"`,
  message: "not now",
});

/** Returns when it is in force. `pod` is one with an agent that runs. */
export async function banExec(
  cluster: Cluster,
  pod: { readonly namespace: string; readonly name: string; readonly container: string },
): Promise<void> {
  await cluster.kubectl(["apply", "-f", "-"], policy);
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
  await cluster.kubectl(["delete", "--ignore-not-found", "-f", "-"], policy);
}
