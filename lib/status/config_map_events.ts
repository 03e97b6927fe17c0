// Tells on the ConfigMap itself which of its entries cannot be read.
import type { Problem } from "../network/problem.ts";
import type { ConfigMapSeen } from "../report/config_map_reporter.ts";
import type { EventWriter } from "../events/event_writer.ts";
import { warningsOf } from "./events.ts";

/** An observer that writes an Event when what is to be said has changed. One key's problems are one Event. */
export function configMapEvents(
  { events, isLeader }: { readonly events: EventWriter; readonly isLeader: () => boolean },
): (seen: Omit<ConfigMapSeen, "networks">) => void {
  let said: ReadonlySet<string> = new Set();
  return ({ configMap, problems }) => {
    if (configMap === undefined || !isLeader()) return;
    const keys = [...new Set(problems.map(keyOf))];
    const wanted = keys.flatMap((key) =>
      warningsOf("ConfigMap", problems.filter((problem) => keyOf(problem) === key))
    );
    for (const event of wanted) {
      if (!said.has(event.dedupKey)) events.emit({ kind: "ConfigMap", ...configMap }, event);
    }
    said = new Set(wanted.map(({ dedupKey }) => dedupKey));
  };
}

function keyOf({ source }: Problem): string {
  return source.kind === "configmap" ? source.key : "";
}
