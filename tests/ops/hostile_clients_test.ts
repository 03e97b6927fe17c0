// Do probes get their answers beside clients that connect and say nothing, or nonsense, or too much?
import assert from "node:assert/strict";
import { type HttpServer, startHttpServer } from "../../lib/ops/http_server.ts";
import { mostConnections } from "../../lib/ops/http_connections.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { fakeClock } from "../time/fake_clock.ts";
import { connectTo, isEnded, say } from "./raw_client.ts";

function start(clock = systemClock): { readonly server: HttpServer; readonly errors: string[] } {
  const errors: string[] = [];
  const server = startHttpServer({
    address: { kind: "listen", hostname: "127.0.0.1", port: 0 },
    clock,
    healthz: [],
    readyz: [],
    metrics: { render: () => Promise.resolve("up 1\n"), contentType: "text/plain" },
    onError: (message) => errors.push(message),
  });
  return { server, errors };
}

async function isWell(server: HttpServer): Promise<void> {
  const response = await fetch(`http://${server.address}/healthz`);
  assert.equal(await response.text(), "healthz check passed\n");
}

const rows: readonly { readonly it: string; readonly text: string; readonly begins: string }[] = [
  {
    it: "a Host that is none",
    text: "GET /healthz HTTP/1.1\r\nHost: [a b]:x\r\n\r\n",
    begins: "HTTP/1.1 200 OK\r\n",
  },
  { it: "two Hosts", text: "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", begins: "HTTP/1.1 200 " },
  { it: "no Host, HTTP/1.0", text: "GET /healthz HTTP/1.0\r\n\r\n", begins: "HTTP/1.1 200 " },
  { it: "bare line ends", text: "GET /healthz HTTP/1.1\nhost: a\n\n", begins: "HTTP/1.1 200 " },
  { it: "a proxy's form", text: "GET http://[x/healthz HTTP/1.1\r\n\r\n", begins: "HTTP/1.1 200 " },
  { it: "another protocol", text: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", begins: "HTTP/1.1 400 " },
  { it: "a greeting of TLS", text: "\x16\x03\x01\x02\r\n\r\n", begins: "HTTP/1.1 400 " },
  { it: "headers without end", text: `GET / HTTP/1.1\r\na: ${"b".repeat(100_000)}`, begins: "HTTP/1.1 431 " },
  { it: "a path with a stranger's text", text: "GET /\x1b[31m HTTP/1.1\r\n\r\n", begins: "HTTP/1.1 404 " },
  {
    it: "another behind it, unasked",
    text: "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\nGET /metrics HTTP/1.1\r\nhost: a\r\n\r\n",
    begins: "HTTP/1.1 200 ",
  },
  {
    it: "a body in chunks without end",
    text: `GET /healthz HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n${"5\r\nhello\r\n".repeat(1_000)}`,
    begins: "HTTP/1.1 200 ",
  },
  {
    it: "a body that nobody reads",
    text: `POST /metrics HTTP/1.1\r\ncontent-length: 50000\r\n\r\n${"x".repeat(50_000)}`,
    begins: "HTTP/1.1 405 ",
  },
];

for (const { it, text, begins } of rows) {
  Deno.test(`a request with ${it}: ${begins.slice(9, 12)}, and nothing is said of it`, async () => {
    const { server, errors } = start();
    const answer = await say(server, text);
    assert.ok(answer.startsWith(begins), answer.slice(0, 200));
    await isWell(server);
    assert.deepEqual(errors, []);
    await server.close();
  });
}

Deno.test("beside ten times as many silent connections as are kept, each probe is answered", async () => {
  const { server, errors } = start();
  const silent: Deno.TcpConn[] = [];
  for (let n = 0; n < 10 * mostConnections; n++) {
    const connection = await connectTo(server);
    silent.push(connection);
    if (n % 2 === 0) {
      await connection.write(new TextEncoder().encode("GET /healthz HTTP/1.1\r\n")).catch(() => {});
    }
    if (n % 32 === 0) await isWell(server);
  }
  // All but the youngest have been hung up on.
  for (const connection of silent.slice(0, -mostConnections)) {
    assert.equal(await connection.read(new Uint8Array(1)).catch(() => null), null);
  }
  await isWell(server);
  for (const connection of silent) connection.close();
  assert.deepEqual(errors, []);
  await server.close();
});

Deno.test("beside a crowd of those who ask and never read or go, each probe is answered", async () => {
  const { server, errors } = start();
  const slow: Deno.TcpConn[] = [];
  for (let n = 0; n < 3 * mostConnections; n++) {
    const connection = await connectTo(server);
    slow.push(connection);
    const path = n % 2 === 0 ? "/healthz" : "/metrics";
    await connection.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\n\r\n`)).catch(() => {});
    // Its request is whole and read.
    await connection.read(new Uint8Array(1)).catch(() => null);
    if (n % 16 === 0 || n > 2 * mostConnections) await isWell(server);
  }
  for (const connection of slow.slice(0, mostConnections)) assert.ok(await isEnded(connection));
  for (const connection of slow) connection.close();
  assert.deepEqual(errors, []);
  await server.close();
});

Deno.test("a crowd that comes all at once takes no more descriptors than there are connections", async () => {
  const child = new Deno.Command("sh", {
    args: ["-c", 'ulimit -n 128; exec "$0" run -A --quiet "$1"', Deno.execPath(), crowdedServer],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const address = ((await output.read()).value ?? "").trim();
  const crowd: Deno.TcpConn[] = [];
  for (let n = 0; n < 1_000; n++) {
    const connection = await connectTo({ address });
    crowd.push(connection);
    await connection.write(new TextEncoder().encode("GET /healthz HTTP/1.1\r\n")).catch(() => {});
    if (n % 100 === 99) await isWell({ address, close: () => Promise.resolve() });
  }
  for (const connection of crowd) connection.close();
  await child.stdin.close();
  assert.equal((await output.read()).value, undefined, "it has complained of nothing");
  assert.equal((await child.status).code, 0);
  await child.stderr.cancel();
});

Deno.test("a connection without a whole request ends when its time is up", async () => {
  const clock = fakeClock();
  const { server } = start(clock);
  const connection = await connectTo(server);
  await connection.write(new TextEncoder().encode("GET /healthz HTTP/1.1\r\n"));
  while (clock.waiting().length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const ended = connection.read(new Uint8Array(1)).catch(() => null);
  await clock.advance(5_000);
  assert.equal(await ended, null);
  connection.close();
  const closed = server.close();
  await clock.advance(1_000);
  await closed;
});

Deno.test("without free descriptors it says so once, and takes connections again when there are some", async () => {
  const child = new Deno.Command("sh", {
    args: ["-c", 'ulimit -n 48; exec "$0" run -A --quiet "$1"', Deno.execPath(), descriptorStory],
    stdout: "piped",
    stderr: "piped",
  });
  const { stdout, stderr, code } = await child.output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, text + new TextDecoder().decode(stderr));
  assert.match(
    text,
    /^Cannot take connections on .*: .*(descriptor|open files).*; goes on trying\nwell again\n$/i,
  );
});

const descriptorStory = new URL("./few_descriptors.ts", import.meta.url).pathname;
const crowdedServer = new URL("./crowded_server.ts", import.meta.url).pathname;
