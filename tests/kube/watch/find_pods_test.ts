// What has become of many pods at once: how many requests does that take, and what is said when some of them fail?
import assert from "node:assert/strict";
import { findPods, type Found, type SoughtPod } from "../../../lib/kube/watch/find_pods.ts";
import { InProcessApi } from "../../sandbox/api/in_process.ts";
import { pods } from "../../sandbox/api/resources.ts";
import { label, memberPod } from "../../member/member_pod.ts";
import { fakeClock } from "../../time/fake_clock.ts";
import { field, textField } from "../../sandbox/store/kube_object.ts";

function sought(count: number, given: Partial<SoughtPod> = {}): ReadonlyMap<string, SoughtPod> {
  const all = Array.from({ length: count }, (_, i) => ({
    ...{ uid: `uid-p${i}`, namespace: "default", name: `p${i}` },
    ...given,
  }));
  return new Map(all.map((one) => [one.uid, one]));
}

/** A pod that lives; without the label unless that is given. */
function put(
  api: InProcessApi,
  given: Partial<SoughtPod> & { readonly name: string; readonly labels?: Readonly<Record<string, string>> },
): void {
  const { name, namespace = "default", uid = `uid-${name}`, labels = {} } = given;
  const pod = memberPod({ name, namespace, uid });
  api.put(pods, { ...pod, metadata: { ...pod.metadata, labels } });
}

async function find(
  api: InProcessApi,
  asked: {
    readonly sought: ReadonlyMap<string, SoughtPod>;
    readonly namespaces?: readonly string[];
    readonly read?: (pod: unknown) => string;
  },
): Promise<Found<string>> {
  return await findPods(api.client, {
    namespaces: [],
    labelSelector: `${label}=true`,
    read: (pod) => textField(field(pod, "metadata"), "name"),
    signal: new AbortController().signal,
    ...asked,
  });
}

/** "lives: 3, gone: 7", of those of whom something is known. */
function sum({ known }: Found<string>): string {
  const kinds = Map.groupBy(known.values(), ({ kind }) => kind);
  return [...kinds].map(([kind, all]) => `${kind}: ${all.length}`).sort().join(", ");
}

const labels = { [label]: "true" };

interface Row {
  readonly what: string;
  /** How many are sought: p0, p1, … */
  readonly count: number;
  /** How many of them, from the first on, live without their label. */
  readonly living?: number;
  /** Pods that nobody seeks. */
  readonly others?: number;
  /** In so many namespaces: the sought, and the others. */
  readonly spread?: number;
  readonly watched?: readonly string[];
  readonly becomes: string;
  readonly gets: number;
  readonly lists: number;
}

const rows: readonly Row[] = [
  { what: "a few that are gone", count: 50, becomes: "gone: 50", gets: 50, lists: 0 },
  {
    what: "a few, one of which lives",
    count: 20,
    living: 1,
    becomes: "gone: 19, lives: 1",
    gets: 20,
    lists: 1,
  },
  { what: "more than a few", count: 51, others: 10, becomes: "gone: 51", gets: 0, lists: 1 },
  { what: "a thousand among 1,200", count: 1_000, others: 1_200, becomes: "gone: 1000", gets: 0, lists: 3 },
  { what: "two thousand among 1,200", count: 2_000, others: 1_200, becomes: "gone: 2000", gets: 0, lists: 3 },
  { what: "30,000 among 1,200", count: 30_000, others: 1_200, becomes: "gone: 30000", gets: 0, lists: 3 },
  { what: "a thousand among 2,400", count: 1_000, others: 2_400, becomes: "gone: 1000", gets: 0, lists: 5 },
  {
    what: "a thousand, three of which live",
    count: 1_000,
    living: 3,
    others: 100,
    becomes: "gone: 997, lives: 3",
    gets: 3,
    lists: 4,
  },
  {
    what: "a thousand who all live: their metadata, themselves, and those with the label",
    count: 1_000,
    living: 1_000,
    becomes: "lives: 1000",
    gets: 0,
    lists: 2 + 2 + 1,
  },
  {
    what: "two thousand who all live",
    count: 2_000,
    living: 2_000,
    becomes: "lives: 2000",
    gets: 0,
    lists: 4 + 4 + 1,
  },
  {
    what: "in three namespaces of four: those alone are listed",
    count: 90,
    spread: 3,
    watched: ["n0", "n1", "n2", "n3"],
    becomes: "gone: 90",
    gets: 0,
    lists: 3,
  },
  {
    what: "in thirty namespaces: all are listed at once",
    count: 90,
    spread: 30,
    others: 600,
    becomes: "gone: 90",
    gets: 0,
    lists: 2,
  },
];

