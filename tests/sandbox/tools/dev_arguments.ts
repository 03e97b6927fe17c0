// What may be said to `deno task dev`? Nothing for the embedded cluster, or which real cluster by name.
import { Command, CommanderError } from "commander";

/** Where the controller is to run. */
export type DevTarget =
  | { readonly kind: "sandbox" }
  | { readonly kind: "cluster"; readonly context: string; readonly kubeconfig?: string };

/** What the arguments ask for; `text` is for people, `status` the exit status. */
export type DevArguments =
  | { readonly kind: "target"; readonly target: DevTarget }
  | { readonly kind: "say"; readonly text: string; readonly status: number };

const description =
  `Runs the controller of this working tree and starts it again when main.ts or lib/ changes.
Without arguments: against an embedded cluster with example pods. A real cluster is used only when it is named.`;

const usageStatus = 2;

/** Reads the arguments. A real cluster must be named here: neither the environment nor a current context counts. */
export function readDevArguments(args: readonly string[]): DevArguments {
  let said = "";
  const program = new Command("dev").description(description)
    .option("--context <NAME>", "context of a real cluster")
    .option("--kubeconfig <FILE>", "kubeconfig that has the context (default: as for kubectl)")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => said += text, writeErr: (text) => said += text });
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: "say", text: said.trimEnd(), status: error.exitCode === 0 ? 0 : usageStatus };
  }
  return target(program.opts());
}

function target(
  { context, kubeconfig }: { readonly context?: string; readonly kubeconfig?: string },
): DevArguments {
  if (context === "") return refusal('Cannot use --context "": a context has a name');
  if (context !== undefined) {
    return {
      kind: "target",
      target: { kind: "cluster", context, ...(kubeconfig === undefined ? {} : { kubeconfig }) },
    };
  }
  if (kubeconfig === undefined) return { kind: "target", target: { kind: "sandbox" } };
  return refusal("Cannot use --kubeconfig without --context: name the cluster that is meant");
}

function refusal(text: string): DevArguments {
  return { kind: "say", text, status: usageStatus };
}
