// From settings to a connection: which API server, and in which namespace the ConfigMap is.
import { type ControllerSettings, defaultLimits } from "../../controller/settings.ts";
import { ConfigError, type Connection } from "../../kube/config/connection.ts";
import { loadConnection } from "../../kube/config/load_connection.ts";
import { runCommand } from "../../kube/config/run_plugin.ts";
import { defined, messageOf } from "../../text/defined.ts";
import type { PoolsOptions } from "../../pools/pools.ts";
import type { Host } from "../host.ts";
import type { connectionOptions, membershipOptions, SettingsOf } from "./options.ts";

/** Where the ConfigMap is when nothing says otherwise. */
const usualNamespace = "kube-system";

type ConnectionSettings = SettingsOf<typeof connectionOptions>;
type MembershipOptions = SettingsOf<typeof membershipOptions>;

/** As whom, and how patiently: `run` has none of it. */
interface CallerSettings {
  readonly as?: string | undefined;
  readonly asUid?: string | undefined;
  readonly asGroup?: readonly string[] | undefined;
  readonly asUserExtra?: Readonly<Record<string, readonly string[]>> | undefined;
  /** ms; 0: no limit. */
  readonly requestTimeout?: number | undefined;
}

/** Loads the configuration that the settings name. Throws ConfigError that says what was tried. */
export async function connectionFrom(
  settings: ConnectionSettings & CallerSettings,
  host: Host,
): Promise<Connection> {
  const { kubeconfig, context, server, caCertFile, token, tokenFile, requestTimeout } = settings;
  const { as, asUid, asGroup, asUserExtra } = settings;
  const given = defined({
    ...{ kubeconfig, context, server, caCertFile, token, tokenFile },
    ...{ impersonation: { user: as, uid: asUid, groups: asGroup, extra: asUserExtra }, requestTimeout },
  });
  return await loadConnection(given, { ...host, runCommand });
}

/** `--namespace`, else the content of `--namespace-file`, else our own namespace in a cluster, else kube-system. */
export async function configMapNamespace(
  { namespace, namespaceFile }: Pick<MembershipOptions, "namespace" | "namespaceFile">,
  { connection, host }: { readonly connection: Connection; readonly host: Host },
): Promise<string> {
  const named = namespace ??
    (namespaceFile === undefined ? undefined : await namespaceIn(namespaceFile, host));
  return named ?? connection.ownNamespace ?? usualNamespace;
}

async function namespaceIn(file: string, host: Host): Promise<string> {
  try {
    const name = (await host.readTextFile(file)).trim();
    if (name !== "") return name;
  } catch (error) {
    throw new ConfigError(
      `Cannot read --namespace-file ${file}: ${messageOf(error)}`,
    );
  }
  throw new ConfigError(`Cannot use --namespace-file ${file}: it is empty; expected a namespace name`);
}

/** Everything the controller is told. `namespace` is where the ConfigMap is. */
export function controllerSettings(
  settings: Omit<MembershipOptions, "namespace" | "namespaceFile">,
  namespace: string,
): ControllerSettings {
  return {
    membership: {
      annotationKey: settings.annotation,
      agent: settings.agentContainerName,
      initAgent: settings.agentInitContainerName,
      configMap: { namespace, name: settings.configmapName },
      restrictPods: settings.restrictPods,
      maxNetworks: settings.maxNetworksPerPod,
      maxMembers: settings.maxMembersPerNetwork,
    },
    selector: settings.selector,
    watchNamespaces: settings.watchNamespaces ?? [],
    limits: defaultLimits,
  };
}

/** Where the pools of addresses are kept, and whose they are. */
export function poolSettings(
  { poolsName, configmapName, annotation }: MembershipOptions,
  { membership, selector, watchNamespaces }: ControllerSettings,
): Pick<PoolsOptions, "namespace" | "prefix" | "owner" | "selector" | "watchNamespaces"> {
  return {
    namespace: membership.configMap.namespace,
    prefix: poolsName ?? `${configmapName}-pool`,
    owner: annotation,
    selector,
    watchNamespaces,
  };
}