for (const row of rows) {
  Deno.test(`find pods: ${row.what}: ${row.gets} by name, ${row.lists} pages`, async () => {
    const api = new InProcessApi(fakeClock());
    const where = (at: number): { readonly namespace?: string } =>
      row.spread === undefined ? {} : { namespace: `n${at % row.spread}` };
    for (let i = 0; i < (row.others ?? 0); i++) put(api, { name: `x${i}`, ...where(i) });
    for (let i = 0; i < (row.living ?? 0); i++) put(api, { name: `p${i}`, ...where(i) });
    const pods = [...sought(row.count).values()].map((one, at) => ({ ...one, ...where(at) }));
    const found = await find(api, {
      sought: new Map(pods.map((one) => [one.uid, one])),
      ...(row.watched && { namespaces: row.watched }),
    });
    assert.equal(found.failure, undefined);
    assert.equal(sum(found), row.becomes);
    assert.deepEqual([api.count("GET"), api.count("LIST")], [row.gets, row.lists]);
    assert.ok(api.most <= 8, `${api.most} requests at the same time`);
  });
}

for (const count of [3, 300]) {
  Deno.test(`find pods: of ${count}, another one has the name, one has its label again, one is being deleted`, async () => {
    const api = new InProcessApi(fakeClock());
    put(api, { name: "p0", uid: "another" });
    put(api, { name: "p1", labels });
    api.put(pods, memberPod({ name: "p2", uid: "uid-p2", deletedWithGrace: 30 }));
    for (let i = 3; i < count; i++) put(api, { name: `p${i}` });
    const { known, failure } = await find(api, { sought: sought(count) });
    assert.equal(failure, undefined);
    const kinds = ["p0", "p1", "p2"].map((name) => known.get(`uid-${name}`)?.kind);
    assert.deepEqual(kinds, ["gone", "passed", "gone"]);
    assert.equal([...known.values()].filter(({ kind }) => kind === "lives").length, count - 3);
  });

  Deno.test(`find pods: one of ${count} cannot be read: nothing follows from that, for it and for the others`, async () => {
    const api = new InProcessApi(fakeClock());
    for (let i = 0; i < count; i++) put(api, { name: `p${i}` });
    const read = (pod: unknown): string => {
      const name = textField(field(pod, "metadata"), "name");
      if (name === "p1") throw new Error("65 containers");
      return name;
    };
    assert.equal(sum(await find(api, { sought: sought(count), read })), `lives: ${count - 1}, passed: 1`);
  });
}

/** What befalls which request (1, 2, … of its kind), and of how many something is known all the same. */
const faults: readonly {
  readonly what: string;
  readonly count: number;
  readonly on: "get" | "list";
  readonly nth: number;
  readonly status: number;
  readonly becomes: string;
}[] = [
  ...[403, 410, 429, 500, 503, 0].map((status) => ({
    ...{ what: `the first page is answered with ${status}`, count: 1_000, on: "list" as const, nth: 1 },
    ...{ status, becomes: "" },
  })),
  { what: "cut on the second page", count: 1_000, on: "list", nth: 2, status: 0, becomes: "" },
  {
    what: "cut when those who live are read: the others are known",
    ...{ count: 1_000, on: "list", nth: 4, status: 0, becomes: "gone: 400" },
  },
  {
    what: "cut when it is asked who has the label",
    ...{ count: 1_000, on: "list", nth: 5, status: 503, becomes: "gone: 400" },
  },
  { what: "one of a few", count: 20, on: "get", nth: 3, status: 403, becomes: "lives: 19" },
  {
    what: "whether one of a few has its label",
    count: 20,
    on: "list",
    nth: 7,
    status: 429,
    becomes: "lives: 19",
  },
];

for (const { what, count, on, nth, status, becomes } of faults) {
  Deno.test(`find pods: ${what}: nothing is said of whom nothing is known`, async () => {
    const api = new InProcessApi(fakeClock());
    for (let i = 0; i < Math.min(count, 600); i++) put(api, { name: `p${i}` });
    let seen = 0;
    api.befall = ({ verb }) => verb === on && ++seen === nth ? { status } : undefined;
    const found = await find(api, { sought: sought(count) });
    assert.equal(sum(found), becomes);
    assert.ok(found.failure instanceof Error);
  });
}
