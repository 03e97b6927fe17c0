// Tells on the ConfigMap itself which of its entries cannot be read.
import type { ConfigMapSeen } from "../report/config_map_reporter.ts";
import type { EventWriter } from "../events/event_writer.ts";
import { longestList } from "../text/quoted.ts";
import { warningsOf } from "./events.ts";

/** An observer that writes an Event when what is to be said has changed: one a key, the last one for all other keys. */
export function configMapEvents(
  { events, isLeader }: { readonly events: EventWriter; readonly isLeader: () => boolean },
): (seen: Omit<ConfigMapSeen, "networks">) => void {
  let said: ReadonlySet<string> = new Set();
  return ({ configMap, problems }) => {
    if (configMap === undefined || !isLeader()) return;
    const byKey = Map.groupBy(problems, ({ source }) => source.kind === "configmap" && source.key);
    const keys = [...byKey.values()];
    const others = keys.splice(longestList - 1).flat();
    const wanted = [...keys, others].flatMap((all) => warningsOf("ConfigMap", all));
    for (const event of wanted) {
      if (!said.has(event.dedupKey)) events.emit({ kind: "ConfigMap", ...configMap }, event);
    }
    said = new Set(wanted.map(({ dedupKey }) => dedupKey));
  };
}
