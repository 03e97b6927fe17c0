// What can stand at the place of the cursor: commands, flags and their choices, and names from the cluster.
import type { CommandSpec } from "../program.ts";
import { rowOf } from "../settings/habits.ts";
import { flagOf, type OptionTable } from "../settings/options.ts";

/** Names that a cluster is asked for. */
export type ClusterNames = "pods" | "networks";

/** Candidates, or which names of the cluster they are. */
export type Candidates =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "names"; readonly of: ClusterNames };

/** First arguments of commands that are words. */
const firstWords: Readonly<Record<string, readonly string[]>> = {
  list: ["pods", "networks", "addresses"],
  check: ["network", "pod"],
  completion: ["bash", "zsh", "fish", "powershell"],
};

/** `words`: those behind the program's name, the last being the one that is written, perhaps empty. */
export function candidates(words: readonly string[], commands: readonly CommandSpec[]): Candidates {
  const last = words.at(-1) ?? "";
  const [name, ...rest] = words.slice(0, -1);
  const spec = commands.find((one) => one.name === name);
  if (name === undefined) {
    return fitting(commands.map((one) => one.name), last);
  }
  if (spec === undefined) return fitting([], last);
  const before = rest.at(-1);
  const valued = before === undefined ? undefined : rowOf(before, spec.options)?.[1];
  if (valued?.value !== undefined) return fitting(valued.choices ?? [], last);
  if (last.startsWith("-")) return fitting(Object.keys(spec.options).map((key) => `--${flagOf(key)}`), last);
  const args = argumentsIn(rest, spec);
  const first = firstWords[spec.name];
  if (first !== undefined && args.length === 0) return fitting(first, last);
  // Those of which any number may follow.
  if (spec.name === "inspect") return { kind: "names", of: "pods" };
  if (spec.name === "graph") return { kind: "names", of: "networks" };
  switch (`${spec.name} ${args[0] ?? ""}`) {
    case "check pod":
    case "list pods":
      return { kind: "names", of: "pods" };
    case "check network":
    case "list networks":
    case "list addresses":
      return { kind: "names", of: "networks" };
    default:
      return fitting([], last);
  }
}

/** Those of the words that begin like what is written. */
export function fitting(words: readonly string[], last: string): Candidates {
  return { kind: "words", words: words.filter((word) => word.startsWith(last)) };
}

/** The flags of this table among the words, with their values: those that are written whole. */
export function flagsIn(words: readonly string[], options: OptionTable): readonly string[] {
  return words.flatMap((word, at) => {
    const row = rowOf(word.split("=")[0] ?? "", options)?.[1];
    if (row === undefined) return [];
    if (row.value === undefined || word.includes("=")) return [word];
    const value = words[at + 1];
    return value === undefined ? [] : [word, value];
  });
}

/** What is neither a flag nor the value of one. */
function argumentsIn(words: readonly string[], spec: CommandSpec): readonly string[] {
  return words.filter((word, at) => {
    const before = words[at - 1];
    return !word.startsWith("-") &&
      (before === undefined || rowOf(before, spec.options)?.[1].value === undefined);
  });
}
