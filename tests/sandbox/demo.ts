// deno task demo [--stay]: three pods, two networks, a gateway between them, in well under a minute; or until Ctrl-C.
import { freePort } from "./tools/free_port.ts";
import { memberTable } from "./tools/member_table.ts";
import { type Product, startProduct } from "./tools/product.ts";
import { routedExample } from "./example_pods.ts";
import { listenForStop, type StopOrder } from "./tools/stop_order.ts";
import { type Sandbox, startSandbox } from "./sandbox.ts";
import { sandboxViolations, waitUntilHolds } from "./sandbox_invariant.ts";

const names = ["a", "gw", "b"];

const declaration = {
  members: [
    {
      pod: "a",
      network: "west",
      vni: 101,
      addresses: ["192.168.11.2/29"],
      routes: ["192.168.12.0/29 via 192.168.11.1"],
    },
    { pod: "gw", network: "west", vni: 101, addresses: ["192.168.11.1/29"] },
    { pod: "gw", network: "east", vni: 102, addresses: ["192.168.12.1/29"] },
    {
      pod: "b",
      network: "east",
      vni: 102,
      addresses: ["192.168.12.2/29"],
      routes: ["192.168.11.0/29 via 192.168.12.1"],
    },
  ],
};

/** From which pod which address must answer. */
const pings = [
  { from: "a", to: "192.168.12.2", way: "a → gw → b" },
  { from: "b", to: "192.168.11.2", way: "b → gw → a" },
];

Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  const stays = args.includes("--stay");
  const unknown = args.filter((arg) => arg !== "--stay");
  if (unknown.length > 0) {
    say(`Cannot understand ${unknown.join(" ")}: there is --stay, to look around until Ctrl-C`);
    return 2;
  }
  using order = listenForStop();
  await using sandbox = await startSandbox();
  try {
    return await show(sandbox, { order, stays });
  } catch (error) {
    say(`failed: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

async function show(
  sandbox: Sandbox,
  { order, stays }: { readonly order: StopOrder; readonly stays: boolean },
): Promise<number> {
  say(`An embedded cluster with two nodes. Pods run on: ${sandbox.plane.description}.`);
  say("The controller (main.ts run):\n");
  const page = stays ? ["--web", "--web-address", `127.0.0.1:${freePort()}`] : [];
  const controller = await startProduct(
    ["run", "--server", sandbox.server.url, "--http-address", "off", ...page],
    { onLine: (line) => say(`  ${line}`) },
  );
  try {
    return await Promise.race([
      story(sandbox, { controller, order, stays }),
      diedOf(controller, order.signal),
      order.given.then(() => 130),
    ]);
  } finally {
    await controller.stop();
  }
}

async function story(
  sandbox: Sandbox,
  { controller, order, stays }: {
    readonly controller: Product;
    readonly order: StopOrder;
    readonly stays: boolean;
  },
): Promise<number> {
  sandbox.apply(await routedExample());
  await joined(sandbox);
  const failures = await tryIt(sandbox);
  if (stays) {
    say(`\nStays until Ctrl-C: the live page, see above, follows what you do with ${sandbox.server.url}.`);
    await order.given;
  }
  await controller.stop();
  say(failures === 0 ? "\nAll is right." : `\n${failures} of ${pings.length} pings failed.`);
  return failures === 0 ? 0 : 1;
}

async function joined(sandbox: Sandbox): Promise<void> {
  for (const name of names) await sandbox.waitForPhase({ name }, "Running");
  await waitUntilHolds(sandbox, declaration);
  const left = await sandboxViolations(sandbox, declaration);
  if (left.length > 0) throw new Error(left.join("; "));
}

/** Rejects when the controller ends before the story has ended it; it ends with 0 when it was told to. */
async function diedOf(controller: Product, signal: AbortSignal): Promise<never> {
  const status = await controller.ended;
  if (status === 0 || signal.aborted) return await new Promise(() => {});
  throw new Error(`the controller ended with status ${status}`);
}

/** Shows the members and pings; gives the number of pings that failed. */
async function tryIt(sandbox: Sandbox): Promise<number> {
  say(["", ...await memberTable(sandbox, names), ""].join("\n"));
  let failures = 0;
  for (const { from, to, way } of pings) {
    const { code, stdout } = await sandbox.exec({ name: from }, ["ping", "-c", "1", "-W", "2", to]);
    if (code !== 0) failures++;
    const told = stdout.trim().split("\n").find((line) => line.includes("received")) ?? "no answer";
    say(`ping ${to.padEnd(13)} ${way}: ${code === 0 ? "ok" : "FAILED"} (${told})`);
  }
  return failures;
}

function say(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}
