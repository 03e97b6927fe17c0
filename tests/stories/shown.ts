// What a pod shows of us in a story: its condition and the Events about it.
import { coreEvents } from "../sandbox/api/resources.ts";
import { field, type KubeObject, textField } from "../sandbox/store/kube_object.ts";
import type { Stage } from "./stage.ts";

export const conditionType = "vxlan.travelping.com/Ready";

export interface ShownCondition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly since: string;
}

/** Undefined when there is none. */
export function conditionOf(pod: KubeObject | undefined): ShownCondition | undefined {
  const all = field(field(pod, "status"), "conditions");
  const found = Array.isArray(all) ? all.find((one) => textField(one, "type") === conditionType) : undefined;
  return found === undefined ? undefined : {
    status: textField(found, "status"),
    reason: textField(found, "reason"),
    message: textField(found, "message"),
    since: textField(found, "lastTransitionTime"),
  };
}

/** "reason count" of the Events about a pod, sorted. */
export function podEvents(stage: Stage, name: string): readonly string[] {
  return stage.sandbox.store.list(coreEvents)
    .filter((event) => textField(field(event, "involvedObject"), "name") === name)
    .map((event) => `${textField(event, "reason")} ${field(field(event, "series"), "count") ?? 1}`).sort();
}
