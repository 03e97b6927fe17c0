// Does a request end in time, with the right answer or the right error, whatever the server does?
import assert from "node:assert/strict";
import { connect, createServer, type Server } from "node:net";
import { ApiError, type ApiFailure } from "../../../lib/kube/api/client.ts";
import type { Credentials } from "../../../lib/kube/config/connection.ts";
import { createApiClient } from "../../../lib/kube/api/http.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import { fakeClock, until } from "../../time/fake_clock.ts";
import { Wire } from "../../sandbox/faults/wire.ts";
import { makeAuthority } from "./certificates.ts";
import { type Answer, connectionTo, startStub, statusAnswer } from "./stub_server.ts";

const list = { method: "GET", path: "/api/v1/pods", purpose: "list pods", deadline: 10_000 } as const;

async function failureOf(work: Promise<unknown>): Promise<ApiFailure> {
  const error = await work.then(() => undefined, (thrown: unknown) => thrown);
  assert.ok(error instanceof ApiError, `not an ApiError: ${error}`);
  assert.match(error.message, /^Cannot list pods: the API server /);
  return error.failure;
}

const failures: readonly { readonly it: string; readonly answer: Answer; readonly failure: ApiFailure }[] = [
  {
    it: "an error with a Status and a time to wait",
    answer: () =>
      statusAnswer({ code: 429, reason: "TooManyRequests", message: "slow down" }, { "retry-after": "2" }),
    failure: {
      kind: "status",
      status: 429,
      reason: "TooManyRequests",
      message: "slow down",
      retryAfter: 2000,
    },
  },
  {
    it: "no JSON",
    answer: () => new Response("<html>"),
    failure: { kind: "malformed", reason: `the answer is not JSON: "<html>"` },
  },
  {
    it: "an answer over the cap",
    answer: () => new Response(" ".repeat(2000)),
    failure: { kind: "malformed", reason: "more than 1000 bytes" },
  },
];

for (const { it, answer, failure } of failures) {
  Deno.test(`http: ${it}`, async () => {
    await using server = startStub(answer);
    const client = createApiClient(connectionTo(server.url), { clock: fakeClock(), bodyLimit: 1000 });
    assert.deepEqual(await failureOf(client.json(list)), failure);
    client.close();
  });
}

Deno.test("http: a redirect is not followed: credentials stay where they belong", async () => {
  await using elsewhere = startStub(() => Response.json({}));
  await using server = startStub(() => Response.redirect(elsewhere.url));
  const client = createApiClient(connectionTo(server.url), { clock: fakeClock() });
  assert.equal((await failureOf(client.json(list))).kind, "unreachable");
  assert.deepEqual(elsewhere.requests, []);
  client.close();
});

Deno.test("http: twenty requests in a row use one connection", async () => {
  let connections = 0;
  const server = await rawServer((socket) => {
    connections += 1;
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
  });
  const client = createApiClient(connectionTo(server.url), { clock: fakeClock() });
  for (let count = 0; count < 20; count++) await client.json(list);
  assert.equal(connections, 1);
  client.close();
  await server.stop();
});

Deno.test("http: a server that accepts and says nothing ends at the deadline", async () => {
  const clock = fakeClock();
  const server = await rawServer(() => {});
  const client = createApiClient(connectionTo(server.url), { clock });
  const failed = failureOf(client.json(list));
  await until(() => server.connections() > 0, { what: "the request" });
  await clock.advance(10_000);
  assert.deepEqual(await failed, { kind: "unreachable", reason: "no whole answer within 10000 ms" });
  assert.deepEqual(clock.waiting(), []);
  client.close();
  await server.stop();
});

Deno.test("http: a connection that falls silent while a request is worked on: deadline and abort count", async () => {
  const clock = fakeClock();
  let held = Promise.resolve();
  await using server = startStub(async () => {
    await held;
    return Response.json({});
  });
  const wire = new Wire(Number(new URL(server.url).port));
  const client = createApiClient(connectionTo(`http://127.0.0.1:${wire.port}`), { clock });
  const abort = new AbortController();
  const rows = [
    { end: () => clock.advance(10_000), reason: "no whole answer within 10000 ms" },
    { end: () => Promise.resolve(abort.abort()), reason: "the request was aborted" },
  ];
  for (const { end, reason } of rows) {
    await client.json(list);
    const before = server.requests.length;
    const working = Promise.withResolvers<void>();
    held = working.promise;
    const failed = failureOf(client.json({ ...list, signal: abort.signal }));
    await until(() => server.requests.length > before, { what: "the request" });
    // Not even the end of a connection is answered now: as where a process was stopped, or the way to it is gone.
    const thaw = wire.freeze();
    await end();
    assert.deepEqual(await failed, { kind: "unreachable", reason });
    thaw();
    working.resolve();
  }
  client.close();
  await wire.close();
});

