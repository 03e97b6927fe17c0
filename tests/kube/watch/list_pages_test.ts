// Is a list read whatever its objects weigh? Pods of 8.4 MB on a real connection: pages shrink, nobody is left out.
import assert from "node:assert/strict";
import { createApiClient } from "../../../lib/kube/api/http.ts";
import { listPages } from "../../../lib/kube/watch/list_pages.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import { connectionTo, startStub, type StubServer } from "../api/stub_server.ts";

/** A pod whose JSON is as long as this; the API server writes `<` as six characters. */
function podOf(name: string, length = 0): string {
  const metadata = { name, namespace: "ns", uid: `uid-${name}`, resourceVersion: "1" };
  const [before = "", after = ""] = JSON.stringify({ metadata, args: ["|"] }).split("|");
  return `${before}${"\\u003c".repeat(length / 6)}${after}`;
}

/** A collection in pages, as the API server makes them. */
function collection(pods: readonly string[]): StubServer {
  return startStub((request) => {
    const query = new URL(request.url).searchParams;
    const from = Number(query.get("continue") ?? "0");
    const to = from + Number(query.get("limit") ?? pods.length);
    const next = to < pods.length ? { continue: String(to) } : {};
    const metadata = JSON.stringify({ resourceVersion: "10", ...next });
    return new Response(
      `{"kind":"PodList","metadata":${metadata},"items":[${pods.slice(from, to).join(",")}]}`,
    );
  });
}

interface Read {
  readonly names: readonly string[];
  readonly long: readonly string[];
  readonly limits: readonly (string | null)[];
  readonly bytes: number;
}

async function listOf(pods: readonly string[]): Promise<Read> {
  await using server = collection(pods);
  const seen = { bytes: 0 };
  const client = createApiClient(connectionTo(server.url), {
    clock: systemClock,
    observe: ({ bytes }) => {
      seen.bytes += bytes;
    },
  });
  const names: string[] = [];
  const long = new Set<string>();
  const version = await listPages(client, {
    what: "pods",
    path: "/api/v1/pods",
    selectors: {},
    paged: true,
    signal: new AbortController().signal,
    read: (pod) => (pod as { readonly metadata: { readonly name: string } }).metadata.name,
    onItem: (name) => names.push(name),
    onLong: (head) => long.add(head.slice(0, 40)),
  });
  client.close();
  assert.equal(version, "10");
  const limits = server.requests.map((line) => new URLSearchParams(line.split("?")[1]).get("limit"));
  return { names, long: [...long], limits, bytes: seen.bytes };
}

Deno.test("list: nine pods of 8.3 MB among small ones: pages of half as many until they fit, and everybody is read", async () => {
  const small = Array.from({ length: 600 }, (_, index) => podOf(`small-${index}`, 600));
  const large = Array.from({ length: 9 }, (_, index) => podOf(`large-${index}`, 8_300_000));
  const pods = [...small.slice(0, 100), ...large, ...small.slice(100)];
  const { names, long, limits, bytes } = await listOf(pods);
  assert.equal(new Set(names).size, 609);
  assert.equal(names.length, 609, "nobody twice");
  assert.deepEqual(long, []);
  assert.deepEqual(limits.slice(0, 4), ["500", "250", "125", "62"]);
  assert.ok(limits.length < 40, `${limits.length} requests`);
  assert.ok(bytes > 9 * 8_300_000, "the bytes count");
});

Deno.test("list: a pod longer than can be read is said, and the others are there", async () => {
  const { names, long, limits } = await listOf([podOf("a"), podOf("huge", 9_000_000), podOf("b")]);
  assert.deepEqual(names, ["a", "b"]);
  assert.equal(long.length, 1);
  assert.match(long[0] ?? "", /"name":"huge"/);
  assert.deepEqual(limits, ["500"]);
});

Deno.test("list: one object longer than a whole answer may be is an error, not a circle", async () => {
  await assert.rejects(listOf([podOf("a"), podOf("endless", 72_000_000)]), /more than 67108864 bytes/);
});
