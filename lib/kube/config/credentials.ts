// Which credentials are valid now? Files are read again as they rotate, by monotonic time.
import { ConfigError, type ConnectionHost, type Credentials } from "./connection.ts";
import type { CredentialPlan, TextSource } from "./credential_plan.ts";
import { encryptedKey, isEncrypted } from "./client_identity.ts";
import { createPlugin, PluginError } from "./credential_plugin.ts";
import { defined, messageOf } from "../../text/defined.ts";

/** ms for which what was read is used. A service account's token is replaced 12 minutes or more before its end. */
const rereadAfter = 60_000;

/**
 * A function that gives current credentials. The first reading that fails throws ConfigError; later ones leave
 * the last good credentials in use (a file may be missing for the moment of its replacement); a plugin's failure is
 * thrown.
 */
export function rotatingCredentials(
  plan: CredentialPlan,
  host: ConnectionHost,
): (options?: { readonly force?: boolean }) => Promise<Credentials> {
  const plugin = plan.plugin && createPlugin(plan.plugin, host);
  let last: { readonly credentials: Credentials; readonly readAt: number } | undefined;
  let underWay: Promise<Credentials> | undefined;

  async function read(force: boolean): Promise<Credentials> {
    const [ca, cert, key, token] = await Promise.all(
      [plan.ca, plan.cert, plan.key, plan.token].map((source) => source && textOf(source, host)),
    );
    const given = plugin ? await plugin({ force, ...defined({ ca }) }) : {};
    const bearer = token?.trim() ?? given.token;
    const identity = { cert: given.cert ?? cert, key: given.key ?? key };
    return checked({
      ...(bearer === undefined ? basicAuthorization(plan) : { authorization: `Bearer ${bearer}` }),
      ...defined({ ca }),
      ...(identity.cert === undefined || identity.key === undefined
        ? {}
        : { cert: identity.cert, key: identity.key }),
    }, plan);
  }

  async function refresh(force: boolean): Promise<Credentials> {
    try {
      const credentials = await read(force);
      last = { credentials, readAt: host.clock.now() };
      return credentials;
    } catch (error) {
      // What a plugin gave has come to its end, or was refused: only its reason helps.
      if (!last || error instanceof PluginError) throw error;
      last = { ...last, readAt: host.clock.now() };
      return last.credentials;
    } finally {
      underWay = undefined;
    }
  }

  return ({ force = false } = {}) => {
    const fresh = last !== undefined && host.clock.now() < last.readAt + rereadAfter;
    // The plugin knows when what it gave expires, and is asked each time: it answers from its own store.
    if (last && fresh && !force && !plugin) return Promise.resolve(last.credentials);
    underWay ??= refresh(force);
    return underWay;
  };
}

async function textOf(source: TextSource, host: ConnectionHost): Promise<string> {
  if (source.kind === "text") return source.text;
  try {
    return await host.readTextFile(source.path);
  } catch (error) {
    if (source.otherwise !== undefined) return source.otherwise;
    const reason = messageOf(error);
    throw new ConfigError(`Cannot read credentials from ${source.path}: ${reason}`);
  }
}

function basicAuthorization(plan: CredentialPlan): Credentials {
  if (!plan.basic) return {};
  const { username, password } = plan.basic;
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return { authorization: `Basic ${bytes.toBase64()}` };
}

/** What fetch and TLS would refuse later with less to say. Secrets are not quoted. */
function checked(credentials: Credentials, plan: CredentialPlan): Credentials {
  const { authorization, ca, cert, key } = credentials;
  if (authorization !== undefined && !/^(Bearer|Basic) [\x21-\x7e]+$/.test(authorization)) {
    throw new ConfigError(
      `Cannot use the token${from(plan.token)}: it is empty or has characters no token has`,
    );
  }
  if (ca !== undefined) requirePem(ca, { label: "CERTIFICATE", what: `the CA certificate${from(plan.ca)}` });
  if (cert !== undefined) {
    requirePem(cert, { label: "CERTIFICATE", what: `the client certificate${from(plan.cert)}` });
  }
  if (key !== undefined) requirePem(key, { label: "PRIVATE KEY", what: `the client key${from(plan.key)}` });
  if (key !== undefined && isEncrypted(key)) {
    throw new ConfigError(`Cannot use the client key${from(plan.key)}: it is ${encryptedKey}`);
  }
  return credentials;
}

function requirePem(pem: string, wanted: { readonly label: string; readonly what: string }): void {
  if (new RegExp(`-----BEGIN [A-Z0-9 ]*${wanted.label}-----`).test(pem)) return;
  throw new ConfigError(`Cannot use ${wanted.what}: it has no "BEGIN ${wanted.label}" block (PEM)`);
}

function from(source: TextSource | undefined): string {
  return source?.kind === "file" ? ` from ${source.path}` : "";
}
