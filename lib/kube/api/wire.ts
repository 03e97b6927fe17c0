// Which connections may a request use, and whom do they trust? The same for requests and for the WebSockets of exec.
//
// node's HTTPS and not Deno's fetch (2.9.6): fetch trusts Mozilla's and the system's roots beside the cluster's CA, so
// that anybody with a certificate of one of those would get the token; and it refuses client certificates of X.509 v1.
import { Agent as HttpAgent } from "node:http";
import { rootCertificates } from "node:tls";
import type { Connection, Credentials } from "../config/connection.ts";
import { trustingAgent } from "./trusting_agent.ts";
import { identityFault } from "../config/client_identity.ts";
import { defined } from "../../text/defined.ts";
import type { Clock } from "../../time/clock.ts";

/** The connections to one API server. */
export interface Wire {
  /** What a request of node or `ws` must be given. Throws an Error when certificate or key cannot be used. */
  options(credentials: Credentials): WireOptions;
  /** Ends every connection. */
  close(): void;
}

export interface WireOptions {
  readonly agent: HttpAgent;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must have, where it is not that of the address. */
  readonly servername?: string;
}

/** ms for which a connection is kept that nobody uses; less than any server or load balancer keeps it. */
const keepIdle = 30_000;

/**
 * HTTP/1.1 only: with HTTP/2 one stalled watch holds up everything else on its connection, and a dropped connection
 * ends every watch at once. Connections are reused by those who ask with the same CA and certificate only.
 */
export function createWire(connection: Connection, clock: Clock): Wire {
  const { server, tlsServerName: servername, proxy } = connection;
  const isTls = server.startsWith("https:");
  const agentOptions = { keepAlive: true, timeout: keepIdle };
  const agent = isTls
    ? trustingAgent({ ...agentOptions, clock, ...defined({ proxy }) })
    : new HttpAgent({ ...agentOptions, ...(proxy !== undefined && { proxyEnv: { HTTP_PROXY: proxy } }) });
  let checked = "";

  return {
    options: ({ ca, cert, key }) => {
      const identity = JSON.stringify([cert, key]);
      if (identity !== checked && cert !== undefined && key !== undefined) {
        const fault = identityFault({ cert, key });
        if (fault) throw new Error(`the client certificate or its key cannot be used: ${fault}`);
      }
      checked = identity;
      if (isTls && ca === undefined && !hasOwnRoots()) {
        throw new Error(
          "no CA certificate is given, and this program may not use the machine's; say --ca-cert-file",
        );
      }
      return isTls ? { agent, ...defined({ ca, cert, key, servername }) } : { agent };
    },
    close: () => agent.destroy(),
  };
}

/** Deno wants the permission `sys` for them, which the image's program has not. */
function hasOwnRoots(): boolean {
  try {
    return rootCertificates.length > 0;
  } catch {
    return false;
  }
}
