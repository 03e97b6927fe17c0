// Do the Go tests of the agent's program pass, and is it in Go's own form? As root none of them may be left out.
import assert from "node:assert/strict";
import { goToolchain } from "../cluster/go_toolchain.ts";
import { tryCommand } from "../cluster/run_command.ts";
import { agentEnvironment, agentSources } from "../tools/agent_program.ts";

const checks = [
  { it: "gofmt finds nothing to change", argv: ["fmt", "./..."], says: /^$/ },
  { it: "go vet finds nothing", argv: ["vet", "./..."], says: /^$/ },
  {
    it: "go test",
    argv: ["test", "-count=1", "-timeout=3m", "-v", "./..."],
    says: /^ok\s+vxlan-agent\/session/m,
  },
];

for (const { it, argv, says } of checks) {
  Deno.test(`the agent's program: ${it}`, async () => {
    const go = await goToolchain();
    const done = await tryCommand([go.program, ...argv], { cwd: agentSources, env: agentEnvironment(go) });
    assert.equal(done.code, 0, `${done.stdout}\n${done.stderr}`);
    assert.match(done.stdout, says);
    const skipped = /.*SKIPPED.*/.exec(done.stdout)?.[0];
    assert.ok(skipped === undefined || Deno.uid() !== 0, `left out although this is root: ${skipped}`);
  });
}
