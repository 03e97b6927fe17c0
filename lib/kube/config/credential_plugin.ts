// What does a credential plugin of a kubeconfig give? Runs it, reads its ExecCredential, keeps it until it expires.
import { ConfigError, type ConnectionHost, type HostCommandResult } from "./connection.ts";
import type { PluginPlan } from "./credential_plan.ts";
import { isRecord } from "../../text/json.ts";

/** What a plugin gave. */
export interface PluginCredential {
  readonly token?: string;
  /** PEM. */
  readonly cert?: string;
  readonly key?: string;
}

/** ms that a plugin may take: some ask the user's identity provider over the network. */
const pluginTimeout = 60_000;
/** ms before its end at which a credential is not used any more. */
const expiryMargin = 10_000;
/** ms for which a credential is kept at least, so that a broken plugin is not run for every request. */
const shortestLife = 10_000;

/** A function that gives the current credential. `force` runs the plugin again, unless it has just run. */
export function createPlugin(
  plan: PluginPlan,
  host: ConnectionHost,
): (options: { readonly force: boolean }) => Promise<PluginCredential> {
  let last:
    | { readonly credential: PluginCredential; readonly from: number; readonly until: number }
    | undefined;

  return async ({ force }) => {
    const now = host.clock.now();
    const young = last !== undefined && now < last.from + shortestLife;
    if (last && (young || (!force && now < last.until))) return last.credential;
    const { credential, expires } = readCredential(await runPlugin(plan, host), plan);
    const from = host.clock.now();
    // The expiry is a wall-clock time; it is turned into a length once, so that later jumps do no harm.
    const life = expires === undefined ? Infinity : expires - host.clock.wall().getTime() - expiryMargin;
    last = { credential, from, until: from + Math.max(life, shortestLife) };
    return credential;
  };
}

async function runPlugin(plan: PluginPlan, host: ConnectionHost): Promise<HostCommandResult> {
  if (!host.runCommand) return { kind: "failed", reason: "programs cannot be run here" };
  const spec = { interactive: false, ...(plan.clusterInfo ? { cluster: plan.clusterInfo } : {}) };
  const info = { kind: "ExecCredential", apiVersion: plan.apiVersion, spec };
  return await host.runCommand({
    command: plan.command,
    args: plan.args,
    env: { ...plan.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    timeout: pluginTimeout,
  });
}

function readCredential(
  result: HostCommandResult,
  plan: PluginPlan,
): { readonly credential: PluginCredential; readonly expires?: number } {
  const fail = (found: string): ConfigError => {
    const hint = plan.installHint === "" ? "" : `; ${plan.installHint.trim().slice(0, 500)}`;
    return new ConfigError(`Cannot get credentials from plugin "${plan.command}": ${found}${hint}`);
  };
  if (result.kind === "failed") throw fail(result.reason);
  if (result.code !== 0) {
    throw fail(`it ended with status ${result.code}: ${JSON.stringify(result.stderr.trim().slice(0, 500))}`);
  }
  const answer = parseJson(result.stdout);
  const status = isRecord(answer) ? answer.status : undefined;
  // Its output may hold secrets: it is never quoted.
  if (!isRecord(status)) throw fail("its output is not an ExecCredential with a status");
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  const credential = {
    ...(typeof token === "string" && token !== "" ? { token } : {}),
    ...(typeof cert === "string" && typeof key === "string" ? { cert, key } : {}),
  };
  if (Object.keys(credential).length === 0) throw fail("it gave neither a token nor a certificate with key");
  const expires = typeof expirationTimestamp === "string" ? Date.parse(expirationTimestamp) : NaN;
  return Number.isNaN(expires) ? { credential } : { credential, expires };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
