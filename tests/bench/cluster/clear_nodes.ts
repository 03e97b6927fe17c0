// How are nodes rid of pods that are gone? The kubelet clears once a minute; here the runtime is told at once.
import type { Cluster } from "../../cluster/cluster.ts";
import { until } from "../../cluster/until.ts";

type Node = NonNullable<Cluster["access"]>["layout"]["nodes"][number];

/** Sandboxes of pods that containerd knows, by node: with those that are gone from the API server and not from the node. */
export type Sandboxes = ReadonlyMap<string, ReadonlySet<string>>;

export async function sandboxesOn({ access }: Cluster): Promise<Sandboxes> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const { name, directory } of access?.layout.nodes ?? []) {
    const ids = new Set<string>();
    const path = `${directory}/containerd/io.containerd.grpc.v1.cri/sandboxes`;
    try {
      for await (const { isDirectory, name: id } of Deno.readDir(path)) if (isDirectory) ids.add(id);
    } catch (error) {
      // The node has never had a pod.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    found.set(name, ids);
  }
  return found;
}

/** Removes those that were not there `before`, and waits until they are gone. Their pods must be. */
export async function clearNodes(cluster: Cluster, before: Sandboxes): Promise<void> {
  const now = await sandboxesOn(cluster);
  for (const node of cluster.access?.layout.nodes ?? []) {
    const gone = [...now.get(node.name) ?? []].filter((id) => !before.get(node.name)?.has(id));
    await removeSandboxes(node, gone);
  }
  await until("the nodes to be clear of the pods", async () => {
    const left = [...await sandboxesOn(cluster)].flatMap(([name, ids]) =>
      [...ids].filter((id) => !before.get(name)?.has(id))
    );
    return left.length === 0;
  }, { seconds: 300 });
}

/** Calls RemovePodSandbox of the container runtime's interface: gRPC, a frame with one text in it. */
async function removeSandboxes({ containerdSocket: path }: Node, ids: readonly string[]): Promise<void> {
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path }, http1: false, http2: true });
  for (const id of ids) {
    const text = new TextEncoder().encode(id);
    const message = [10, text.length, ...text];
    const response = await fetch("http://localhost/runtime.v1.RuntimeService/RemovePodSandbox", {
      ...{ client, method: "POST", headers: { "content-type": "application/grpc", te: "trailers" } },
      body: new Uint8Array([0, 0, 0, 0, message.length, ...message]),
    });
    await response.arrayBuffer();
    const status = response.headers.get("grpc-status") ?? "0";
    const answer = response.headers.get("grpc-message") ?? status;
    // The kubelet may be at it, or may just have removed a container of it: it is waited for with the others.
    if (status === "0" || /already in removing state|not found/.test(answer)) continue;
    throw new Error(`Cannot remove the sandbox ${id}: ${answer}`);
  }
}
