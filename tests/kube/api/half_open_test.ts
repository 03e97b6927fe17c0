// What if whoever takes our connection never speaks TLS, or a proxy never answers? Deadlines count all the same.
import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { createApiClient } from "../../../lib/kube/api/http.ts";
import type { Connection } from "../../../lib/kube/config/connection.ts";
import { createExecutor } from "../../../lib/kube/exec/executor.ts";
import { fakeClock, until } from "../../time/fake_clock.ts";
import { makeAuthority } from "./certificates.ts";

const authority = await makeAuthority("half-open");

/** What is said to whoever connects, once he has said something. */
const rows: readonly { readonly it: string; readonly isProxy: boolean; readonly says: string }[] = [
  { it: "a server that never speaks TLS", isProxy: false, says: "" },
  { it: "a server that speaks something else", isProxy: false, says: "220 mail.example ESMTP\r\n" },
  { it: "a proxy that never answers", isProxy: true, says: "" },
  { it: "a proxy that does not let us", isProxy: true, says: "HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n" },
  { it: "a proxy that is none", isProxy: true, says: "220 mail.example ESMTP\r\n" },
  {
    it: "a proxy whose answer does not end",
    isProxy: true,
    says: `HTTP/1.1 200 OK\r\na: ${"b".repeat(1_000)}`,
  },
  { it: "a proxy that talks on", isProxy: true, says: "HTTP/1.1 200 OK\r\n\r\n220 mail.example\r\n" },
  { it: "a proxy to a server that never speaks TLS", isProxy: true, says: "HTTP/1.1 200 OK\r\n\r\n" },
];

for (const { it, isProxy, says } of rows) {
  Deno.test(`half-open: ${it}: a list and an exec end in time, and their connections too`, async () => {
    const clock = fakeClock();
    const peer = await peerThatSays(says);
    const connection: Connection = {
      server: isProxy ? "https://192.0.2.1:6443" : `https://127.0.0.1:${peer.port}`,
      ...(isProxy && { proxy: `http://127.0.0.1:${peer.port}` }),
      source: { description: "the test" },
      credentials: () => Promise.resolve({ ca: authority.ca, authorization: "Bearer secret" }),
    };
    const client = createApiClient(connection, { clock });
    const executor = createExecutor(connection, { clock });
    const asked = { method: "GET", path: "/api", purpose: "list", deadline: 5_000 } as const;
    const listed = client.json(asked).then(() => "fine", (error: Error) => error.message);
    const target = { namespace: "default", pod: "a", container: "c" };
    const ran = executor.run({ target, command: ["x"], deadline: 5_000 }).then(({ outcome }) => outcome.kind);
    await until(() => peer.heard() === 2, { what: "both to have connected" });
    await clock.advance(5_000);
    assert.match(await listed, /^Cannot list: the API server .* cannot be reached: ./);
    assert.match(await ran, /^(unknown|rejected)$/);
    assert.ok(!peer.text().includes("secret"), "no token was sent");
    await clock.advance(10_000);
    client.close();
    executor.close();
    await until(() => peer.open() === 0, { what: "the connections to end" });
    assert.deepEqual(clock.waiting(), []);
    await peer.stop();
  });
}

async function peerThatSays(says: string): Promise<{
  readonly port: number;
  /** How many have said something. */
  readonly heard: () => number;
  readonly text: () => string;
  readonly open: () => number;
  readonly stop: () => Promise<void>;
}> {
  const open = new Set<Socket>();
  let [heard, text] = [0, ""];
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.on("end", () => socket.destroy());
    socket.once("data", () => {
      heard += 1;
      if (says !== "") socket.write(says);
    });
    socket.on("data", (chunk) => text += chunk.toString("latin1"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address && typeof address === "object");
  const stop = (): Promise<void> => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { port: address.port, heard: () => heard, text: () => text, open: () => open.size, stop };
}
