// Is the server whom we mean? TLS connections to an API server, whose certificate may be that of a CA itself.
import { X509Certificate } from "node:crypto";
import { Agent, type AgentOptions } from "node:https";
import type { Duplex } from "node:stream";
import { checkServerIdentity, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { Clock } from "../../time/clock.ts";
import { openTunnel } from "./tunnel.ts";

/** `createConnection` of an Agent as Deno calls it; its types differ between versions of node's. */
type Connect = (options: ConnectionOptions, callback: Callback) => Duplex | undefined;
type Callback = (error: Error | null, socket?: Duplex) => void;

/** ms until a connection must be secure. Whom nobody waits for any more is not ended by node before he is handed over. */
const handshakeTimeout = 10_000;

export interface TrustingAgentOptions extends AgentOptions {
  readonly clock: Clock;
  /** Through which it goes: `http://[USER:PASSWORD@]HOST:PORT`. */
  readonly proxy?: string;
}

/**
 * An agent that hands a connection over only when its server is trusted. Two certificates that kubectl takes are refused
 * by Deno's TLS: one that is given as CA itself though another has signed it, and one that says CA:TRUE though the CA
 * that is given has signed it (teleport's, and many made by hand). They are judged here.
 */
export function trustingAgent({ clock, proxy, ...options }: TrustingAgentOptions): Agent {
  const agent = new Agent(options);
  const connect = agent.createConnection.bind(agent) as unknown as Connect;

  /** Speaks TLS, on `asked.socket` where there is one. */
  function secure(asked: ConnectionOptions, done: Callback): void {
    // An agent of node:https makes nothing else; Deno's are not instances of the class it exports.
    const socket = connect({ ...asked, rejectUnauthorized: false }, () => {}) as TLSSocket;
    const failed = (reason: Error): void => {
      cancel();
      done(reason);
    };
    const cancel = clock.after(handshakeTimeout, () => {
      socket.destroy(new Error(`no TLS within ${handshakeTimeout} ms`));
    });
    const secured = (): void => {
      cancel();
      socket.off("error", failed);
      const refusal = socket.authorized ? undefined : refusalOf(socket, asked);
      if (refusal === undefined) return done(null, socket);
      socket.destroy();
      done(refusal);
    };
    socket.once("error", failed);
    socket.once("close", () => asked.socket?.destroy());
    socket.once("secureConnect", secured);
  }

  const checking: Connect = (asked, done) => {
    if (proxy === undefined) {
      secure(asked, done);
      return undefined;
    }
    const { socket, opened } = openTunnel(proxy, { host: asked.host ?? "", port: Number(asked.port) });
    const cancel = clock.after(handshakeTimeout, () => socket.destroy());
    opened.finally(cancel).then(() => secure({ ...asked, socket }, done)).catch(done);
    return undefined;
  };
  agent.createConnection = checking as unknown as typeof agent.createConnection;
  return agent;
}

/** Undefined when the certificate is good after all. */
function refusalOf(socket: TLSSocket, { ca, servername, host }: ConnectionOptions): Error | undefined {
  const found = Object.assign(
    new Error(`the server's certificate is not trusted: ${socket.authorizationError}`),
    {
      code: String(socket.authorizationError),
    },
  );
  const peer = socket.getPeerCertificate(true);
  if (typeof ca !== "string" || !peer?.raw) return found;
  const certificate = new X509Certificate(peer.raw);
  const now = Date.now();
  const isDue = Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
  if (!isDue || !authorities(ca).some((each) => vouchesFor(each, certificate))) return found;
  return checkServerIdentity(servername || host || "", peer);
}

function vouchesFor(authority: X509Certificate, certificate: X509Certificate): boolean {
  if (authority.fingerprint256 === certificate.fingerprint256) return true;
  return certificate.ca && hasIssued(authority, certificate);
}

function hasIssued(authority: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function authorities(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
