// The commands `completion`, which prints a script for a shell, and `__complete`, which that script asks.
import { exitStatus, type Host } from "../host.ts";
import { type CommandSpec, runProgram, UsageError } from "../program.ts";
import { type ClusterView, withClusterView } from "../show/cluster_view.ts";
import { viewOptions } from "../show/view_options.ts";
import { candidates, type ClusterNames, flagsIn } from "./candidates.ts";
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
  examples: [
    { does: "in this bash", line: "source <(kube-vxlan-controller completion bash)" },
    {
      does: "in every zsh",
      line: 'kube-vxlan-controller completion zsh > "${fpath[1]}/_kube-vxlan-controller"',
    },
    { does: "in this fish", line: "kube-vxlan-controller completion fish | source" },
    { does: "for a program of another name", line: "kube-vxlan-controller completion bash kubectl-vxlan" },
  ],
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
export function completeCommand(commands: readonly CommandSpec[]): CommandSpec {
  return {
    name: "__complete",
    summary: "answer a shell that completes",
    args: [{ name: "[words...]", description: "what is written so far" }],
    options: {},
    action: async ({ args: written }, host) => {
      const args = wholeFlags(written);
      const found = candidates(args, commands);
      const last = args.at(-1) ?? "";
      const words = found.kind === "words" ? found.words : await namesOf(found.of, { args, host });
      for (const word of words) if (word.startsWith(last) && plainWord.test(word)) host.print(word);
      return exitStatus.ok;
    },
  };
}

/** A shell may read a word again: what could mean something to it is left out. No name of Kubernetes has such signs. */
const plainWord = /^[\w./-]+$/;

/** `--namespace`, `=`, `lab`, as bash takes it apart, are one word again. */
function wholeFlags(words: readonly string[]): readonly string[] {
  const whole: string[] = [];
  for (const [at, word] of words.entries()) {
    const isJoined = whole.length > 0 && (word === "=" || words[at - 1] === "=");
    whole.push(isJoined ? `${whole.pop()}${word}` : word);
  }
  return whole;
}

/** Asks the cluster that the flags on the line lead to, for the pods that they leave. */
async function namesOf(
  what: ClusterNames,
  { args, host }: { readonly args: readonly string[]; readonly host: Host },
): Promise<readonly string[]> {
  let names: readonly string[] = [];
  const ask: CommandSpec<typeof viewOptions> = {
    name: "ask",
    summary: "",
    options: viewOptions,
    action: ({ settings }, quiet) =>
      withClusterView(settings, {
        host: quiet,
        use: (view) => {
          names = what === "pods" ? podNames(view) : networkNames(view);
          return exitStatus.ok;
        },
      }),
  };
  const flags = flagsIn(args.slice(1, -1), viewOptions);
  await runProgram([ask], { ...host, args: ["ask", ...flags], print: () => {}, complain: () => {} });
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
