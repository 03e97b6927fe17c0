// Do probes and Prometheus get their answers, and does the server end when it is told to?
import assert from "node:assert/strict";
import { systemClock } from "../../lib/time/clock.ts";
import type { Health } from "../../lib/ops/health.ts";
import { readHttpAddress } from "../../lib/ops/http_address.ts";
import { HttpServerError } from "../../lib/ops/http_listener.ts";
import { type HttpServer, startHttpServer } from "../../lib/ops/http_server.ts";

interface Setup {
  readonly ready?: Health;
  readonly render?: () => Promise<string>;
  readonly errors?: string[];
  readonly port?: number;
}

function start({ ready = { ok: true }, render, errors = [], port = 0 }: Setup = {}): HttpServer {
  return startHttpServer({
    address: { kind: "listen", hostname: "127.0.0.1", port },
    clock: systemClock,
    healthz: [{ name: "event-loop", check: () => ({ ok: true }) }],
    readyz: [{ name: "pods", check: () => ready }],
    metrics: {
      render: render ?? (() => Promise.resolve("up 1\n")),
      contentType: "text/plain; version=0.0.4",
    },
    pages: new Map([["/more", (query) => ({ status: 200, body: `more of ${query.get("of")}` })]]),
    onError: (message) => errors.push(message),
  });
}

