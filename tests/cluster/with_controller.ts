// A controller on the cluster and a namespace for one test file; both are removed afterwards.
import { type Cluster, clusterForTests } from "./cluster.ts";
import { controllerLog, installController, removeController, repository } from "./install_controller.ts";
import { agentContainer, podTemplate } from "./members.ts";
import { say } from "./progress.ts";
import { newNamespace } from "./test_namespace.ts";
import { until } from "./until.ts";

export interface Scene {
  readonly namespace: string;
  /** Apply deploy/admission too. */
  readonly admission?: boolean;
}

/** Everything of deploy/admission that says what the controller's token is good for, and what goes into pods. */
export const admissionFiles: readonly string[] = [
  "controller-exec.yaml",
  "controller-status.yaml",
  "agent-injection.yaml",
].map((file) => `${repository}deploy/admission/${file}`);

/** Installs, runs `test`, removes. When the test fails, the controller's last words are shown. */
export async function withController(scene: Scene, test: (cluster: Cluster) => Promise<void>): Promise<void> {
  const cluster = await clusterForTests();
  try {
    await installController(cluster);
    if (scene.admission) { for (const file of admissionFiles) await cluster.kubectl(["apply", "-f", file]); }
    const { namespace } = scene;
    await cluster.kubectl.try(["wait", "--for=delete", `namespace/${namespace}`, "--timeout=300s"]);
    await newNamespace(cluster, namespace);
    if (scene.admission) await injectionActs(cluster, namespace);
    await test(cluster);
  } catch (error) {
    say(`the controller says:\n${await controllerLog(cluster)}`);
    throw error;
  } finally {
    await removePods(cluster, scene.namespace);
    if (scene.admission) {
      for (const file of admissionFiles) await cluster.kubectl.try(["delete", "-f", file]);
    }
    await removeController(cluster);
    await cluster.close();
  }
}

/**
 * Waits until an applied policy changes what is created. The API server reads policies by a watch: a pod that comes before
 * it has read them gets no agent, runs, and is never a member.
 */
async function injectionActs(cluster: Cluster, namespace: string): Promise<void> {
  const work = { namespace, name: "probe", networks: "vxeth0", replicas: 1, form: "injected" } as const;
  const { metadata, spec } = podTemplate(work);
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: "probe" }, spec };
  await until("the agent to be injected", async () => {
    const args = ["-n", namespace, "create", "--dry-run=server", "-o", "json", "-f", "-"];
    // Refused too while the new namespace has no service account.
    const created = await cluster.kubectl.try(args, JSON.stringify(pod));
    return created.code === 0 && created.stdout.includes(`"${agentContainer}"`);
  }, { seconds: 60 });
}

/** Until its pods have gone; the rest of a namespace takes the control plane its time, which nobody need wait for. */
async function removePods(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.kubectl.try(["delete", "namespace", namespace, "--wait=false"]);
  const wait = ["-n", namespace, "wait", "--for=delete", "pods", "--all", "--timeout=180s"];
  const { code, stderr } = await cluster.kubectl.try(wait);
  if (code === 0) return;
  const left = await cluster.kubectl.try(["-n", namespace, "describe", "pods"]);
  say(`pods of ${namespace} that do not go: ${stderr.trim()}\n${left.stdout.slice(0, 20_000)}`);
}
