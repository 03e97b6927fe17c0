// Is the completion script for PowerShell well-formed? PowerShell itself is in no package: the grammar of editors reads it.
import assert from "node:assert/strict";
import { shellScript } from "../../lib/cli/completion/shell_scripts.ts";
import { pythonTool } from "../tools/python_tools.ts";

const reader = `
import sys, tree_sitter, tree_sitter_pwsh
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))
print(parser.parse(sys.stdin.buffer.read()).root_node.has_error)
`;

async function hasError(script: string): Promise<string> {
  const python = new Deno.Command(await pythonTool("python3"), {
    args: ["-c", reader],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = python.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { stdout, stderr } = await python.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("the completion script for PowerShell is well-formed, and a mistake in it would be seen", async () => {
  const script = shellScript("powershell", "kubectl-vxlan");
  assert.equal(await hasError(script), "False\n");
  for (const mistake of [script.replace("{ '' }", "{ ''"), script.replace("-lt $cursor }", "-lt $cursor")]) {
    assert.notEqual(mistake, script);
    assert.equal(await hasError(mistake), "True\n", mistake);
  }
});
