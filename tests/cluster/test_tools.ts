// How do tests ping from inside a pod? Beside the agent, which has nothing of the kind: in an ephemeral container.
import { toolsImageName } from "../images/image_names.ts";
import type { Cluster } from "./cluster.ts";
import type { Inside } from "./pod_network.ts";
import { until } from "./until.ts";

const prefix = "test-tools-";

/** A running container with test tools in the pod's network; put there the first time. The pod itself stays as it is. */
export async function toolsIn(
  cluster: Cluster,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
): Promise<Inside> {
  const ours = await toolContainers(cluster, { namespace, pod });
  const running = ours.find(({ state }) => state?.running !== undefined);
  if (running !== undefined) return { namespace, pod, container: running.name };
  // The name of one that has ended cannot be used again.
  const container = `${prefix}${ours.length}`;
  await cluster.kubectl([
    ...["-n", namespace, "debug", pod, "--quiet", "--attach=false", "--profile=general"],
    ...[`--image=${toolsImageName}`, "--image-pull-policy=IfNotPresent", `--container=${container}`],
  ]);
  await until(`test tools in ${namespace}/${pod}`, async () => {
    const now = await toolContainers(cluster, { namespace, pod });
    return now.some(({ name, state }) => name === container && state?.running !== undefined);
  }, { seconds: 60 });
  return { namespace, pod, container };
}

async function toolContainers(
  cluster: Cluster,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
): Promise<readonly ContainerStatus[]> {
  const { status }: PodJson = JSON.parse(
    await cluster.kubectl(["-n", namespace, "get", "pod", pod, "-o", "json"]),
  );
  return (status.ephemeralContainerStatuses ?? []).filter(({ name }) => name.startsWith(prefix));
}

interface ContainerStatus {
  readonly name: string;
  readonly state?: { readonly running?: object };
}

interface PodJson {
  readonly status: { readonly ephemeralContainerStatuses?: readonly ContainerStatus[] };
}