Deno.test("http: a body that stalls ends at the deadline too", async () => {
  const clock = fakeClock();
  const server = await rawServer((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"));
  const client = createApiClient(connectionTo(server.url), { clock });
  const failed = failureOf(client.json(list));
  await until(() => server.connections() > 0, { what: "the request" });
  await clock.advance(10_000);
  assert.equal((await failed).kind, "unreachable");
  client.close();
  await server.stop();
});

const broken = [
  { it: "closed at once", bytes: "" },
  { it: "closed in the headers", bytes: "HTTP/1.1 200 OK\r\ncontent-le" },
  { it: "closed in the body", bytes: "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{" },
  { it: "no HTTP", bytes: "\u0000\u0001nonsense\r\n\r\n" },
];

for (const { it, bytes } of broken) {
  Deno.test(`http: an answer ${it} is unreachable, with a reason`, async () => {
    const server = await rawServer((socket) => socket.once("data", () => socket.end(bytes)));
    const client = createApiClient(connectionTo(server.url), { clock: fakeClock() });
    const failure = await failureOf(client.json(list));
    assert.ok(failure.kind === "unreachable" && failure.reason !== "", JSON.stringify(failure));
    client.close();
    await server.stop();
  });
}

Deno.test("http: an aborted request fails at once; a closed client takes no more", async () => {
  const server = await rawServer(() => {});
  const client = createApiClient(connectionTo(server.url), { clock: fakeClock() });
  const abort = new AbortController();
  const aborted = failureOf(client.json({ ...list, signal: abort.signal }));
  const open = failureOf(client.json(list));
  abort.abort();
  assert.deepEqual(await aborted, { kind: "unreachable", reason: "the request was aborted" });
  client.close();
  assert.deepEqual(await open, { kind: "unreachable", reason: "the client is closed" });
  assert.deepEqual(await failureOf(client.json(list)), {
    kind: "unreachable",
    reason: "the client is closed",
  });
  await server.stop();
});

Deno.test("http: credentials that cannot be had fail the request, not the program", async () => {
  const connection = connectionTo("http://127.0.0.1:9", () => {
    throw new Error("token file gone");
  });
  const client = createApiClient(connection, { clock: fakeClock() });
  assert.deepEqual(await failureOf(client.json(list)), { kind: "unreachable", reason: "token file gone" });
  client.close();
});

Deno.test("http: a 401 reads the credentials again and tries once more", async () => {
  const answer: Answer = (request) =>
    request.headers.get("authorization") === "Bearer new"
      ? Response.json({ fine: true })
      : statusAnswer({ code: 401 });
  await using server = startStub(answer);
  const forced: boolean[] = [];
  const connection = connectionTo(server.url, (options) => {
    forced.push(options?.force ?? false);
    return { authorization: options?.force ? "Bearer new" : "Bearer old" };
  });
  const client = createApiClient(connection, { clock: fakeClock() });
  assert.deepEqual(await client.json(list), { fine: true });
  assert.deepEqual(forced, [false, true]);
  client.close();
});

Deno.test("http: a 401 with credentials that have not changed is not tried again", async () => {
  await using server = startStub(() => statusAnswer({ code: 401, reason: "Unauthorized", message: "no" }));
  const client = createApiClient(connectionTo(server.url), { clock: fakeClock() });
  const failure = await failureOf(client.json(list));
  assert.ok(failure.kind === "status" && failure.status === 401);
  assert.equal(server.requests.length, 1);
  client.close();
});

Deno.test("http: the observer sees each request with its resource and bytes", async () => {
  await using server = startStub((request) =>
    request.method === "GET" ? Response.json({}) : statusAnswer({ code: 500 })
  );
  const seen: string[] = [];
  const client = createApiClient(connectionTo(server.url), {
    clock: fakeClock(),
    observe: ({ method, resource, status, bytes }) => seen.push(`${method} ${resource} ${status} ${bytes}`),
  });
  await client.json(list);
  await failureOf(client.json({ ...list, method: "POST", body: {} }));
  assert.deepEqual(seen, ["GET pods 200 2", "POST pods 500 0"]);
  client.close();
});

Deno.test("tls: a server is trusted by its CA only; a new CA is taken up without a restart", async () => {
  const [old, young] = await Promise.all([makeAuthority("old"), makeAuthority("young")]);
  const [first, second, user] = await Promise.all([old.issue("a"), young.issue("b"), old.issue("user")]);
  let credentials: Credentials = { ca: old.ca, ...user };
  const answer: Answer = () => Response.json({ fine: true });
  await using before = startStub(answer, { tls: first });
  await using server = startStub(answer, { tls: second });
  // A load balancer before both: a port that the first gives back the second may not get at once.
  let served = before;
  const balancer = await rawServer((socket) => {
    const upstream = connect(Number(new URL(served.url).port), "127.0.0.1");
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  const url = balancer.url.replace("http:", "https:");
  const client = createApiClient(connectionTo(url, () => credentials), { clock: systemClock });
  assert.deepEqual(await client.json(list), { fine: true });
  served = server;
  balancer.cut();
  const failure = await failureOf(client.json(list));
  assert.ok(failure.kind === "unreachable" && /certificate/.test(failure.reason), JSON.stringify(failure));
  assert.deepEqual(server.requests, []);
  credentials = { ca: young.ca, ...user };
  assert.deepEqual(await client.json(list), { fine: true });
  client.close();
  await balancer.stop();
});

Deno.test("tls: a certificate that is none is said to be one", async () => {
  const connection = connectionTo("https://127.0.0.1:9", () => ({ cert: "junk", key: "junk" }));
  const client = createApiClient(connection, { clock: fakeClock() });
  const failure = await failureOf(client.json(list));
  assert.ok(failure.kind === "unreachable" && /client certificate or its key/.test(failure.reason));
  client.close();
});

/** A server below HTTP. */
async function rawServer(
  serve: (socket: import("node:net").Socket) => void,
): Promise<{
  readonly url: string;
  readonly connections: () => number;
  /** Ends the connections that there are. */
  readonly cut: () => void;
  readonly stop: () => Promise<void>;
}> {
  const sockets = new Set<import("node:net").Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address && typeof address === "object");
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    connections: () => sockets.size,
    cut,
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
