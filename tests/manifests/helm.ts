// What does the chart render?
import { type CommandResult, tryCommand } from "../cluster/run_command.ts";
import { goTool } from "../tools/go_tools.ts";
import { type KubeObject, objectsIn } from "./kustomize.ts";

/** A release: its name, its namespace, and values as `--set-json` takes them. */
export interface Release {
  readonly name?: string;
  readonly namespace?: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly chart: string;
}

/** Name and namespace of k8s.yaml. */
export const usual = { name: "kube-vxlan-controller", namespace: "kube-system" };

/** The arguments that name a release and its values, after `helm template`, `install` or `upgrade`. */
export function releaseArguments(
  { chart, name = usual.name, namespace = usual.namespace, values = {} }: Release,
): readonly string[] {
  const set = Object.entries(values).flatMap(([key, value]) => [
    "--set-json",
    `${key}=${JSON.stringify(value)}`,
  ]);
  return [name, chart, "--namespace", namespace, ...set];
}

/** The objects of a release. Throws with helm's words when it refuses. */
export async function chartObjects(release: Release): Promise<readonly KubeObject[]> {
  const { code, stdout, stderr } = await helm(["template", ...releaseArguments(release)]);
  if (code !== 0) throw new Error(`Cannot render the chart: ${stderr}`);
  return objectsIn(stdout);
}

/** The path of a Helm 3, which is to be tried instead: it takes minutes to build, so it is not built here. */
export const helm3: string | undefined = Deno.env.get("KVC_HELM3");

/** Runs helm. Its notes about linked files are no news here. */
export async function helm(
  args: readonly string[],
  { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  const result = await tryCommand([helm3 ?? await goTool("helm"), ...args], { env });
  const said = result.stderr.split("\n").filter((line) => !line.includes("found symbolic link in path"));
  return { ...result, stderr: said.join("\n") };
}
