// How does a connection get through a proxy? By CONNECT; whoever answers is bounded in bytes, and may be left at any time.
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** A way through a proxy, from the moment its connection is being made. */
export interface Tunnel {
  /** Destroy it to leave: `opened` rejects then. */
  readonly socket: Socket;
  /** Resolves when the other end is the server. */
  readonly opened: Promise<void>;
}

/** Bytes of the proxy's answer. */
const longestAnswer = 8 * 1024;

/** Begins to open one. `proxy`: `http://[USER:PASSWORD@]HOST:PORT`. */
export function openTunnel(
  proxy: string,
  { host, port }: { readonly host: string; readonly port: number },
): Tunnel {
  const { hostname, port: proxyPort, username, password } = new URL(proxy);
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(proxyPort || 80) });
  const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const login = [username, password].map(decodeURIComponent).join(":");
  const authorization = username === ""
    ? ""
    : `Proxy-Authorization: Basic ${Buffer.from(login).toString("base64")}\r\n`;
  const opened = new Promise<void>((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new Error(`the proxy ${hostname}:${proxyPort || 80} ${reason}`));
    };
    const read = (chunk: Buffer): void => {
      answer = Buffer.concat([answer, chunk]);
      const text = answer.toString("latin1");
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
      const end = text.indexOf("\r\n\r\n");
      if (answer.length > longestAnswer || (text.length > 12 && status === undefined)) {
        return fail(`gave no answer of HTTP: ${JSON.stringify(text.slice(0, 80))}`);
      }
      if (end < 0) return;
      if (status !== "200") return fail(`refused with status ${status}`);
      if (answer.length > end + 4) return fail("said more than that the way is open");
      socket.off("data", read).off("error", onError).off("close", onClose).pause();
      resolve();
    };
    const onError = (error: Error): void => fail(`cannot be used: ${error.message}`);
    const onClose = (): void => fail("ended the connection");
    socket.on("data", read).on("error", onError).on("close", onClose);
    socket.once("connect", () => {
      socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
    });
  });
  return { socket, opened };
}
