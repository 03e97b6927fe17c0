// Does `kubectl vxlan` work for somebody who has installed the npm package: the plugin found, a kubeconfig, TLS?
import assert from "node:assert/strict";
import { installNpmPackage } from "../deploy/npm_install.ts";
import type { Cluster } from "./cluster.ts";
import { anyKubectl } from "./kubernetes_build.ts";
import { applyWorkload, readyPods, type Workload } from "./members.ts";
import { command } from "./run_command.ts";
import { withController } from "./with_controller.ts";

const namespace = "plugin";
const work: Workload = { namespace, name: "listed", networks: "vxeth0", replicas: 1, form: "native" };

Deno.test("kubectl vxlan, from the npm package", async () => {
  const directory = await Deno.makeTempDir({ prefix: "plugin-" });
  try {
    const { bin } = await installNpmPackage(directory);
    await withController({ namespace }, async (cluster) => {
      await applyWorkload(cluster, work);
      const [pod] = await readyPods(cluster, work);
      assert.ok(pod !== undefined);
      const vxlan = await plugin(cluster, bin);
      assert.match(
        await vxlan(["list", "pods", "-n", namespace]),
        new RegExp(`${namespace} +${pod.name} .*vxeth0`),
      );
      assert.match(await vxlan(["inspect", `${namespace}/${pod.name}`]), /vxeth0/);
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** kubectl finds its plugins in PATH, and does not take its own flags in front of their names: so by environment. */
async function plugin(
  { kubeconfig, context }: Cluster,
  bin: string,
): Promise<(args: readonly string[]) => Promise<string>> {
  const kubectl = await anyKubectl();
  const env = {
    PATH: `${bin}:${Deno.env.get("PATH")}`,
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
  };
  const more = context === undefined ? [] : ["--context", context];
  return (args) =>
    command(`run kubectl vxlan ${args.join(" ")}`, [kubectl, "vxlan", ...args, ...more], { env });
}
