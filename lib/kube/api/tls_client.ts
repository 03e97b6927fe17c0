// Which connections may a request use? One pool for each set of CA and client certificate; a new one when they rotate.
import type { Credentials } from "../config/connection.ts";
import { messageOf } from "../../text/defined.ts";

/** Pools of connections, one at a time. */
export interface TlsClients {
  /** The pool for these credentials. Throws when Deno cannot use the certificate or key. */
  get(credentials: Credentials): Deno.HttpClient;
  close(): void;
}

/**
 * HTTP/1.1 only: with HTTP/2 one stalled watch holds up everything else on its connection, and a dropped
 * connection ends every watch at once. Requests under way on a pool that is closed run to their end.
 */
export function createTlsClients(): TlsClients {
  let last: { readonly identity: string; readonly client: Deno.HttpClient } | undefined;

  return {
    get: ({ ca, cert, key }) => {
      const identity = JSON.stringify([ca, cert, key]);
      if (last?.identity === identity) return last.client;
      const client = newClient({
        http2: false,
        ...(ca === undefined ? {} : { caCerts: [ca] }),
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
      });
      last?.client.close();
      last = { identity, client };
      return client;
    },
    close: () => {
      last?.client.close();
      last = undefined;
    },
  };
}

/** Deno names neither what it was given nor where it is from ("invalid peer certificate: …"). */
function newClient(
  options: Deno.CreateHttpClientOptions & Partial<Deno.TlsCertifiedKeyPem>,
): Deno.HttpClient {
  try {
    return Deno.createHttpClient(options);
  } catch (error) {
    const reason = messageOf(error);
    throw new Error(`the client certificate or its key cannot be used: ${reason}`);
  }
}
