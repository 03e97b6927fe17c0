// As whom do commands ask, and how long do they wait: --as and --request-timeout on lists and execs; `run` has neither.
import assert from "node:assert/strict";
import { runCommand } from "../../../lib/cli/run/run.ts";
import { listCommand } from "../../../lib/cli/show/list.ts";
import { createExecutor } from "../../../lib/kube/exec/executor.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import { startExecStub } from "../../kube/exec/exec_stub.ts";
import { connectionTo, startStub } from "../../kube/api/stub_server.ts";
import { runOn } from "../test_host.ts";

const emptyList = { metadata: { resourceVersion: "1" }, items: [] };

Deno.test("--as, --as-uid and --as-group are headers of all that is read", async () => {
  const seen: (readonly (string | null)[])[] = [];
  await using server = startStub(({ headers }) => {
    seen.push(["user", "uid", "group"].map((name) => headers.get(`impersonate-${name}`)));
    return Response.json(emptyList);
  });
  const groups = ["--as-group", "ops", "--as-group", "net admins"];
  const { status, complained } = await runOn([listCommand], {
    args: ["list", ...groups, "pods", "--server", server.url, "--as", "ann", "--as-uid", "7"],
  });
  assert.equal(status, 0, complained);
  assert.deepEqual(seen, Array(3).fill(["ann", "7", "ops, net admins"]));
});

const target = { namespace: "ns", pod: "p", container: "agent" };

Deno.test("an exec is made as the same user, each group in a header of its own", async () => {
  const seen: string[] = [];
  await using server = await startExecStub(() => {}, {
    refuse: ({ rawHeaders }) => {
      for (const [at, name] of rawHeaders.entries()) {
        if (/^impersonate/i.test(name)) seen.push(`${name.toLowerCase()}: ${rawHeaders[at + 1]}`);
      }
      return { status: 403, body: "no" };
    },
  });
  const impersonation = { "impersonate-user": ["ann"], "impersonate-group": ["ops", "net"] };
  const executor = createExecutor({ ...connectionTo(server.url), impersonation }, { clock: systemClock });
  const { outcome } = await executor.run({ target, command: ["ip"], deadline: 30_000 });
  executor.close();
  assert.equal(outcome.kind, "rejected");
  assert.deepEqual(seen, ["impersonate-user: ann", "impersonate-group: ops", "impersonate-group: net"]);
});

Deno.test("--request-timeout bounds a list, and an exec that is not answered", async () => {
  const end = Promise.withResolvers<Response>();
  await using server = startStub(() => end.promise);
  const args = ["list", "pods", "--server", server.url, "--request-timeout", "50ms"];
  const { status, complained } = await runOn([listCommand], { args });
  end.resolve(new Response());
  assert.equal(status, 1);
  assert.match(complained, /no whole answer within 50 ms/);

  await using execs = await startExecStub(() => {}, { refuse: () => "hang" });
  const executor = createExecutor({ ...connectionTo(execs.url), requestTimeout: 50 }, { clock: systemClock });
  const { outcome } = await executor.run({ target, command: ["ip"], deadline: 30_000 });
  executor.close();
  assert.deepEqual(outcome, { kind: "unknown", reason: "no WebSocket within 0.05 s" });
});

for (
  const { it, args, says } of [
    {
      it: "an extra field without a value",
      args: ["list", "pods", "--as-user-extra", "a"],
      says: /"a": expected KEY=VALUE/,
    },
    { it: "an empty user", args: ["list", "pods", "--as", ""], says: /Cannot use --as="": expected plain/ },
    {
      it: "a time that is none",
      args: ["list", "pods", "--request-timeout", "soon"],
      says: /"soon": expected a time/,
    },
    { it: "run as somebody else", args: ["run", "--as", "ann"], says: /unknown option '--as'/ },
    {
      it: "run in a hurry",
      args: ["run", "--request-timeout", "1s"],
      says: /unknown option '--request-timeout'/,
    },
  ]
) {
  Deno.test(`command line: ${it} is a mistake`, async () => {
    const { status, complained, printed } = await runOn([listCommand, runCommand], { args });
    assert.deepEqual([status, printed], [2, ""]);
    assert.match(complained, says);
  });
}

for (const [flag, value] of [["--as-group", "ops"], ["--as-uid", "7"], ["--as-user-extra", "scopes=view"]]) {
  Deno.test(`command line: ${flag} without a user, here and in a kubeconfig, asks nobody`, async () => {
    let asked = 0;
    await using server = startStub(() => {
      asked++;
      return Response.json(emptyList);
    });
    const args = ["list", "pods", "--server", server.url, `${flag}`, `${value}`];
    const { status, complained, printed } = await runOn([listCommand], { args });
    assert.deepEqual([status, printed, asked], [3, "", 0]);
    assert.match(complained, /Cannot act as a group.* without a user: say --as/);
  });
}
