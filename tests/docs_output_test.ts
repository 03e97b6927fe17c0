// Does README show what the commands print? They are run on the sandbox, with the pods that README speaks of.
import assert from "node:assert/strict";
import { codeBlocks, section } from "./markdown.ts";
import { startProduct } from "./sandbox/tools/product.ts";
import { waitFor } from "./sandbox/tools/waiting.ts";
import { setStage, type Stage } from "./stories/stage.ts";

const root = new URL("../", import.meta.url);
const readme = await Deno.readTextFile(new URL("README.md", root));
const prompt = "$ npx -y deno@2.9.6 task start ";

Deno.test("README shows what list and inspect print, and what the log says of a broken pod", async () => {
  await using stage = await setStage();
  const { log } = await stage.startController();
  await makePods(stage);
  await waitFor(() => log.find((line) => line.includes("member=default/broken kind=")), {
    what: "the log speaks of the broken pod",
    state: () => log.join("\n"),
  });
  for (const { args, output } of shown("Command line")) {
    const lines: string[] = [];
    const command = [...args, "--server", stage.sandbox.server.url];
    await (await startProduct(command, { onLine: (line) => lines.push(line) })).ended;
    assert.deepEqual(lines, output, args.join(" "));
  }
  const [, told = ""] = /^\S+Z (WARN .*member=default\/broken .*)$/m.exec(readme) ?? [];
  assert.ok(log.some((line) => line.endsWith(told)) && told !== "", log.join("\n"));
});

/** One after the other, so that they get their pod IPs in this order. */
async function makePods(stage: Stage): Promise<void> {
  stage.sandbox.apply(await Deno.readTextFile(new URL("deploy/base/networks.yaml", root)));
  const yaml = await Deno.readTextFile(new URL("examples/routed.yaml", root));
  for (const part of yaml.split("---\n")) {
    const [, name] = /kind: Pod\nmetadata:\n {2}name: (\w+)/.exec(part) ?? [];
    stage.sandbox.apply(part);
    if (name !== undefined) await stage.sandbox.waitForPhase({ name }, "Running");
  }
  stage.pod({ name: "broken", networks: "vxeth9" });
}

/** Calls of the program in a section, and what README shows of their output. */
function shown(heading: string): readonly { readonly args: readonly string[]; readonly output: string[] }[] {
  const session = codeBlocks(section(readme, heading)).map(({ text }) => text)
    .find((text) => text.startsWith(prompt)) ?? "";
  const calls = session.split(prompt).slice(1).map((call) => call.trimEnd().split("\n"));
  assert.ok(calls.length > 3, "README shows calls");
  return calls.map(([call = "", ...output]) => ({ args: call.split(" "), output }));
}
