// deno task bench:cluster [ROUNDS] [PODS,…]: rollouts on a real two-node Kubernetes beside the same containers without
// the controller, in turn; every round is printed, then medians and the median of the ratios.
import { startCluster } from "../cluster/cluster.ts";
import { installController, removeController } from "../cluster/install_controller.ts";
import { seedAgentImage } from "../cluster/members.ts";
import { type ClusterRollout, clusterRollout, type RolloutKind } from "./cluster_rollout.ts";

/** Each of ours follows the one it is compared with. */
const kinds: readonly RolloutKind[] = [
  { name: "same as classic", form: "classic", unmanaged: true },
  { name: "classic", form: "classic" },
  { name: "classic, seed's image", form: "classic", image: seedAgentImage },
  { name: "same as native", form: "native", unmanaged: true },
  { name: "native", form: "native" },
  { name: "native with a port", form: "native with a port" },
];
const namespace = "bench";

Deno.exit(await main(Deno.args));

async function main([rounds = "3", sizes = "10,30,60,100"]: readonly string[]): Promise<number> {
  const results: ClusterRollout[] = [];
  const ratios: Ratio[] = [];
  const cluster = await startCluster();
  try {
    await installController(cluster);
    await cluster.kubectl(["create", "namespace", namespace]);
    for (let round = 0; round < Number(rounds); round++) {
      for (const pods of sizes.split(",").map(Number)) {
        let base = 0;
        for (const kind of kinds) {
          const result = await clusterRollout(cluster, { kind, pods, namespace });
          if (kind.unmanaged) base = result.ready;
          const ratio = (result.mesh ?? result.ready) / base;
          say(
            `round ${round + 1}: ${pods} ${kind.name}: ${row(result).join("  ")}  ratio ${
              ratio.toFixed(2)
            }  ` +
              `${result.used}  ${result.failedExecs ?? ""}`,
          );
          results.push(result);
          ratios.push({ key: `${pods} ${kind.name}`, ratio });
        }
      }
    }
    await removeController(cluster);
  } finally {
    await cluster.close();
  }
  say(table(results, ratios).join("\n"));
  const broken = results.flatMap(({ violations }) => violations);
  if (broken.length > 0) say(`The overlay did not hold:\n${broken.slice(0, 10).join("\n")}`);
  return broken.length === 0 ? 0 : 1;
}

/** Time until the last interface or entry is there, over that of the same containers in the same round. */
interface Ratio {
  readonly key: string;
  readonly ratio: number;
}

function table(results: readonly ClusterRollout[], ratios: readonly Ratio[]): readonly string[] {
  const head = [
    "pods",
    "form",
    "all ready",
    "mesh",
    "after the last",
    "execs/pod",
    "requests/pod",
    "fdb lines",
    "CPU",
    "memory",
    "ratio",
  ];
  const keyOf = ({ pods, kind }: ClusterRollout): string => `${pods} ${kind.name}`;
  const rows = [...new Set(results.map(keyOf))].map((key) => {
    const middle = median(results.filter((one) => keyOf(one) === key));
    const sorted = ratios.filter((one) => one.key === key).map(({ ratio }) => ratio).sort((a, b) => a - b);
    const ratio = sorted[Math.floor((sorted.length - 1) / 2)];
    return [String(middle.pods), middle.kind.name, ...row(middle), ratio?.toFixed(2) ?? "-"];
  });
  return [head, ...rows].map((cells) => `| ${cells.join(" | ")} |`).toSpliced(
    1,
    0,
    `|${" --- |".repeat(head.length)}`,
  );
}

function row(
  { ready, mesh, execsPerPod, requestsPerPod, fdbLines, cpuSeconds, residentMiB }: ClusterRollout,
): readonly string[] {
  return [
    seconds(ready),
    seconds(mesh),
    mesh === undefined ? "-" : seconds(mesh - ready),
    execsPerPod?.toFixed(2) ?? "-",
    requestsPerPod?.toFixed(2) ?? "-",
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
