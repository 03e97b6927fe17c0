// deno task dev: the controller of this working tree, started again after every change, on an embedded or a named cluster.
import { fileURLToPath } from "node:url";
import { ConfigError } from "../../lib/kube/config/connection.ts";
import { loadConnection } from "../../lib/kube/config/load_connection.ts";
import { runCommand } from "../../lib/kube/config/run_plugin.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { freePort } from "./tools/free_port.ts";
import { type DevTarget, readDevArguments } from "./tools/dev_arguments.ts";
import { routedExample } from "./example_pods.ts";
import { runReloading } from "./tools/reloading.ts";
import { startSandbox } from "./sandbox.ts";
import { watchSources } from "./tools/source_changes.ts";
import { listenForStop, type StopOrder } from "./tools/stop_order.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const configurationStatus = 3;

Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  const asked = readDevArguments(args);
  if (asked.kind === "say") {
    say(asked.text);
    return asked.status;
  }
  using order = listenForStop();
  try {
    await develop(asked.target, order);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    say(error.message);
    return configurationStatus;
  }
}

async function develop(target: DevTarget, order: StopOrder): Promise<void> {
  switch (target.kind) {
    case "sandbox":
      return await onSandbox(order);
    case "cluster":
      return await onCluster(target, order);
    default:
      return target satisfies never;
  }
}

async function onSandbox(order: StopOrder): Promise<void> {
  await using sandbox = await startSandbox();
  const kubeconfig = await Deno.makeTempFile({ prefix: "kvc-dev-", suffix: ".kubeconfig" });
  try {
    await Deno.writeTextFile(kubeconfig, sandbox.kubeconfig);
    sandbox.apply(await routedExample());
    say(`An embedded cluster with two nodes. Pods run on: ${sandbox.plane.description}.`);
    say(`API server: ${sandbox.server.url}`);
    say(`For kubectl: export KUBECONFIG=${kubeconfig}`);
    await reload(["run", "--server", sandbox.server.url, "--http-address", "off", ...livePage()], order);
  } finally {
    await Deno.remove(kubeconfig);
  }
}

async function onCluster(
  { context, kubeconfig }: DevTarget & { readonly kind: "cluster" },
  order: StopOrder,
): Promise<void> {
  const chosen = { context, ...(kubeconfig === undefined ? {} : { kubeconfig }) };
  const connection = await loadConnection(chosen, {
    env: (name) => Deno.env.get(name),
    readTextFile: (path) => Deno.readTextFile(path),
    clock: systemClock,
    runCommand,
  });
  const line = "#".repeat(78);
  say(line);
  say(`#  A REAL CLUSTER: context ${context}, ${connection.server}`);
  say(`#  (${connection.source.description})`);
  say("#  The controller of this working tree now changes pods there. Ctrl-C ends it.");
  say(line);
  const where = kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig];
  await reload(["run", "--context", context, ...where, "--http-address", "off", ...livePage()], order);
}

/** The same port after each restart, so that an open page finds it again. */
function livePage(): readonly string[] {
  const address = `127.0.0.1:${freePort()}`;
  say(`Live page: http://${address}`);
  return ["--web", "--web-address", address];
}

async function reload(args: readonly string[], order: StopOrder): Promise<void> {
  say("Watching main.ts and lib/ for changes. Ctrl-C ends everything.\n");
  const changes = watchSources(root);
  void order.given.then(() => changes.close());
  await runReloading({ root, args, changes, say, signal: order.signal });
  say("\nStopped; nothing is left.");
}

function say(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}
