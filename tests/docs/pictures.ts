// deno task pictures: the pictures of the documents, made by the command `graph` from the examples on the sandbox.
import { graphCommand } from "../../lib/cli/show/graph.ts";
import { runOn } from "../cli/test_host.ts";
import { routedExample } from "../sandbox/example_pods.ts";
import { startSandbox } from "../sandbox/sandbox.ts";
import { root } from "./pages.ts";

/** Pictures by their path from the root. */
export async function makePictures(): Promise<ReadonlyMap<string, string>> {
  await using sandbox = await startSandbox({ dataPlane: "toy" });
  sandbox.apply(await routedExample());
  for (const name of ["a", "b", "gw"]) {
    await sandbox.waitForPod({ name }, { what: "has its pod IP", holds: hasPodIp });
  }
  const args = ["graph", "--output", "svg", "--server", sandbox.server.url];
  const { status, printed, complained } = await runOn([graphCommand], { args });
  if (status !== 0) throw new Error(complained);
  return new Map([["docs/pictures/routed.svg", `${printed}\n`]]);
}

function hasPodIp(pod: object): boolean {
  return JSON.stringify(pod).includes('"podIP"');
}

if (import.meta.main) {
  for (const [path, text] of await makePictures()) {
    await Deno.mkdir(new URL(".", new URL(path, root)), { recursive: true });
    await Deno.writeTextFile(new URL(path, root), text);
  }
}
