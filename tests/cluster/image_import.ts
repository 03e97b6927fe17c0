// How does an image archive get onto the nodes? Imported into each node's containerd, since there is no registry.
import type { ImageArchive } from "../images/archives.ts";
import type { NodeLayout } from "./layout.ts";
import { command } from "./run_command.ts";

/** Imports an archive on every node, under all of its names. */
export async function importImage(nodes: readonly NodeLayout[], archive: ImageArchive): Promise<void> {
  await Promise.all(nodes.map((node) => importOn(node, archive)));
}

async function importOn(node: NodeLayout, { file, names: [name, ...others] }: ImageArchive): Promise<void> {
  const images = ["ctr", "--address", node.containerdSocket, "--namespace", "k8s.io", "images"];
  await command(`import ${file} on ${node.name}`, [...images, "import", file]);
  if (others.length > 0) {
    await command(`name ${name} on ${node.name}`, [...images, "tag", "--force", name, ...others]);
  }
}
