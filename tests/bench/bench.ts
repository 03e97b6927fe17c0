// deno task bench: the budgets that are counted, and the times that this machine needs. Arguments name parts; default all.
import { gradual } from "./gradual.ts";
import { neighbourTable } from "../cluster/neighbour_table.ts";
import { brokenGrowth, type Growth, growth, growthTable } from "./growth.ts";
import { microbenchmarks } from "./microbenchmarks.ts";
import { rollout, type RolloutOptions, type RolloutResult } from "./rollout.ts";
import { programImage } from "../member/member_pod.ts";
import { storeEdits } from "./store_edits.ts";

interface Part {
  readonly name: string;
  readonly title: string;
  /** Prints its tables; gives the budgets that were broken. */
  readonly run: () => Promise<readonly string[]>;
}

const parts: readonly Part[] = [
  {
    name: "classic",
    title: "100 members of one network, classic pair",
    run: () => showOnKernels({ form: "classic", image: programImage }),
  },
  {
    name: "native",
    title: "100 members of one network, native sidecar",
    run: () => showOnKernels({ form: "native", image: programImage }),
  },
  {
    name: "seed-classic",
    title: "the same, classic pair, agents without our program",
    run: () => showOnKernels({ form: "classic" }),
  },
  {
    name: "seed-native",
    title: "the same, native sidecar, agents without our program",
    run: () => showOnKernels({ form: "native" }),
  },
  {
    name: "thousand",
    title: "1,000 members of one network on the toy kernel",
    run: () => show({ members: 1_000, form: "native", plane: "toy" }),
  },
  {
    name: "pool",
    title: "1,000 members of one pool at once on the toy kernel, and the same without a pool",
    run: showPool,
  },
  {
    name: "large",
    title: "5,000 members of 50 networks on the toy kernel",
    run: () => show({ members: 5_000, networks: 50, form: "native", plane: "toy" }),
  },
  {
    name: "huge",
    title: "10,000 members of 100 networks on the toy kernel",
    run: () => show({ members: 10_000, networks: 100, form: "native", plane: "toy" }),
  },
  {
    name: "growth",
    title:
      "one network of 250 to 2,000 members: what one change costs (KVC_BENCH_MEMBERS=250,500 for others)",
    run: showGrowth,
  },
  {
    name: "gradual",
    title: "1,000 members of one network, 30 a second",
    run: showGradual,
  },
  {
    name: "store",
    title: "edits of the ConfigMap at 4,000 members, lists of 10,000",
    run: showStoreEdits,
  },
  {
    name: "micro",
    title: "parser, planner, renderer",
    run: () => {
      say(microbenchmarks().join("\n"));
      return Promise.resolve([]);
    },
  },
];

