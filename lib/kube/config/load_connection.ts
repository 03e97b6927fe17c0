// Which API server is meant? Flags first, then a kubeconfig that was named, then the service account, then ~/.kube/config.
import { delimiter, join } from "node:path";
import {
  ConfigError,
  type Connection,
  type ConnectionHost,
  type ConnectionOptions,
  type Impersonation,
} from "./connection.ts";
import { type CredentialPlan, planCredentials, serverAddress } from "./credential_plan.ts";
import { impersonationHeaders } from "./impersonation.ts";
import { type Kubeconfig, mergeKubeconfigs, parseKubeconfig, selectContext, text } from "./kubeconfig.ts";
import { proxyFor } from "./proxy.ts";
import { rotatingCredentials } from "./credentials.ts";
import { defined, messageOf } from "../../text/defined.ts";

/** Where a pod finds its service account. */
const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What was found: a connection without its credentials read. */
interface Found {
  readonly description: string;
  readonly server: string;
  readonly namespace?: string;
  readonly ownNamespace?: string;
  readonly plan: CredentialPlan;
  readonly tlsServerName?: string;
  readonly proxyUrl?: { readonly url: string; readonly where: string };
  readonly impersonation?: Impersonation;
}

/**
 * Finds the API server and reads the credentials once. Throws ConfigError, which says what was tried; that the
 * server answers is not checked here.
 */
export async function loadConnection(options: ConnectionOptions, host: ConnectionHost): Promise<Connection> {
  const found = await find(options, host);
  const { description, server, namespace, ownNamespace, tlsServerName } = found;
  const { requestTimeout } = options;
  const impersonation = impersonationHeaders({
    flags: options.impersonation ?? {},
    kubeconfig: found.impersonation ?? {},
  });
  const proxy = proxyFor({ server, named: found.proxyUrl, env: host.env });
  const credentials = rotatingCredentials(found.plan, host);
  await credentials();
  return {
    source: { description },
    server,
    ...defined({ namespace, ownNamespace, tlsServerName, proxy, impersonation, requestTimeout }),
    credentials,
  };
}

async function find(options: ConnectionOptions, host: ConnectionHost): Promise<Found> {
  if (options.server !== undefined) return fromFlags(options, options.server);
  checkFlagsWithoutServer(options);
  const named = options.kubeconfig ?? host.env("KUBECONFIG") ?? "";
  const paths = named.split(delimiter).filter((path) => path !== "");
  if (paths.length > 0) return await fromKubeconfigs(paths, { options, host });
  const tried = ["--server and --kubeconfig are not set", "KUBECONFIG is not set"];
  if (options.context === undefined) {
    const inCluster = await fromServiceAccount(host);
    if (typeof inCluster !== "string") return inCluster;
    tried.push(inCluster);
  }
  const home = host.env("HOME") || host.env("USERPROFILE");
  if (!home) throw nothingFound([...tried, "HOME is not set, so there is no ~/.kube/config"]);
  const path = join(home, ".kube", "config");
  const file = await readKubeconfig(path, host);
  if (typeof file === "string") throw nothingFound([...tried, file]);
  return fromKubeconfig(file, options);
}

function nothingFound(tried: readonly string[]): ConfigError {
  return new ConfigError(`Cannot find an API server: ${tried.join("; ")}`);
}

function fromFlags(options: ConnectionOptions, server: string): Found {
  if (options.kubeconfig !== undefined || options.context !== undefined) {
    const other = options.kubeconfig === undefined ? "--context" : "--kubeconfig";
    throw new ConfigError(`Cannot use --server together with ${other}: each says where the API server is`);
  }
  if (options.token !== undefined && options.tokenFile !== undefined) {
    throw new ConfigError("Cannot use --token together with --token-file: say one of them");
  }
  const { token, tokenFile, caCertFile } = options;
  return {
    description: `--server ${server}`,
    server: serverAddress(server, "--server"),
    plan: {
      ...(caCertFile === undefined ? {} : { ca: { kind: "file", path: caCertFile } }),
      ...(token === undefined ? {} : { token: { kind: "text", text: token } }),
      ...(tokenFile === undefined ? {} : { token: { kind: "file", path: tokenFile } }),
    },
  };
}

/** A token meant for one server must not be ignored in favour of another's. */
function checkFlagsWithoutServer(options: ConnectionOptions): void {
  const flags = {
    "--ca-cert-file": options.caCertFile,
    "--token": options.token,
    "--token-file": options.tokenFile,
  };
  const said = Object.entries(flags).find(([, value]) => value !== undefined);
  if (said) throw new ConfigError(`Cannot use ${said[0]} without --server: it is not known where it belongs`);
}

/** Missing files of a list are passed over, as kubectl does; all of them missing is an error. */
async function fromKubeconfigs(
  paths: readonly string[],
  means: { readonly options: ConnectionOptions; readonly host: ConnectionHost },
): Promise<Found> {
  const read = await Promise.all(paths.map((path) => readKubeconfig(path, means.host)));
  const files = read.filter((file) => typeof file !== "string");
  if (files.length > 0) return fromKubeconfig(mergeKubeconfigs(files), means.options);
  throw nothingFound(read.filter((file) => typeof file === "string"));
}

/** The file, or why it cannot be read. Throws ConfigError for a file that is no kubeconfig. */
async function readKubeconfig(path: string, host: ConnectionHost): Promise<Kubeconfig | string> {
  try {
    return parseKubeconfig(await host.readTextFile(path), path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    return `kubeconfig ${path} cannot be read: ${messageOf(error)}`;
  }
}

function fromKubeconfig(config: Kubeconfig, options: ConnectionOptions): Found {
  const selected = selectContext(config, options.context);
  // As kubectl has it for a context that names none.
  const namespace = text(selected.context, "namespace") ?? "default";
  return {
    description: `kubeconfig ${config.paths.join(", ")}, context ${selected.context.name}`,
    ...planCredentials(selected),
    namespace,
  };
}

/** The pod's own account, or why there is none. Always TLS: a port says nothing about it. */
async function fromServiceAccount(host: ConnectionHost): Promise<Found | string> {
  const address = host.env("KUBERNETES_SERVICE_HOST");
  const port = host.env("KUBERNETES_SERVICE_PORT_HTTPS") || host.env("KUBERNETES_SERVICE_PORT");
  if (!address || !port) return "not in a pod: KUBERNETES_SERVICE_HOST is not set";
  const token = `${serviceAccountDirectory}/token`;
  try {
    await host.readTextFile(token);
  } catch (error) {
    return `no service account: ${token} cannot be read: ${messageOf(error)}`;
  }
  const namespace = await host.readTextFile(`${serviceAccountDirectory}/namespace`).catch(() => "");
  return {
    description: `service account in ${serviceAccountDirectory}`,
    server: `https://${address.includes(":") ? `[${address}]` : address}:${port}`,
    ...(namespace.trim() === "" ? {} : { namespace: namespace.trim(), ownNamespace: namespace.trim() }),
    plan: {
      ca: { kind: "file", path: `${serviceAccountDirectory}/ca.crt` },
      token: { kind: "file", path: token },
    },
  };
}
