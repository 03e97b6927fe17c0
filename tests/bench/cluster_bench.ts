// deno task bench:cluster [ROUNDS] [PODS,…]: rollouts on a real two-node Kubernetes, medians of the rounds as a table.
import { startCluster } from "../cluster/cluster.ts";
import { installController, removeController } from "../cluster/install_controller.ts";
import { type ClusterRollout, clusterRollout, type RolloutForm } from "./cluster_rollout.ts";

const forms: readonly RolloutForm[] = ["plain", "classic", "native"];
const namespace = "bench";

Deno.exit(await main(Deno.args));

async function main([rounds = "3", sizes = "10,30,60,100"]: readonly string[]): Promise<number> {
  const results: ClusterRollout[] = [];
  const cluster = await startCluster();
  try {
    await installController(cluster);
    await cluster.kubectl(["create", "namespace", namespace]);
    for (let round = 0; round < Number(rounds); round++) {
      for (const pods of sizes.split(",").map(Number)) {
        for (const form of forms) {
          const result = await clusterRollout(cluster, { form, pods, namespace });
          say(`round ${round + 1}: ${pods} ${form}: ${row(result).join("  ")}  ${result.failedExecs ?? ""}`);
          results.push(result);
        }
      }
    }
    await removeController(cluster);
  } finally {
    await cluster.close();
  }
  say(table(results).join("\n"));
  const broken = results.flatMap(({ violations }) => violations);
  if (broken.length > 0) say(`The overlay did not hold:\n${broken.slice(0, 10).join("\n")}`);
  return broken.length === 0 ? 0 : 1;
}

function table(results: readonly ClusterRollout[]): readonly string[] {
  const head = [
    "pods",
    "form",
    "all ready",
    "mesh",
    "after the last",
    "execs/pod",
    "fdb lines",
    "CPU",
    "memory",
  ];
  const keys = [...new Set(results.map(({ pods, form }) => `${pods} ${form}`))];
  const rows = keys.map((key) => {
    const same = results.filter(({ pods, form }) => `${pods} ${form}` === key);
    return [key.split(" ")[0] ?? "", key.split(" ")[1] ?? "", ...row(median(same))];
  });
  return [head, ...rows].map((cells) => `| ${cells.join(" | ")} |`).toSpliced(
    1,
    0,
    `|${" --- |".repeat(head.length)}`,
  );
}

function row(
  { ready, mesh, execsPerPod, fdbLines, cpuSeconds, residentMiB }: ClusterRollout,
): readonly string[] {
  return [
    seconds(ready),
    seconds(mesh),
    mesh === undefined ? "-" : seconds(mesh - ready),
    execsPerPod?.toFixed(2) ?? "-",
    fdbLines?.toFixed(0) ?? "-",
    seconds(cpuSeconds),
    residentMiB === undefined ? "-" : `${residentMiB.toFixed(0)} MiB`,
  ];
}

/** The result with the median time to full mesh (or to ready): one real run, not a mixture of several. */
function median(results: readonly ClusterRollout[]): ClusterRollout {
  const sorted = [...results].sort((a, b) => (a.mesh ?? a.ready) - (b.mesh ?? b.ready));
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error("Cannot give a median: nothing was measured");
  return middle;
}

function seconds(value: number | undefined): string {
  return value === undefined ? "-" : `${value.toFixed(1)} s`;
}

function say(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}