Deno.exit(await main(Deno.args));

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) {
    say(`Cannot bench ${unknown.join(", ")}: expected ${parts.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  const broken: string[] = [];
  for (const part of parts.filter(({ name }) => names.length === 0 || names.includes(name))) {
    say(`\n== ${part.title} (${part.name})`);
    broken.push(...(await part.run()).map((text) => `${part.name}: ${text}`));
  }
  say(broken.length === 0 ? "\nEvery budget holds." : `\nBroken budgets:\n${broken.join("\n")}`);
  return broken.length === 0 ? 0 : 1;
}

/** Real pods share the machine's one neighbour table: with 1,024 entries 100 of them never come to rest. */
async function showOnKernels(
  options: Pick<RolloutOptions, "form" | "image">,
): Promise<readonly string[]> {
  const isAsIs = Deno.env.get("KVC_BENCH_NEIGHBOURS") === "as-is" || Deno.uid() !== 0;
  await using table = await neighbourTable(isAsIs ? "as-is" : "roomy");
  say(table.remark);
  return await show({ members: 100, plane: "auto", ...options });
}

async function show(options: RolloutOptions): Promise<readonly string[]> {
  const result = await rollout(options);
  for (const [what, value] of rows(result, options)) say(`${what.padEnd(44)} ${value}`);
  return brokenBudgets(result, options);
}

async function showPool(): Promise<readonly string[]> {
  const options: RolloutOptions = { members: 1_000, form: "native", plane: "toy" };
  const plain = await rollout(options);
  const pooled = await rollout({ ...options, pooled: true });
  const writes = pooled.requests["update configmaps"] ?? 0;
  const times = ({ interfaces, mesh }: RolloutResult): string => `${seconds(interfaces)}; ${seconds(mesh)}`;
  say(`${"time to all interfaces; to full mesh".padEnd(44)} ${times(pooled)}`);
  say(`${"the same without a pool".padEnd(44)} ${times(plain)}`);
  say(`${"writes to the object with the pool".padEnd(44)} ${writes}`);
  return [
    ...brokenBudgets(pooled, options),
    ...(writes > options.members / 10 ? [`${writes} writes to the pool for ${options.members} members`] : []),
  ];
}

async function showGrowth(): Promise<readonly string[]> {
  const sizes = (Deno.env.get("KVC_BENCH_MEMBERS") ?? "250,500,1000,2000").split(",").map(Number);
  const results: Growth[] = [];
  for (const size of sizes) {
    results.push(await growth(size));
    say(`${size} members counted`);
  }
  say(growthTable(results).join("\n"));
  return brokenGrowth(results);
}

async function showGradual(): Promise<readonly string[]> {
  const { members, execsPerPod, promptShare, queueAddsPerPod, cpuSeconds, violations } = await gradual(1_000);
  say(
    `${members} members: ${execsPerPod.toFixed(2)} execs a pod, ${
      queueAddsPerPod.toFixed(0)
    } queue adds a pod, ` +
      `${(100 * promptShare).toFixed(1)} % had their interfaces within 1 s, ${
        seconds(cpuSeconds * 1000)
      } CPU`,
  );
  return [
    ...(execsPerPod > 3 ? [`${execsPerPod.toFixed(2)} execs a pod`] : []),
    ...(promptShare < 0.99 ? [`${(100 * promptShare).toFixed(1)} % within a second, at least 99 %`] : []),
    ...violations.slice(0, 5),
  ];
}

async function showStoreEdits(): Promise<readonly string[]> {
  const edits = await storeEdits();
  for (const { what, blocked } of edits) {
    say(`${what.padEnd(44)} the loop stood still for ${blocked.toFixed(0)} ms`);
  }
  return edits.flatMap(({ what, blocked, most }) =>
    blocked > most ? [`${what}: ${blocked.toFixed(0)} ms`] : []
  );
}

function rows(result: RolloutResult, { members }: RolloutOptions): readonly (readonly [string, string])[] {
  const { controller, restart, requests } = result;
  return [
    ["pods on", result.plane],
    ["time to all interfaces", seconds(result.interfaces)],
    ["time to full mesh", seconds(result.mesh)],
    ["execs per pod before its release (most)", String(result.execsBeforeRelease)],
    ["execs per pod in all (most; mean)", `${result.execsPerPod}; ${(result.execs / members).toFixed(2)}`],
    ["fdb lines sent / entries wanted", `${result.fdbLines} / ${result.wantedEntries}`],
    ["API requests", Object.entries(requests).map(([what, count]) => `${what} ${count}`).join(", ")],
    ["bytes read from the API server", `${(result.bytes / 1e6).toFixed(1)} MB`],
    ["controller CPU", seconds(controller.cpuSeconds * 1000)],
    [
      "controller memory (resident at most; heap)",
      `${controller.residentMiB.toFixed(0)}; ${controller.heapMiB.toFixed(0)} MiB`,
    ],
    ["event loop late at most", `${controller.loopLagSeconds * 1000} ms`],
    ["restart without drift: writing lines", String(restart.writingLines)],
    ["restart without drift: execs; time", `${restart.execs}; ${seconds(restart.ms)}`],
    [
      "violations of the invariant",
      result.violations.length === 0 ? "none" : result.violations.slice(0, 3).join("; "),
    ],
  ];
}

/** Execs of one pod before its release and in all, and the mean of all pods. */
function execBudget({ form, image }: RolloutOptions): { before: number; all: number; mean: number } {
  if (image === programImage) {
    return form === "classic" ? { before: 2, all: 4, mean: 2.2 } : { before: 2, all: 2, mean: 1.2 };
  }
  return form === "classic" ? { before: 3, all: 5, mean: 5 } : { before: 3, all: 3, mean: 3 };
}

function brokenBudgets(result: RolloutResult, options: RolloutOptions): readonly string[] {
  const { members } = options;
  const most = execBudget(options);
  const lines = 1.2 * result.wantedEntries;
  // The bound of 200 execs a second, two a pod, is not ours to beat.
  const time = 60_000 + 1_000 * result.execs / 200;
  const { residentMiB, loopLagSeconds } = result.controller;
  return [
    ...(members < 10_000 || result.mesh <= time
      ? []
      : [`${seconds(result.mesh)} to full mesh, at most ${seconds(time)}`]),
    ...(members < 10_000 || residentMiB < 300 ? [] : [`${residentMiB.toFixed(0)} MiB, at most 300`]),
    ...(members < 10_000 || loopLagSeconds <= 0.1
      ? []
      : [`event loop late by ${loopLagSeconds} s, at most 0.1`]),
    ...(result.execsBeforeRelease > most.before ? [`${result.execsBeforeRelease} execs before release`] : []),
    ...(result.execsPerPod > most.all ? [`${result.execsPerPod} execs for one pod`] : []),
    ...(result.execs > most.mean * members ? [`${result.execs} execs, at most ${most.mean} a pod`] : []),
    ...(result.fdbLines > lines ? [`${result.fdbLines} fdb lines, at most ${lines}`] : []),
    ...(result.restart.writingLines > 0
      ? [`${result.restart.writingLines} writing lines after a restart`]
      : []),
    ...result.violations.slice(0, 5),
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function say(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}
