// A program for leftovers_test.ts: starts a sandbox with a pod, tells what it has made, and closes it, or waits to be killed.
import { startSandbox } from "../sandbox.ts";
import { childrenOf } from "./processes.ts";
import { linkOf, processesIn } from "./space_processes.ts";

const pod = `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: x}]}}`;

const before = (await childrenOf(Deno.pid)).length;
const sandbox = await startSandbox({ dataPlane: "namespaces" });
const { url } = sandbox.server;
sandbox.apply(pod);
await sandbox.waitForPhase({ name: "p" }, "Running");
const children = await childrenOf(Deno.pid);
const own = await Deno.readLink(`/proc/${Deno.pid}/ns/pid`);
// One of a moment may have ended meanwhile.
const spaces = new Set(await Promise.all(children.map((pid) => linkOf(`/proc/${pid}/ns/pid_for_children`))));
spaces.delete(own);
spaces.delete("");
const processes = await processesIn(spaces);
const report = { started: children.length - before, url, spaces: spaces.size, processes };
if (Deno.args[0] === "close") {
  await sandbox.close();
  await tell({ ...report, left: (await childrenOf(Deno.pid)).length - before });
} else {
  await tell(report);
  await new Promise(() => setInterval(() => {}, 60_000));
}

async function tell(report: object): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(report)}\n`));
}
