// A copy of what the manifests are made from, to change something in it.
import { repository } from "../cluster/install_controller.ts";
import { command } from "../cluster/run_command.ts";

/** Runs `use` with the root of a copy (a slash at its end), and removes it. */
export async function withCopy(use: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "kvc-manifests-" });
  const parts = ["deploy", "examples", "k8s.yaml", "deno.json"].map((name) => repository + name);
  try {
    await command("copy the manifests", ["cp", "-a", ...parts, root]);
    await use(`${root}/`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
