// Do list and status follow the cluster: rows appended as they change, gone ones too, in every format, until Ctrl-C?
import assert from "node:assert/strict";
import { listCommand } from "../../../lib/cli/show/list.ts";
import { RowChanges } from "../../../lib/cli/follow/row_changes.ts";
import type { ListRow } from "../../../lib/cli/show/print_list.ts";
import type { ListFormat } from "../../../lib/cli/show/view_options.ts";
import { statusCommand } from "../../../lib/cli/status/status.ts";
import { type CommandSpec, runProgram } from "../../../lib/cli/program.ts";
import { pods } from "../../sandbox/api/resources.ts";
import { field } from "../../sandbox/store/kube_object.ts";
import { waitFor } from "../../sandbox/tools/waiting.ts";
import { setStage, type Stage } from "../../stories/stage.ts";
import { testHost } from "../test_host.ts";

/** A command that goes on until `stop` is called. */
function following(
  command: CommandSpec,
  { stage, args }: { readonly stage: Stage; readonly args: readonly string[] },
): {
  readonly printed: string[];
  readonly complained: string[];
  readonly ended: Promise<number>;
  readonly stop: () => Promise<number>;
} {
  const stop = new AbortController();
  const { host, printed, complained } = testHost({ args: [...args, "--server", stage.sandbox.server.url] });
  const ended = runProgram([command], { ...host, stop: stop.signal });
  return {
    printed,
    complained,
    ended,
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}

async function until(seen: () => boolean, what: () => string): Promise<void> {
  await waitFor(seen, { what: "it is printed", state: what });
}

Deno.test("list pods -w: first all, then each change, and what is gone", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101" });
  stage.pod({ name: "a", networks: "west" });
  await stage.sandbox.waitForPod({ name: "a" }, {
    what: "has its pod IP",
    holds: (pod) => field(field(pod, "status"), "podIP") !== undefined,
  });
  const run = following(listCommand, { stage, args: ["list", "pods", "-w", "-n", "default"] });
  const rows = (): readonly string[] =>
    run.printed.map((line) => {
      const [, pod, , networks, ready, reason] = line.split(/ {2,}/);
      return [pod, networks, ready, reason].join(" ");
    });
  const shows = async (row: string): Promise<void> =>
    await until(() => rows().at(-1) === row, () => `${row}: ${rows()}`);
  await shows("a west - -");
  stage.annotate("a", "nobody");
  await shows("a - - UnknownNetwork");
  stage.networks({ west: "id=101", nobody: "id=102" });
  await shows("a nobody - -");
  stage.sandbox.delete(pods, { name: "a", namespace: "default" });
  await until(() => rows().some((row) => row === "a nobody - Gone"), () => rows().join("\n"));
  assert.equal(rows()[0], "POD NETWORKS READY REASON");
  assert.equal(rows().filter((row) => row.startsWith("POD")).length, 1, "one head");
  const { requests } = stage.sandbox.server.counters;
  assert.deepEqual([requests["list pods"], requests["watch pods"]], [1, 1], "followed, not listed again");
  assert.equal(await run.stop(), 0);
  assert.deepEqual(run.complained, []);
});

Deno.test("list -w says at once that there is no cluster, and ends", async () => {
  const { host, complained } = testHost({ args: ["list", "pods", "-w", "--server", "http://127.0.0.1:9"] });
  assert.equal(await runProgram([listCommand], host), 1);
  assert.match(complained.join("\n"), /^error: Cannot list .*127\.0\.0\.1:9/);
});

Deno.test("list -w -l follows who matches", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101" });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "west" });
  const args = ["list", "pods", "-w", "-o", "name", "-l", "tier=front"];
  const run = following(listCommand, { stage, args });
  for (const name of ["b", "a"]) {
    stage.sandbox.patch(pods, { name }, { metadata: { labels: { tier: "front" } } });
    await until(() => run.printed.at(-1) === `pod/${name}`, () => run.printed.join(" "));
  }
  stage.sandbox.patch(pods, { name: "b" }, { metadata: { labels: { tier: null } } });
  await until(() => run.printed.length === 3, () => run.printed.join(" "));
  assert.deepEqual(run.printed, ["pod/b", "pod/a", "pod/b"]);
  assert.equal(await run.stop(), 0);
});

Deno.test("status -w prints each state once; --wait tells how many are ready", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101" });
  const watched = following(statusCommand, { stage, args: ["status", "-w", "-o", "json"] });
  const waiting = following(statusCommand, { stage, args: ["status", "--wait"] });
  const totals = (): readonly number[] => watched.printed.map((line) => JSON.parse(line).members.total);
  await until(() => totals().length === 1, () => totals().join(" "));
  stage.pod({ name: "a", networks: "west" });
  await until(() => totals().at(-1) === 1, () => totals().join(" "));
  await until(() => waiting.complained.length > 0, () => waiting.complained.join(" "));
  assert.deepEqual(await Promise.all([watched.stop(), waiting.stop()]), [1, 1], "it was never well");
  assert.match(waiting.complained[0] ?? "", /^waiting: 0 of \d members are ready$/);
  assert.equal(new Set(watched.printed).size, watched.printed.length, "nothing twice in a row");
});

const heads = { kind: "MemberList", head: ["POD", "READY", "REASON", "AGE"], wideHead: ["NODE"] } as const;

function row(pod: string, cells: readonly string[], node = "node1"): ListRow {
  return {
    key: pod,
    name: `pod/${pod}`,
    cells: [pod, ...cells],
    wide: [node],
    value: { pod, ready: cells[0] },
  };
}

const first = row("a", ["True", "-", "5s"]);
const stories: readonly {
  readonly it: string;
  readonly output?: ListFormat;
  readonly then: readonly ListRow[];
  readonly prints: readonly string[];
}[] = [
  { it: "nothing new prints nothing", then: [first], prints: [] },
  { it: "the age alone is no change", then: [row("a", ["True", "-", "9s"])], prints: [] },
  { it: "a wide cell is none in a narrow table", then: [row("a", ["True", "-", "5s"], "node2")], prints: [] },
  { it: "columns stay as wide", then: [row("a", ["-", "-", "6s"])], prints: ["a     -       -        6s"] },
  {
    it: "a new row after those that are gone",
    then: [row("b", ["-", "NoPodIP", "0s"])],
    prints: ["a     -       Gone      5s", "b     -       NoPodIP   0s"],
  },
  {
    it: "a wide cell is one in a wide table",
    output: "wide",
    then: [row("a", ["True", "-", "5s"], "node2")],
    prints: ["a     True    -        5s    node2"],
  },
  {
    it: "JSON is one object a line",
    output: "json",
    then: [row("b", ["True", "-", "1s"])],
    prints: [
      '{"apiVersion":"vxlan.travelping.com/v1","kind":"Member","pod":"a","ready":"True","gone":true}',
      '{"apiVersion":"vxlan.travelping.com/v1","kind":"Member","pod":"b","ready":"True"}',
    ],
  },
  {
    it: "YAML is a document each",
    output: "yaml",
    then: [row("a", ["False", "-", "1s"])],
    prints: ['---\napiVersion: vxlan.travelping.com/v1\nkind: Member\npod: a\nready: "False"'],
  },
];

for (const { it, output = "table", then, prints } of stories) {
  Deno.test(`rows that change: ${it}`, () => {
    const changes = new RowChanges({ output, noHeaders: false });
    changes.linesOf({ ...heads, rows: [first] });
    assert.deepEqual(changes.linesOf({ ...heads, rows: then }), prints);
  });
}
