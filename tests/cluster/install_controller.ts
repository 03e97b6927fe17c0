// How does the controller of this working tree get onto the cluster? Its image, then k8s.yaml as a user applies it.
import type { Cluster } from "./cluster.ts";
import { imageArchives } from "../images/archives.ts";
import type { NodeAccess } from "./node_access.ts";
import { say, step } from "./progress.ts";

/** The root of the repository, with a slash at its end. */
export const repository: string = new URL("../../", import.meta.url).pathname;

const deployment = "deployment/kube-vxlan-controller";

/**
 * Puts the image on the nodes, applies k8s.yaml and waits until the controller is ready. Safe to repeat. `env`: variables
 * that the manifest does not set.
 */
export async function installController(
  cluster: Cluster,
  { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  await putControllerImage(cluster);
  const before = await cluster.kubectl([
    "-n",
    "kube-system",
    "get",
    deployment,
    "--ignore-not-found",
    "-o",
    "name",
  ]);
  await cluster.kubectl(["apply", "-f", "-"], await manifestWith(env));
  // The same image name may hold a new program since the last time.
  const runsAlready = before.trim() !== "";
  if (cluster.access && runsAlready) {
    await cluster.kubectl(["-n", "kube-system", "rollout", "restart", deployment]);
  }
  await step("controller ready", () => controllerReady(cluster));
}

/** k8s.yaml with more variables, in one piece: a second rollout would wait for the Lease of the first. */
async function manifestWith(env: Readonly<Record<string, string>>): Promise<string> {
  const text = await Deno.readTextFile(`${repository}k8s.yaml`);
  const marker = "        env:\n";
  const rows = Object.entries(env).map(([name, value]) =>
    `        - name: ${name}\n          value: ${JSON.stringify(value)}\n`
  );
  if (text.split(marker).length !== 2) {
    throw new Error("Cannot add variables to k8s.yaml: not one list of them");
  }
  return text.replace(marker, marker + rows.join(""));
}

/** Puts the image that all manifests ask for on the nodes of our own cluster. */
export async function putControllerImage(cluster: Cluster): Promise<void> {
  if (cluster.access) return await putImage(cluster.access);
  say("an existing cluster: its nodes must have the images of k8s.yaml (kind load docker-image …)");
}

/** Waits for the controller; says what its pods and its log say when it does not become ready. */
export async function controllerReady(cluster: Cluster): Promise<void> {
  const rollout = ["-n", "kube-system", "rollout", "status", deployment, "--timeout=270s"];
  const result = await cluster.kubectl.try(rollout);
  if (result.code === 0) return;
  const pods = await cluster.kubectl.try(["-n", "kube-system", "get", "pods", "-o", "wide"]);
  throw new Error(
    `Cannot install the controller: ${result.stderr.trim()}\n${pods.stdout}\n${await controllerLog(cluster)}`,
  );
}

/** What the controller has written so far. */
export async function controllerLog(cluster: Cluster): Promise<string> {
  const logs = await cluster.kubectl.try(["-n", "kube-system", "logs", deployment, "--tail=200"]);
  return logs.stdout + logs.stderr;
}

/** Removes everything of k8s.yaml. */
export async function removeController(cluster: Cluster): Promise<void> {
  await cluster.kubectl(["delete", "-f", `${repository}k8s.yaml`, "--ignore-not-found", "--now"]);
}

/** Imports the image unless this very one was imported before. */
async function putImage(access: NodeAccess): Promise<void> {
  const { controller } = await imageArchives();
  const mark = `${access.layout.directory}/controller.imported`;
  if (await Deno.readTextFile(mark).catch(() => "") === controller.file) return;
  await step("controller image onto the nodes", () => access.importImage(controller));
  await Deno.writeTextFile(mark, controller.file);
}
