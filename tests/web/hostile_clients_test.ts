// Does the live page stay for those who read it, beside clients that say nothing, or nonsense, or follow and never read?
import assert from "node:assert/strict";
import { mostConnections } from "../../lib/ops/http_connections.ts";
import type { HttpListener } from "../../lib/ops/http_listener.ts";
import { type Clock, systemClock } from "../../lib/time/clock.ts";
import { LiveView } from "../../lib/web/live_view.ts";
import { startWebServer } from "../../lib/web/web_server.ts";
import { connectTo, isEnded, say } from "../ops/raw_client.ts";
import { fakeClock } from "../time/fake_clock.ts";

const follow = "GET /api/changes HTTP/1.1\r\nhost: localhost\r\n\r\n";

const rows: readonly { readonly it: string; readonly text: string; readonly begins: string }[] = [
  { it: "a Host that is none", text: "GET / HTTP/1.1\r\nHost: [a b]:x\r\n\r\n", begins: "HTTP/1.1 400 " },
  { it: "two Hosts", text: "GET / HTTP/1.1\r\nHost: localhost\r\nHost: a\r\n\r\n", begins: "HTTP/1.1 421 " },
  { it: "no Host", text: "GET / HTTP/1.0\r\n\r\n", begins: "HTTP/1.1 400 " },
  { it: "a user in its Host", text: "GET / HTTP/1.1\r\nHost: a@localhost\r\n\r\n", begins: "HTTP/1.1 400 " },
  { it: "a path in its Host", text: "GET / HTTP/1.1\r\nHost: localhost/a\r\n\r\n", begins: "HTTP/1.1 400 " },
  {
    it: "a proxy's form of our name",
    text: "GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    begins: "HTTP/1.1 200 ",
  },
  {
    it: "a proxy's form of another name",
    text: "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    begins: "HTTP/1.1 421 ",
  },
  {
    it: "a Host in its body",
    text: "GET / HTTP/1.1\r\nhost: evil.example\r\n\r\nhost: localhost\r\n",
    begins: "HTTP/1.1 421 ",
  },
  { it: "headers without end", text: `GET / HTTP/1.1\r\na: ${"b".repeat(100_000)}`, begins: "HTTP/1.1 431 " },
  {
    it: "HEAD for what never ends",
    text: "HEAD /api/changes HTTP/1.1\r\nhost: localhost\r\n\r\n",
    begins: "HTTP/1.1 200 ",
  },
  {
    it: "a query that is none",
    text: "GET /api/members?filter=%zz%00&& HTTP/1.1\r\nhost: localhost\r\n\r\n",
    begins: "HTTP/1.1 200 ",
  },
];

for (const { it, text, begins } of rows) {
  Deno.test(`the page: a request with ${it}: ${begins.slice(9, 12)}`, async () => {
    const { server } = serve();
    const answer = await say(server, text);
    assert.ok(answer.startsWith(begins), answer.slice(0, 200));
    assert.match(answer, /\r\ncontent-security-policy: default-src 'none'; |^HTTP\/1.1 431 /);
    await isWell(server);
    await server.close();
  });
}

Deno.test("the page: beside hundreds that send half a request it is served, and a follower stays", async () => {
  const { server, view } = serve();
  const events = await following(server);
  const silent: Deno.TcpConn[] = [];
  for (let n = 0; n < 5 * mostConnections; n++) {
    const connection = await connectTo(server);
    silent.push(connection);
    await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\n")).catch(() => {});
    if (n % 32 === 0) await isWell(server);
  }
  view.touch();
  assert.match(await events.next(), /data: 1\n\n$/);
  for (const connection of silent.slice(0, -mostConnections)) assert.ok(await isEnded(connection));
  for (const connection of silent) connection.close();
  events.close();
  view.close();
  await server.close();
});

Deno.test("the page: beside hundreds that ask and never read it is served", async () => {
  const { server } = serve();
  const slow: Deno.TcpConn[] = [];
  for (let n = 0; n < 3 * mostConnections; n++) {
    const connection = await connectTo(server);
    slow.push(connection);
    const text = n % 2 === 0 ? follow : follow.replace("/api/changes", "/page.js");
    await connection.write(new TextEncoder().encode(text)).catch(() => {});
    // Its request is whole and read.
    await connection.read(new Uint8Array(1)).catch(() => null);
    if (n % 16 === 0 || n > 2 * mostConnections) await isWell(server);
  }
  for (const connection of slow) connection.close();
  await server.close();
});

Deno.test("the page: a follower that goes gives his place back at once, whether he says so or not", async () => {
  const { server } = serve();
  for (let n = 0; n < 100; n++) {
    const events = await following(server);
    if (n % 2 === 0) events.close();
    else await events.half();
  }
  await server.close();
});

Deno.test("the page: a follower is told that we are there, and is not cut off by the time for an answer", async () => {
  const clock = fakeClock();
  const { server, view } = serve(clock);
  const events = await following(server);
  for (let n = 0; n < 10; n++) {
    await clock.advance(15_000);
    assert.equal(await events.next(), ": here\n\n");
  }
  events.close();
  view.close();
  const closed = server.close();
  await clock.advance(1_000);
  await closed;
});

function serve(clock: Clock = systemClock): { readonly server: HttpListener; readonly view: LiveView } {
  const view = new LiveView({ clock });
  const server = startWebServer({
    address: { kind: "listen", hostname: "127.0.0.1", port: 0 },
    clock,
    onError: (message) => assert.fail(message),
    source: {
      version: "1",
      view,
      synced: () => true,
      leadership: () => ({ leading: true }),
      members: () => [],
      detail: () => undefined,
      probes: () => [],
    },
  });
  return { server, view };
}

async function isWell(server: HttpListener): Promise<void> {
  const response = await fetch(`http://${server.address}/api/summary`);
  assert.equal(response.status, 200);
  await response.body?.cancel();
}

interface Follower {
  /** The next portion of events. */
  next(): Promise<string>;
  /** Ends its own side and waits for the other. */
  half(): Promise<void>;
  close(): void;
}

/** One that has had the first event. Fails where there is no place for it. */
async function following(server: HttpListener): Promise<Follower> {
  const connection = await connectTo(server);
  await connection.write(new TextEncoder().encode(follow));
  const bytes = new Uint8Array(4096);
  const next = async (): Promise<string> =>
    new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
  let text = "";
  while (!text.endsWith("data: 0\n\n")) {
    const more = await next();
    assert.ok(more !== "", `${text} and then the end`);
    text += more;
  }
  assert.match(text, /^HTTP\/1.1 200 OK\r\n/);
  const close = (): void => connection.close();
  const half = async (): Promise<void> => {
    await connection.closeWrite();
    assert.ok(await isEnded(connection));
    close();
  };
  return { next, half, close };
}
