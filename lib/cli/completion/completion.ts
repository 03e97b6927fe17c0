// The commands `completion`, which prints a script for a shell, and `__complete`, which that script asks.
import { exitStatus, type Host } from "../host.ts";
import { type CommandSpec, UsageError } from "../program.ts";
import { type ClusterView, withClusterView } from "../show/cluster_view.ts";
import { viewOptions } from "../show/view_options.ts";
import { candidates, type ClusterNames } from "./candidates.ts";
import { type Shell, shells, shellScript } from "./shell_scripts.ts";

/** Prints the script of a shell. */
export const completionCommand: CommandSpec = {
  name: "completion",
  summary: "print what makes a shell complete commands, flags, pods and networks",
  args: [
    { name: "<shell>", description: shells.join(", ") },
    { name: "[program]", description: "how the program is called there (default: kube-vxlan-controller)" },
  ],
  options: {},
  action: ({ args: [shell = "", program = "kube-vxlan-controller"] }, host) => {
    if (!isShell(shell)) throw new UsageError(`Cannot complete in "${shell}": expected ${shells.join(", ")}`);
    if (!/^[\w.-]+$/.test(program)) {
      throw new UsageError(`Cannot complete "${program}": expected a plain name`);
    }
    host.print(shellScript(shell, program));
    return Promise.resolve(exitStatus.ok);
  },
};

function isShell(text: string): text is Shell {
  return shells.some((shell) => shell === text);
}

/** Answers with a candidate a line. Silent where the cluster does not answer: nobody waits for an error while typing. */
export function completeCommand(commands: readonly CommandSpec[]): CommandSpec<typeof viewOptions> {
  return {
    name: "__complete",
    summary: "answer a shell that completes",
    args: [{ name: "[words...]", description: "what is written so far" }],
    options: viewOptions,
    action: async ({ settings, args }, host) => {
      const found = candidates(args, commands);
      const last = args.at(-1) ?? "";
      const words = found.kind === "words" ? found.words : await namesOf(found.of, { settings, host });
      for (const word of words) if (word.startsWith(last)) host.print(word);
      return exitStatus.ok;
    },
  };
}

async function namesOf(
  what: ClusterNames,
  { settings, host }: { readonly settings: Parameters<typeof withClusterView>[0]; readonly host: Host },
): Promise<readonly string[]> {
  let names: readonly string[] = [];
  await withClusterView(settings, {
    host,
    use: (view) => {
      names = what === "pods" ? podNames(view) : networkNames(view);
      return exitStatus.ok;
    },
  }).catch(() => {});
  return names;
}

function podNames({ shown, namespace }: ClusterView): readonly string[] {
  return shown.map((pod) => namespace === undefined ? `${pod.namespace}/${pod.name}` : pod.name);
}

function networkNames({ pods, store }: ClusterView): readonly string[] {
  const names = pods.flatMap(({ uid }) => {
    const item = store.workItem(uid);
    return item?.kind === "member" ? item.member.networks.map(({ name }) => name) : [];
  });
  return [...new Set(names)].sort();
}
