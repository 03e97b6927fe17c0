// Who may read the live page, what may it load, and what is open when it ends?
import assert from "node:assert/strict";
import { get } from "node:http";
import type { MemberSeen } from "../../lib/graph/topology.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { LiveView } from "../../lib/web/live_view.ts";
import { memberRows, type PageSource, pictureText, summaryOf } from "../../lib/web/page_data.ts";
import type { HttpListener } from "../../lib/ops/http_listener.ts";
import { startWebServer } from "../../lib/web/web_server.ts";

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly policy: string;
}

const requests: readonly {
  readonly it: string;
  readonly path: string;
  readonly host?: string;
  readonly method?: string;
  readonly status: number;
}[] = [
  { it: "the page", path: "/", status: 200 },
  { it: "its script", path: "/page.js", status: 200 },
  { it: "what that imports", path: "/figures.js", status: 200 },
  { it: "its style", path: "/page.css", status: 200 },
  { it: "the summary", path: "/api/summary", status: 200 },
  { it: "members", path: "/api/members?filter=x&standing=failing", status: 200 },
  { it: "the picture of a network", path: "/api/picture?network=west", status: 200 },
  { it: "a member that is none", path: "/api/member?namespace=a&name=b", status: 404 },
  { it: "a path that leaves the page", path: "/../etc/passwd", status: 404 },
  { it: "as kubectl port-forward asks", path: "/", host: "localhost:4711", status: 200 },
  { it: "by an IPv6 address", path: "/", host: "[::1]:9091", status: 200 },
  { it: "under a name that was led here", path: "/api/summary", host: "evil.example:9091", status: 421 },
  { it: "under a name that begins like ours", path: "/", host: "localhost.evil.example", status: 421 },
  { it: "a Host that is none", path: "/", host: "a b", status: 400 },
  { it: "writing", path: "/api/summary", method: "POST", status: 405 },
];

for (const { it, path, host, method, status } of requests) {
  Deno.test(`the page's server: ${it}: ${status}`, async () => {
    const { server } = serve();
    try {
      const answer = await ask(server, {
        path,
        ...host === undefined ? {} : { host },
        method: method ?? "GET",
      });
      assert.equal(answer.status, status, answer.text);
      if (status === 200) assert.match(answer.policy, /default-src 'none'; script-src 'self'/);
    } finally {
      await server.close();
    }
  });
}

Deno.test("changes: each page is told, 32 can follow, closing ends them", async () => {
  const { server, view } = serve();
  const url = `http://${server.address}/api/changes`;
  const first = await fetch(url);
  const events = first.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await events?.read())?.value, "retry: 1000\ndata: 0\n\n");
  view.touch();
  view.touch();
  assert.equal((await events?.read())?.value, "data: 2\n\n", "many changes are one event");
  const others = await Promise.all(Array.from({ length: 31 }, () => fetch(url)));
  assert.deepEqual(new Set(others.map(({ status }) => status)), new Set([200]));
  const late = await fetch(url);
  assert.equal(late.status, 503);
  await late.body?.cancel();
  view.close();
  await server.close();
  assert.equal((await events?.read())?.done, true);
  for (const other of others) await other.body?.cancel();
});

Deno.test("ten thousand members: a summary, the first 300 rows with those that fail in front, no picture too large to read", () => {
  const members = Array.from({ length: 10_000 }, (_, index) => member(index));
  const source = { ...sourceOf(new LiveView({ clock: systemClock })), members: () => members };
  assert.deepEqual(summaryOf(source).standings, { ready: 9_999, waiting: 0, failing: 1 });
  const { total, rows } = memberRows(source, { filter: "", standing: "" });
  assert.deepEqual([total, rows.length, rows[0]?.name], [10_000, 300, "m7777"]);
  assert.deepEqual(memberRows(source, { filter: "M123 n123", standing: "" }).rows.map(({ name }) => name), [
    "m123",
  ]);
  assert.equal(Object.keys(pictureText(source, [])).join(), "instead");
});

function member(index: number): MemberSeen & { readonly uid: string } {
  const failing = index === 7_777;
  return {
    uid: String(index),
    namespace: "default",
    name: `m${index}`,
    node: `n${index % 1_000}`,
    standing: failing ? "failing" : "ready",
    reasons: failing ? ["no"] : [],
    networks: [],
    missing: [],
  };
}

function sourceOf(view: LiveView): PageSource {
  return {
    version: "1",
    view,
    synced: () => true,
    leadership: () => ({ leading: true }),
    members: () => [],
    detail: () => undefined,
    probes: () => [],
  };
}

function serve(): { readonly server: HttpListener; readonly view: LiveView } {
  const view = new LiveView({ clock: systemClock });
  const server = startWebServer({
    address: { kind: "listen", hostname: "127.0.0.1", port: 0 },
    clock: systemClock,
    source: sourceOf(view),
    onError: (message) => assert.fail(message),
  });
  return { server, view };
}

/** Not by fetch, which does not let Host be said. */
function ask(
  server: HttpListener,
  { path, host, method }: { readonly path: string; readonly host?: string; readonly method: string },
): Promise<Answer> {
  const [hostname, port] = server.address.split(":");
  return new Promise((resolve, reject) => {
    const headers = { connection: "close", ...host === undefined ? {} : { host } };
    const request = get({ hostname, port, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => text += chunk);
      const policy = String(response.headers["content-security-policy"] ?? "");
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text, policy }));
    });
    request.on("error", reject);
  });
}
