// deno task bench:cluster [ROUNDS] [PODS,…] [KIND,…]: rollouts on a real two-node Kubernetes beside the same containers
// without the controller, in turn. Every round is printed, then the medians of the pairwise ratios beside their goals, also
// when a rollout fails, and after SIGINT, which ends it with the round under way.
// KVC_BENCH_NEIGHBOURS=as-is: with the machine's own neighbour table, which all nodes share.
// deno task bench:cluster probes: what startup probes that fail cost, by kind.
// deno task bench:cluster hostile: rollouts beside pods that attack the controller.
import { type Cluster, startCluster } from "../cluster/cluster.ts";
import { installController, removeController } from "../cluster/install_controller.ts";
import { seedAgentImage } from "../cluster/members.ts";
import { costsLines } from "./cluster/exec_cost.ts";
import { figuresReader } from "./cluster/figures.ts";
import { hostileRatios } from "./cluster/hostile_rollout.ts";
import { probeCosts } from "./cluster/probe_cost.ts";
import { neighbourTable } from "../cluster/neighbour_table.ts";
import { type ClusterRollout, clusterRollout, type RolloutKind } from "./cluster/rollout.ts";
import { sharesText } from "./cluster/shares.ts";
import { brokenOf, type Kind, type Pair, summary } from "./cluster/summary.ts";

const classicTwin: RolloutKind = { name: "same as classic", form: "classic", unmanaged: true };
const nativeTwin: RolloutKind = { name: "same as native", form: "native", unmanaged: true };
const kinds: readonly Kind[] = [
  { name: "classic", form: "classic", twin: classicTwin, execsPerPod: 2.2 },
  { name: "seed", form: "classic", image: seedAgentImage, twin: classicTwin, execsPerPod: 5 },
  { name: "native", form: "native", twin: nativeTwin, execsPerPod: 1.2 },
  { name: "answer", form: "native with an answer", twin: nativeTwin, execsPerPod: 1.2 },
  { name: "port", form: "native with a port", twin: nativeTwin, execsPerPod: 1.2 },
];
const namespace = "bench";

Deno.exit(await main(Deno.args));

async function main([rounds = "3", sizes = "10,30,60,100", names]: readonly string[]): Promise<number> {
  if (rounds === "probes") return await probes();
  if (rounds === "hostile") return await hostile();
  const chosen = kindsNamed(names);
  if (typeof chosen === "string") {
    say(chosen);
    return 2;
  }
  const pairs: Pair[] = [];
  await using neighbours = await neighbourTable(
    Deno.env.get("KVC_BENCH_NEIGHBOURS") === "as-is" ? "as-is" : "roomy",
  );
  say(neighbours.remark);
  const cluster = await startCluster();
  const interrupted = new AbortController();
  Deno.addSignalListener("SIGINT", () => interrupted.abort());
  try {
    await installController(cluster);
    await cluster.kubectl(["create", "namespace", namespace]);
    for (let round = 1; round <= Number(rounds); round++) {
      for (const pods of sizes.split(",").map(Number)) {
        if (!interrupted.signal.aborted) {
          pairs.push(...await oneRound(cluster, { chosen, pods, round }));
        }
      }
    }
    await removeController(cluster);
  } finally {
    await cluster.close();
    for (const line of summary(pairs)) say(line);
  }
  const broken = pairs.flatMap(({ kind, ours }) => brokenOf(kind, ours));
  for (const line of broken.slice(0, 20)) say(`broken: ${line}`);
  return broken.length === 0 ? 0 : 1;
}

async function probes(): Promise<number> {
  const cluster = await startCluster();
  try {
    await cluster.kubectl(["create", "namespace", namespace]);
    for (const line of await probeCosts(cluster, namespace)) say(line);
  } finally {
    await cluster.close();
  }
  return 0;
}

async function hostile(): Promise<number> {
  const cluster = await startCluster();
  try {
    await installController(cluster);
    await cluster.kubectl(["create", "namespace", namespace]);
    for await (const line of hostileRatios(cluster, namespace)) say(line);
    await removeController(cluster);
  } finally {
    await cluster.close();
  }
  return 0;
}

/** All without names; a sentence when there is no such kind. */
function kindsNamed(names: string | undefined): readonly Kind[] | string {
  if (names === undefined) return kinds;
  const asked = names.split(",");
  const strange = asked.filter((name) => !kinds.some((kind) => kind.name === name));
  if (strange.length > 0) {
    return `Cannot roll out ${strange.join(", ")}: the kinds are ${kinds.map(({ name }) => name).join(", ")}`;
  }
  return kinds.filter(({ name }) => asked.includes(name));
}

/** Each twin once, right before those that are compared with it. */
async function oneRound(
  cluster: Cluster,
  { chosen, pods, round }: {
    readonly chosen: readonly Kind[];
    readonly pods: number;
    readonly round: number;
  },
): Promise<readonly Pair[]> {
  using reader = await figuresReader(cluster);
  const rollout = async (kind: RolloutKind): Promise<ClusterRollout> => {
    // The first rounds are enough for it. Into members others have gone already.
    const measureExec = kind.unmanaged === true && round <= 3;
    const result = await clusterRollout(cluster, { kind, pods, namespace, reader, measureExec });
    say(`round ${round}: ${pods} ${kind.name}: ${describe(result)}`);
    return result;
  };
  const pairs: Pair[] = [];
  for (const twinKind of new Set(chosen.map((kind) => kind.twin))) {
    const twin = await rollout(twinKind);
    for (const line of costsLines(twin.execCosts)) say(line);
    for (const kind of chosen.filter((each) => each.twin === twinKind)) {
      pairs.push({ kind, twin, ours: await rollout(kind) });
    }
  }
  return pairs;
}

function describe({ ready, whole, softirq, members }: ClusterRollout): string {
  const common = `ready ${ready.toFixed(1)} s, cores ${sharesText(whole)}, softirq in it ${
    softirq.toFixed(1)
  }`;
  if (members === undefined) return common;
  const {
    counted: { pods, execs, requests, meshAfterLastInterface },
    interfaces,
    mesh,
    failedExecs,
    fdbLines,
    exchanges,
    residentMiB,
    warnings,
  } = members;
  const asked = [...requests].filter(([, count]) => count > 0).map(([method, count]) => `${method} ${count}`);
  return `${common}; interfaces ${interfaces.toFixed(1)} s, mesh ${mesh.toFixed(1)} s ` +
    `(${meshAfterLastInterface.toFixed(1)} s after the last interface that counts), ` +
    `${(execs / pods).toFixed(2)} execs a pod, ${asked.join(" ")}, ${fdbLines} fdb lines in ` +
    `${exchanges} exchanges, ${residentMiB.toFixed(0)} MiB ${failedExecs}` +
    (warnings.length === 0 ? "" : `; ${warnings.length} warnings, the first: ${warnings[0]?.slice(0, 300)}`);
}

function say(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}
