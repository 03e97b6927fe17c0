// Does the compiled program start and work? With the newest runtime that a package holds, which is older than ours: over
// http only, for its exec over TLS does not work. The bundle and the permissions are those of today.
import assert from "node:assert/strict";
import { type TargetName, targets } from "../../scripts/compile.ts";
import { command } from "../cluster/run_command.ts";
import { programStory } from "../deploy/program_story.ts";
import { type OlderDeno, olderDeno } from "../tools/older_denort.ts";

const root = new URL("../../", import.meta.url).pathname;

Deno.test("the compiled programs, with the runtime of Deno 2.6.10", async (t) => {
  const directory = await Deno.makeTempDir({ prefix: "binary-" });
  try {
    const deno = await olderDeno(directory);
    const controller = await compiled("controller", { deno, directory });
    const workstation = await compiled("workstation", { deno, directory });
    await t.step("the image's: runs, lists, serves /readyz and /metrics, ends on SIGTERM", () => {
      return programStory(controller, { listers: [controller] });
    });
    await t.step("the workstation's: the same, and is a plugin of kubectl", async () => {
      const plugin = `${directory}/kubectl-vxlan`;
      await Deno.link(workstation, plugin);
      await programStory(workstation, { listers: [workstation, plugin] });
    });
    await t.step("the image's cannot read a kubeconfig, the workstation's can", async () => {
      const kubeconfig = `${directory}/kubeconfig`;
      await Deno.writeTextFile(kubeconfig, "no: kubeconfig");
      const list = ["list", "pods", "--kubeconfig", kubeconfig];
      await assert.rejects(command("list", [controller, ...list]), /[Rr]equires read access/);
      await assert.rejects(
        command("list", [workstation, ...list]),
        (error: Error) => !/read access/.test(error.message),
      );
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

async function compiled(
  name: TargetName,
  { deno, directory }: { readonly deno: OlderDeno; readonly directory: string },
): Promise<string> {
  const bundle = `${directory}/${name}.js`;
  await command("bundle the program", [
    ...[Deno.execPath(), "bundle", "--quiet", "--platform", "deno", "--output", bundle, `${root}main.ts`],
  ]);
  const output = `${directory}/${name}`;
  await command(`compile the ${name}'s program`, [
    ...[deno.deno, "compile", "--quiet", "--no-check", "--no-config", ...targets[name].permissions],
    ...["--output", output, bundle],
  ], { env: { DENORT_BIN: deno.denort } });
  return output;
}
