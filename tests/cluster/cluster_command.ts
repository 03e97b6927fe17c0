// `deno task cluster up|down|status`: a real cluster for people, and the KUBECONFIG to use.
import { start, sweep } from "./cluster.ts";
import { clusterNames, layoutOf, readState } from "./cluster_state.ts";
import { clustersDirectory, peoplesClusterName } from "./layout.ts";
import { kubernetesDirectory } from "./kubernetes_build.ts";
import { isAlive } from "./process_record.ts";
import { say, seconds } from "./progress.ts";
import { exists, teardown } from "./teardown.ts";

const usage = `Usage: deno task cluster <up|down|status> [--nodes N] [--dual-stack]
  up      builds (once) and starts a two-node Kubernetes; says so when it is up already;
          --dual-stack: with IPv4 and IPv6
  down    takes it away again, also one that is half started, and what test runs left behind
  status  says what runs
`;

async function main(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "up") return await up({ nodes: nodesOf(rest), dualStack: rest.includes("--dual-stack") });
  if (verb === "down") return await down();
  if (verb === "status") return await status();
  Deno.stderr.writeSync(new TextEncoder().encode(usage));
  return 2;
}

async function up(options: { readonly nodes: number; readonly dualStack: boolean }): Promise<number> {
  const state = await readState(peoplesClusterName);
  if (state && !state.owner && await runs()) {
    say("is up already");
    return await printUse();
  }
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(name, interrupted);
  const access = await start(peoplesClusterName, options);
  await access.daemons.disown();
  return await printUse();
}

async function down(): Promise<number> {
  const begin = performance.now();
  await sweep();
  await Deno.remove(`${clustersDirectory}/${peoplesClusterName}.logs`, { recursive: true }).catch(() => {});
  if (!await exists(peoplesClusterName)) {
    say("there is none");
    return 0;
  }
  await teardown(peoplesClusterName);
  say(`taken down after ${seconds(begin)}`);
  return 0;
}

async function status(): Promise<number> {
  for (const name of await clusterNames()) {
    const state = await readState(name);
    const kind = state?.owner ? `of process ${state.owner.pid}` : "of deno task cluster up";
    say(`${name} (${kind})`);
    for (const daemon of state?.daemons ?? []) {
      say(
        `  ${daemon.spec.name}: ${
          await isAlive(daemon) ? `runs, pid ${daemon.pid}` : `has ended, log ${daemon.spec.log}`
        }`,
      );
    }
  }
  if (await runs()) return await printUse();
  say("there is none for people; deno task cluster up starts it");
  return 1;
}

async function runs(): Promise<boolean> {
  const state = await readState(peoplesClusterName);
  if (!state || state.owner || state.daemons.length === 0) return false;
  const alive = await Promise.all(state.daemons.map(isAlive));
  return alive.every(Boolean);
}

async function printUse(): Promise<number> {
  const { kubeconfig } = layoutOf({ name: peoplesClusterName, nodes: 0, management: 0 });
  const lines = [
    `export KUBECONFIG=${kubeconfig}`,
    `export PATH=${await kubernetesDirectory()}:$PATH   # kubectl of the same version`,
  ];
  Deno.stdout.writeSync(new TextEncoder().encode(`${lines.join("\n")}\n`));
  return 0;
}

function interrupted(): void {
  say("interrupted: takes down what has been started");
  teardown(peoplesClusterName).finally(() => Deno.exit(130));
}

function nodesOf(args: readonly string[]): number {
  const at = args.indexOf("--nodes");
  const nodes = at < 0 ? 2 : Number(args[at + 1]);
  if (Number.isInteger(nodes) && nodes >= 1 && nodes <= 9) return nodes;
  throw new Error(`Cannot start ${args[at + 1]} nodes: --nodes takes a number from 1 to 9`);
}

try {
  Deno.exit(await main(Deno.args));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  Deno.exit(1);
}
