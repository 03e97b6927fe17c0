// From settings to a connection: which API server, and in which namespace the ConfigMap is.
import { type ControllerSettings, defaultLimits } from "../../controller/settings.ts";
import { ConfigError, type Connection } from "../../kube/config/connection.ts";
import { loadConnection } from "../../kube/config/load_connection.ts";
import { runCommand } from "../../kube/config/run_plugin.ts";
import type { MembershipSettings } from "../../member/member.ts";
import type { Host } from "../host.ts";
import type { Settings } from "../program.ts";
import { splitList } from "./options.ts";

/** Where the ConfigMap is when nothing says otherwise. */
const usualNamespace = "kube-system";

/** Loads the configuration that the settings name. Throws ConfigError that says what was tried. */
export async function connectionFrom(settings: Settings, host: Host): Promise<Connection> {
  const given = [
    ["kubeconfig", settings.get("kubeconfig")],
    ["context", settings.get("context")],
    ["server", settings.get("server")],
    ["caCertFile", settings.get("ca-cert-file")],
    ["token", settings.get("token")],
    ["tokenFile", settings.get("token-file")],
  ].filter(([, value]) => value !== undefined);
  return await loadConnection(Object.fromEntries(given), { ...host, runCommand });
}

/** `--namespace`, else the content of `--namespace-file`, else our own namespace in a cluster, else kube-system. */
export async function configMapNamespace(
  settings: Settings,
  { connection, host }: { readonly connection: Connection; readonly host: Host },
): Promise<string> {
  const file = settings.get("namespace-file");
  const named = settings.get("namespace") ?? (file === undefined ? undefined : await namespaceIn(file, host));
  return named ?? connection.ownNamespace ?? usualNamespace;
}

async function namespaceIn(file: string, host: Host): Promise<string> {
  try {
    const name = (await host.readTextFile(file)).trim();
    if (name !== "") return name;
  } catch (error) {
    throw new ConfigError(
      `Cannot read --namespace-file ${file}: ${error instanceof Error ? error.message : error}`,
    );
  }
  throw new ConfigError(`Cannot use --namespace-file ${file}: it is empty; expected a namespace name`);
}

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
