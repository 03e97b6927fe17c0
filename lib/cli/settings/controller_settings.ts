// From settings (text) to the controller's settings (values).
import { type ControllerSettings, defaultLimits } from "../../controller/settings.ts";
import type { MembershipSettings } from "../../member/member.ts";
import { splitList } from "./options.ts";
import type { Settings } from "../program.ts";

/** What decides membership. `namespace` is where the ConfigMap is. */
export function membershipSettings(settings: Settings, namespace: string): MembershipSettings {
  return {
    annotationKey: required(settings, "annotation"),
    agent: required(settings, "agent-container-name"),
    initAgent: required(settings, "agent-init-container-name"),
    configMap: { namespace, name: required(settings, "configmap-name") },
    restrictPods: settings.has("restrict-pods"),
    maxNetworks: numberOf(settings, "max-networks-per-pod"),
    maxMembers: numberOf(settings, "max-members-per-network"),
  };
}

/** Everything the controller is told. */
export function controllerSettings(settings: Settings, namespace: string): ControllerSettings {
  return {
    membership: membershipSettings(settings, namespace),
    selector: required(settings, "selector"),
    watchNamespaces: splitList(settings.get("watch-namespaces") ?? ""),
    limits: defaultLimits,
  };
}

/** A whole number that was checked when it was read. */
export function numberOf(settings: Settings, flag: string): number {
  return Number(required(settings, flag));
}

/** A setting that has a fallback, so that it is always there. */
export function required(settings: Settings, flag: string): string {
  const value = settings.get(flag);
  if (value === undefined) throw new Error(`Cannot read setting ${flag}: it has neither value nor fallback`);
  return value;
}
