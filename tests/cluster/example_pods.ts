// How is an example applied, and which pods of it are ready?
import { appliances } from "../images/appliances.ts";
import { appliancesImageName, toolsImageName } from "../images/image_names.ts";
import type { Cluster } from "./cluster.ts";
import { controllerLog, repository } from "./install_controller.ts";
import { until } from "./until.ts";

/** Where they are applied: one of their own would contradict that of the ConfigMap of an example. */
export const namespace = "default";

/** A pod that is ready. */
export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly node: string;
}

/** Applied as a user does it, in the default namespace: a namespace of its own would contradict that of the ConfigMap. */
export async function example(
  cluster: Cluster,
  name: string,
  test: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const manifest = await manifestOf(name);
  await cluster.kubectl(["apply", "-f", "-"], manifest);
  try {
    await test(cluster);
  } finally {
    await cluster.kubectl(["delete", "-f", "-", "--now", "--ignore-not-found"], manifest);
    await until("the example's pods to be gone", async () => {
      return (await cluster.kubectl(["-n", namespace, "get", "pods", "-o", "name"])) === "";
    }, { seconds: 60 });
  }
}

/**
 * Test clusters pull no images: busybox is that of the test tools, and alpine one of Debian that has already what an example
 * adds to it.
 */
export async function manifestOf(name: string): Promise<string> {
  const text = await Deno.readTextFile(`${repository}examples/${name}.yaml`);
  return text.replaceAll(/image: busybox:.*/g, `image: ${toolsImageName}`)
    .replaceAll(/image: alpine:.*/g, `image: ${appliancesImageName}`);
}

/** Puts the image for alpine on the nodes; gives the reason where it cannot be had. */
export async function putAppliances({ access }: Cluster): Promise<string | undefined> {
  if (access === undefined) return "images get onto the nodes of our own cluster alone";
  try {
    await access.importImage(await appliances());
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Waits until so many pods of the namespace are ready, and gives them. */
export async function podsReady(cluster: Cluster, count: number): Promise<readonly Pod[]> {
  const query = ["-n", namespace, "get", "pods", "-o", "json"];
  let ready: readonly Pod[] = [];
  await until(`${count} ready pods`, async () => {
    const { items } = JSON.parse(await cluster.kubectl(query));
    ready = items.filter(isReady).map((pod: PodJson) => ({
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      ip: pod.status.podIP,
      node: pod.spec.nodeName,
    }));
    return ready.length === count;
  }, {
    seconds: 60,
    describe: async () => `${ready.length} are ready. The controller says:\n${await controllerLog(cluster)}`,
  });
  return ready;
}

interface PodJson {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly podIP: string;
    readonly conditions?: readonly { type: string; status: string }[];
  };
}

function isReady(pod: PodJson): boolean {
  return pod.status.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
}
