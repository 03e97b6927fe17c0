// What does a credential plugin of a kubeconfig give? Runs it, reads its ExecCredential, keeps it until it expires.
import { ConfigError, type ConnectionHost, type HostCommandResult } from "./connection.ts";
import { backoffDelay } from "../../time/backoff.ts";
import { defined } from "../../text/defined.ts";
import type { PluginPlan } from "./credential_plan.ts";
import { isRecord } from "../../text/json.ts";

/** What a plugin gave. */
export interface PluginCredential {
  readonly token?: string;
  /** PEM. */
  readonly cert?: string;
  readonly key?: string;
}

/** A plugin gave nothing; the message has its reason. */
export class PluginError extends ConfigError {}

/** ms that a plugin may take: some wait until somebody has logged in with a browser. */
const pluginTimeout = 300_000;
/** ms before its end at which a credential is not used any more. */
const expiryMargin = 10_000;
/** ms for which a credential is kept at least, so that a broken plugin is not run for every request. */
const shortestLife = 10_000;
/** ms; until a plugin that has failed is run again. Its failure is told to everybody who asks meanwhile. */
const failurePause = { base: 10_000, max: 60_000 };

interface PluginNeeds {
  /** Run it again, unless it has just run. */
  readonly force: boolean;
  /** PEM of the cluster's CA, for plugins that ask for it. */
  readonly ca?: string;
}

/** A function that gives the current credential. Throws PluginError. */
export function createPlugin(
  plan: PluginPlan,
  host: ConnectionHost,
): (needs: PluginNeeds) => Promise<PluginCredential> {
  let last:
    | { readonly credential: PluginCredential; readonly from: number; readonly until: number }
    | undefined;
  let failed: { readonly error: unknown; readonly times: number; readonly until: number } | undefined;

  return async ({ force, ca }) => {
    const now = host.clock.now();
    const young = last !== undefined && now < last.from + shortestLife;
    if (last && (young || (!force && now < last.until))) return last.credential;
    if (failed && now < failed.until) throw failed.error;
    try {
      const { credential, expires } = readCredential(await runPlugin(plan, { host, ca }), plan);
      const from = host.clock.now();
      // The expiry is a wall-clock time; it is turned into a length once, so that later jumps do no harm.
      const life = expires === undefined ? Infinity : expires - host.clock.wall().getTime() - expiryMargin;
      last = { credential, from, until: from + Math.max(life, shortestLife) };
      failed = undefined;
      return credential;
    } catch (error) {
      const times = (failed?.times ?? 0) + 1;
      const pause = backoffDelay(times, { ...failurePause, random: host.clock.random() });
      failed = { error, times, until: host.clock.now() + pause };
      throw error;
    }
  };
}

async function runPlugin(
  plan: PluginPlan,
  { host, ca }: { readonly host: ConnectionHost; readonly ca: string | undefined },
): Promise<HostCommandResult> {
  if (!host.runCommand) return { kind: "failed", reason: "programs cannot be run here" };
  const authority = ca === undefined ? {} : { "certificate-authority-data": base64(ca) };
  const cluster = plan.clusterInfo && { ...plan.clusterInfo, ...authority };
  const spec = { interactive: false, ...defined({ cluster }) };
  const info = { kind: "ExecCredential", apiVersion: plan.apiVersion, spec };
  return await host.runCommand({
    command: plan.command,
    args: plan.args,
    env: { ...plan.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    timeout: pluginTimeout,
    ...defined({ signal: host.stop, onStderr: host.passOn }),
  });
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}

function readCredential(
  result: HostCommandResult,
  plan: PluginPlan,
): { readonly credential: PluginCredential; readonly expires?: number } {
  const fail = (found: string): PluginError => {
    const hint = plan.installHint === "" ? "" : `; ${plan.installHint.trim().slice(0, 500)}`;
    return new PluginError(`Cannot get credentials from plugin "${plan.command}": ${found}${hint}`);
  };
  if (result.kind === "failed") throw fail(result.reason);
  if (result.code !== 0) {
    throw fail(`it ended with status ${result.code}: ${JSON.stringify(result.stderr.trim().slice(0, 500))}`);
  }
  const answer = parseJson(result.stdout);
  const status = isRecord(answer) ? answer.status : undefined;
  // Its output may hold secrets: it is never quoted.
  if (!isRecord(status)) throw fail("its output is not an ExecCredential with a status");
  if (isRecord(answer) && answer.apiVersion !== undefined && answer.apiVersion !== plan.apiVersion) {
    const found = JSON.stringify(String(answer.apiVersion).slice(0, 100));
    throw fail(`it gave apiVersion ${found} where the kubeconfig says ${plan.apiVersion}`);
  }
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