async function ask(
  server: HttpServer,
  path: string,
  method = "GET",
): Promise<{ status: number; body: string; headers: Headers }> {
  const response = await fetch(`http://${server.address}${path}`, { method });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

const rows: readonly {
  readonly it: string;
  readonly path: string;
  readonly method?: string;
  readonly setup?: Setup;
  readonly status: number;
  readonly body: string;
}[] = [
  { it: "healthz", path: "/healthz", status: 200, body: "[+]event-loop ok\nhealthz check passed\n" },
  {
    it: "healthz, verbose",
    path: "/healthz?verbose",
    status: 200,
    body: "[+]event-loop ok\nhealthz check passed\n",
  },
  { it: "another page", path: "/more?of=that", status: 200, body: "more of that" },
  { it: "readyz when ready", path: "/readyz", status: 200, body: "[+]pods ok\nreadyz check passed\n" },
  {
    it: "readyz when not ready",
    path: "/readyz",
    setup: { ready: { ok: false, reason: "not read yet" } },
    status: 503,
    body: "[-]pods failed: not read yet\nreadyz check failed\n",
  },
  {
    it: "healthz when not ready: an outage must not restart the pod",
    path: "/healthz",
    setup: { ready: { ok: false, reason: "the API server does not answer" } },
    status: 200,
    body: "[+]event-loop ok\nhealthz check passed\n",
  },
  { it: "metrics", path: "/metrics", status: 200, body: "up 1\n" },
  { it: "HEAD without a body", path: "/metrics", method: "HEAD", status: 200, body: "" },
  {
    it: "an unknown path",
    path: "/debug",
    status: 404,
    body: "Not found. There are: /healthz, /readyz, /metrics, /more\n",
  },
  { it: "POST", path: "/metrics", method: "POST", status: 405, body: "Only GET and HEAD are answered.\n" },
];
for (const { it, path, method, setup, status, body } of rows) {
  Deno.test(`the server answers ${it}`, async () => {
    const server = start(setup);
    try {
      const answer = await ask(server, path, method);
      assert.deepEqual({ status: answer.status, body: answer.body }, { status, body });
    } finally {
      await server.close();
    }
  });
}

Deno.test("metrics carry the content type of the format", async () => {
  const server = start();
  const { headers } = await ask(server, "/metrics");
  assert.equal(headers.get("content-type"), "text/plain; version=0.0.4");
  await server.close();
});

Deno.test("a failure is an answer and a log line, and the server goes on", async () => {
  const errors: string[] = [];
  const server = start({ render: () => Promise.reject(new Error("no registry")), errors });
  assert.equal((await ask(server, "/metrics")).status, 500);
  assert.deepEqual(errors, ["Cannot answer GET /metrics: Error: no registry"]);
  assert.equal((await ask(server, "/healthz")).status, 200);
  await server.close();
});

Deno.test("metrics asked for many times at once are made once", async () => {
  let made = 0;
  const arrived = Promise.withResolvers<void>();
  const server = start({
    render: async () => {
      made++;
      await arrived.promise;
      return "up 1\n";
    },
  });
  const answers = Array.from({ length: 20 }, () => ask(server, "/metrics"));
  await ask(server, "/healthz");
  arrived.resolve();
  for (const { body } of await Promise.all(answers)) assert.equal(body, "up 1\n");
  assert.ok(made < 20, `made ${made} times`);
  await server.close();
});

Deno.test("closing does not wait for clients that never finish their request", async () => {
  const server = start();
  const [hostname = "", port] = (server.address ?? "").split(":");
  const idle = await Deno.connect({ hostname, port: Number(port) });
  await idle.write(new TextEncoder().encode("GET /healthz HTTP/1.1\r\nhost:"));
  await ask(server, "/healthz");
  await Promise.all([server.close(), server.close()]);
  await assert.rejects(fetch(`http://${server.address}/healthz`));
  idle.close();
});

Deno.test("closing cuts off an answer that does not come to an end", async () => {
  const asked = Promise.withResolvers<void>();
  const server = start({
    render: () => {
      asked.resolve();
      return new Promise<string>(() => {});
    },
  });
  const cut = assert.rejects(ask(server, "/metrics"));
  await asked.promise;
  await server.close();
  await cut;
});

Deno.test("without a hostname both address families are answered", async () => {
  const server = startHttpServer({
    address: { kind: "listen", port: 0 },
    clock: systemClock,
    healthz: [],
    readyz: [],
    metrics: { render: () => Promise.resolve(""), contentType: "text/plain" },
    onError: () => {},
  });
  const port = (server.address ?? "").split(":").at(-1);
  const response = await fetch(`http://127.0.0.1:${port}/healthz`);
  assert.equal(await response.text(), "healthz check passed\n");
  await server.close();
});

Deno.test("a port that is taken is an error with a remedy", async () => {
  const first = start();
  const port = Number((first.address ?? "").split(":").at(-1));
  assert.throws(() => start({ port }), (error) => {
    assert.ok(error instanceof HttpServerError);
    assert.match(
      error.message,
      /^Cannot listen on 127\.0\.0\.1:\d+: .+\. Choose another --http-address, or off\.$/,
    );
    return true;
  });
  await first.close();
});

Deno.test("off is a server that nobody reaches", async () => {
  const server = startHttpServer({
    address: { kind: "off" },
    clock: systemClock,
    healthz: [],
    readyz: [],
    metrics: { render: () => Promise.resolve(""), contentType: "text/plain" },
    onError: () => {},
  });
  assert.equal(server.address, undefined);
  await server.close();
});

const addresses: readonly { readonly text: string; readonly reads: unknown }[] = [
  { text: "off", reads: { kind: "off" } },
  { text: ":9090", reads: { kind: "listen", port: 9090 } },
  { text: "0.0.0.0:9090", reads: { kind: "listen", hostname: "0.0.0.0", port: 9090 } },
  { text: "[::1]:80", reads: { kind: "listen", hostname: "::1", port: 80 } },
  { text: "localhost:0", reads: { kind: "listen", hostname: "localhost", port: 0 } },
  { text: "9090", reads: undefined },
  { text: ":65536", reads: undefined },
  { text: "http://a:1", reads: undefined },
  { text: "::1:80", reads: undefined },
  { text: "", reads: undefined },
];
for (const { text, reads } of addresses) {
  Deno.test(`the address "${text}" is ${reads === undefined ? "refused with examples" : "read"}`, () => {
    const read = readHttpAddress(text);
    if (reads !== undefined) return assert.deepEqual(read, { address: reads });
    assert.ok("expected" in read && read.expected.includes(":9090"));
  });
}
