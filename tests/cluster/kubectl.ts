// How do tests speak to the cluster as its users do? With kubectl, its output read as JSON where that is asked for.
import { type CommandResult, tryCommand } from "./run_command.ts";

/** kubectl for one cluster. */
export interface Kubectl {
  /** Runs kubectl and gives its output, whatever its exit status. */
  try(args: readonly string[], stdin?: string): Promise<CommandResult>;
  /** Runs kubectl and gives its stdout. Throws "Cannot kubectl …: …" when it fails. */
  (args: readonly string[], stdin?: string): Promise<string>;
  /** Runs kubectl with `-o json` and gives the object. */
  json(args: readonly string[]): Promise<unknown>;
  /** Its path, or its name when it is looked up in PATH. */
  readonly program: string;
}

/** kubectl with a kubeconfig, and with a context of it. Without a kubeconfig it looks where it always looks. */
export function kubectlFor(
  program: string,
  options: { readonly kubeconfig?: string; readonly context?: string },
): Kubectl {
  const where = [
    ...(options.kubeconfig ? [`--kubeconfig=${options.kubeconfig}`] : []),
    ...(options.context ? [`--context=${options.context}`] : []),
  ];
  const attempt = (args: readonly string[], stdin?: string): Promise<CommandResult> =>
    tryCommand([program, ...where, ...args], stdin === undefined ? {} : { stdin });
  const must = async (args: readonly string[], stdin?: string): Promise<string> => {
    const result = await attempt(args, stdin);
    if (result.code === 0) return result.stdout;
    throw new Error(
      `Cannot kubectl ${args.slice(0, 8).join(" ")}: ${(result.stderr || result.stdout).trim()}`,
    );
  };
  return Object.assign(must, {
    try: attempt,
    program,
    json: async (args: readonly string[]): Promise<unknown> =>
      JSON.parse(await must([...args, "-o", "json"])),
  });
}
