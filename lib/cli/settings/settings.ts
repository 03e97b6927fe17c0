// From settings to a connection: which API server, and in which namespace the ConfigMap is.
import type { Connection } from "../../kube/config/connection.ts";
import { ConfigError } from "../../kube/config/connection.ts";
import { loadConnection } from "../../kube/config/load_connection.ts";
import { runCommand } from "../../kube/config/run_plugin.ts";
import type { Host } from "../host.ts";
import type { Settings } from "../program.ts";

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
