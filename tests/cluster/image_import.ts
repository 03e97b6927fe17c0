// How does an image archive get onto the nodes? Imported into each node's containerd, since there is no registry.
import type { NodeLayout } from "./layout.ts";
import { command } from "./run_command.ts";

/** Imports an archive on every node. */
export async function importImage(nodes: readonly NodeLayout[], archive: string): Promise<void> {
  await Promise.all(nodes.map((node) =>
    command(`import ${archive} on ${node.name}`, [
      ...["ctr", "--address", node.containerdSocket, "--namespace", "k8s.io"],
      ...["images", "import", archive],
    ])
  ));
}
