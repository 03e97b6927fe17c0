// Which keys of the ConfigMap can no pod have together? Said where they are written: the pods that lose by it did not change.
import { type OptionSet, optionTable } from "../grammar/option_table.ts";
import type { Problem, Source } from "../problem.ts";
import { quoted } from "../../text/quoted.ts";

/** A problem for each entry whose id and port another entry before it has. May be interrupted. */
export function* sharedIds(
  networks: ReadonlyMap<string, { readonly state: string; readonly options: OptionSet }>,
  configMap: { readonly namespace: string; readonly name: string },
): Generator<void, readonly Problem[]> {
  const first = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [key, { state, options }] of networks) {
    yield;
    const { id, dstport = optionTable.dstport.fallback } = options;
    if (state !== "current" || id === undefined) continue;
    const place = `${id}/${dstport}`;
    const other = first.get(place);
    if (other === undefined) {
      first.set(place, key);
      continue;
    }
    const message =
      `Cannot give a pod both network ${quoted(other)} and network ${quoted(key)}: both have id ` +
      `${id} and port ${dstport}; give one of them another id=… or dstport=…`;
    const source: Source = { kind: "configmap", ...configMap, key };
    problems.push({ kind: "conflict", source, network: key, token: key, message });
  }
  return problems;
}
