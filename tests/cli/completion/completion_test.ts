// What do shells offer: commands, flags, choices, pods and networks; and does a real bash take it?
import assert from "node:assert/strict";
import { completeCommand, completionCommand } from "../../../lib/cli/completion/completion.ts";
import { checkCommand } from "../../../lib/cli/check/check.ts";
import { graphCommand } from "../../../lib/cli/show/graph.ts";
import { inspectCommand } from "../../../lib/cli/show/inspect.ts";
import { listCommand } from "../../../lib/cli/show/list.ts";
import { findProgram } from "../../sandbox/namespaces/programs.ts";
import { field, type KubeObject } from "../../sandbox/store/kube_object.ts";
import { setStage } from "../../stories/stage.ts";
import { runOn } from "../test_host.ts";

const commands = [listCommand, inspectCommand, checkCommand, graphCommand, completionCommand];

Deno.test("completion: words, flags, choices, and names from the cluster", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101", east: "id=102" });
  stage.pod({ name: "a1", networks: "west" });
  stage.pod({ name: "b1", networks: "east" });
  for (const name of ["a1", "b1"]) {
    const holds = (pod: KubeObject): boolean => field(field(pod, "status"), "podIP") !== undefined;
    await stage.sandbox.waitForPod({ name }, { what: "has its pod IP", holds });
  }
  const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
    const args = ["__complete", "--server", stage.sandbox.server.url, "--", ...words];
    const { status, printed } = await runOn([completeCommand(commands)], { args });
    assert.equal(status, 0);
    return printed === "" ? [] : printed.split("\n");
  };
  const rows: readonly (readonly [readonly string[], readonly string[]])[] = [
    [[""], ["list", "inspect", "check", "graph", "completion"]],
    [["l"], ["list"]],
    [["list", ""], ["pods", "networks", "addresses"]],
    [["list", "addresses", "w"], ["west"]],
    [["list", "pods", "-o", ""], ["table", "wide", "json", "yaml", "name"]],
    [["graph", "--output", "m"], ["mermaid"]],
    [["list", "--no-"], ["--no-headers"]],
    [["inspect", "default/a"], ["default/a1"]],
    [["inspect", "-n", "default", ""], ["default/a1", "default/b1"]],
    [["check", "network", ""], ["east", "west"]],
    [["graph", "w"], ["west"]],
    [["nobody", ""], []],
    [["completion", "f"], ["fish"]],
  ];
  for (const [words, expected] of rows) assert.deepEqual(await complete(...words), expected, words.join(" "));
});

Deno.test("completion: a cluster that does not answer leaves the shell in peace", async () => {
  const args = ["__complete", "--server", "http://127.0.0.1:1", "--", "inspect", ""];
  assert.deepEqual(await runOn([completeCommand(commands)], { args }), {
    status: 0,
    printed: "",
    complained: "",
  });
});

const bash = await findProgram("bash");
Deno.test({
  name: "completion: bash runs its script",
  ignore: bash === undefined,
  fn: async () => {
    const { printed } = await runOn([completionCommand], { args: ["completion", "bash", "prog"] });
    const script =
      `prog() { printf '%s\\n' "$@"; }\n${printed}\nCOMP_WORDS=(prog list "")\nCOMP_CWORD=2\n_prog\n` +
      `printf '<%s>' "\${COMPREPLY[@]}"`;
    const { stdout } = await new Deno.Command(bash ?? "", { args: ["-c", script] }).output();
    assert.equal(new TextDecoder().decode(stdout), "<__complete><--><list>");
  },
});
