// How is scripts/check.sh run on the cluster, as a user would?
import type { Cluster } from "./cluster.ts";
import { repository } from "./install_controller.ts";
import { type CommandResult, tryCommand } from "./run_command.ts";

/** `options` are kubectl's. */
export async function runCheckScript(
  { kubeconfig, context, kubectl }: Cluster,
  asked: { readonly namespace: string; readonly pod: string; readonly options?: readonly string[] },
): Promise<CommandResult> {
  const { namespace, pod, options = [] } = asked;
  const place = context ? ["--context", context] : [];
  const path = `${kubectl.program.replace(/[^/]*$/, "")}:${Deno.env.get("PATH") ?? ""}`;
  return await tryCommand([`${repository}scripts/check.sh`, `${namespace}/${pod}`, ...place, ...options], {
    env: { PATH: path, ...(kubeconfig ? { KUBECONFIG: kubeconfig } : {}) },
  });
}
