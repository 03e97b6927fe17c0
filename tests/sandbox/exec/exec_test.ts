// Does exec speak as the real API server and kubelet do, and go wrong as it is told to?
import assert from "node:assert/strict";
import { WebSocket as NodeWebSocket } from "ws";
import { availablePlanes } from "../kubelet/available_planes.ts";
import { call } from "../api/api_client.ts";
import { type ExecCall, type ExecTranscript, execute } from "./exec_client.ts";
import type { ExecFault } from "../faults/faults.ts";
import { Sandbox, startSandbox } from "../sandbox.ts";
import { pods as podsResource } from "../api/resources.ts";
import { waitFor } from "../tools/waiting.ts";

const pod = `
apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  initContainers: [{ name: first, image: x, command: ["true"] }]
  containers: [{ name: c, image: x }]
`;

function story(name: string, tell: (sandbox: Sandbox) => Promise<void>): void {
  for (const dataPlane of availablePlanes) {
    Deno.test(`${name} (${dataPlane})`, async () => {
      await using sandbox = await startSandbox({ dataPlane });
      sandbox.apply(pod);
      await sandbox.waitForPhase({ name: "p" }, "Running");
      await tell(sandbox);
    });
  }
}

function run(
  sandbox: Sandbox,
  command: readonly string[],
  more: Partial<ExecCall> = {},
): Promise<ExecTranscript> {
  return execute(sandbox.server.url, { pod: "p", container: "c", command, ...more });
}

story("a command that succeeds: an empty frame first, Success last", async (sandbox) => {
  const done = await run(sandbox, ["echo", "hello"]);
  assert.deepEqual([done.stdout, done.protocol, done.frames, done.clean], [
    "hello\n",
    "v5.channel.k8s.io",
    "1 1 3",
    true,
  ]);
  assert.deepEqual(done.status, { metadata: {}, status: "Success" });
});

story("exit statuses", async (sandbox) => {
  const failed = await run(sandbox, ["sh", "-c", "exit 7"]);
  assert.equal(failed.status.reason, "NonZeroExitCode");
  assert.deepEqual(failed.status.details.causes, [{ reason: "ExitCode", message: "7" }]);
});

story("stdin is handed on, and with v5 its end", async (sandbox) => {
  assert.equal((await run(sandbox, ["cat"], { stdin: "one\ntwo\n" })).stdout, "one\ntwo\n");
  assert.deepEqual(sandbox.counters.execs({ program: "cat" })[0]?.lines, ["one", "two"]);
});

story("v4 alone", async (sandbox) => {
  const done = await run(sandbox, ["true"], { protocols: ["v4.channel.k8s.io"] });
  assert.deepEqual([done.protocol, done.status.status], ["v4.channel.k8s.io", "Success"]);
});

story("a client that lists the protocols without blanks", async (sandbox) => {
  const path = "/api/v1/namespaces/default/pods/p/exec?command=true&stdout=true";
  const socket = new NodeWebSocket(sandbox.server.url.replace("http", "ws") + path, [
    "v5.channel.k8s.io",
    "v4.channel.k8s.io",
  ]);
  const closed = Promise.withResolvers<number>();
  socket.on("close", closed.resolve);
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  assert.equal(socket.protocol, "v5.channel.k8s.io");
  assert.equal(await closed.promise, 1000);
});

story("a session of ip answers line by line", async (sandbox) => {
  const stdin = "link show dev lo\nlink show dev eth0\n";
  const done = await run(sandbox, ["ip", "-json", "-details", "-force", "-batch", "-"], { stdin });
  const names = done.stdout.trim().split("\n").map((line) => JSON.parse(line)[0].ifname);
  assert.deepEqual([names, done.status.status], [["lo", "eth0"], "Success"]);
});

story("a program that does not exist", async (sandbox) => {
  const { status } = await run(sandbox, ["nosuch"]);
  assert.deepEqual([status.reason, status.code], ["InternalError", 500]);
  assert.match(status.message, /exec: "nosuch": executable file not found in \$PATH/);
});

story("TERM for process 1 ends the container; it is started anew", async (sandbox) => {
  const before = sandbox.kubelet.containerOf(uidOf(sandbox), "c")?.id;
  await run(sandbox, ["kill", "-TERM", "1"]);
  await waitFor(() => {
    const now = sandbox.kubelet.containerOf(uidOf(sandbox), "c")?.id;
    return now !== undefined && now !== before;
  }, { what: "the container runs again, as another" });
});

function uidOf(sandbox: Sandbox): string {
  return sandbox.store.list(podsResource)[0]?.metadata.uid ?? "";
}

story("refused before anything runs", async (sandbox) => {
  const path = "/api/v1/namespaces/default/pods";
  const command = "command=true&stdout=true";
  const headers = { upgrade: "websocket", connection: "upgrade" };
  const cases = [
    { it: "no such pod", path: `${path}/q/exec?${command}`, is: [404, 'pods "q" not found'] },
    {
      it: "no such container",
      path: `${path}/p/exec?container=x&${command}`,
      is: [400, "container x is not valid for pod p"],
    },
    { it: "no upgrade", path: `${path}/p/exec?${command}`, is: [400, "Upgrade request required"] },
  ];
  for (const { it, path, is } of cases) {
    const { status, json } = await call(sandbox.server.url, {
      path,
      headers: it === "no upgrade" ? {} : headers,
    });
    assert.deepEqual([status, json.message], is, it);
  }
  const ended = await fetch(`${sandbox.server.url}${path}/p/exec?container=first&${command}`);
  assert.deepEqual([ended.status, await ended.text()], [500, 'container not found ("first")\n']);
});

const faultCases: readonly {
  readonly it: string;
  readonly fault: ExecFault;
  readonly command?: readonly string[];
  readonly sees: Partial<ExecTranscript>;
}[] = [
  {
    it: "dropped after one line",
    fault: { kind: "drop", afterLines: 1 },
    sees: { clean: false, status: undefined },
  },
  {
    it: "closed without a status",
    fault: { kind: "close-without-status", afterLines: 1 },
    sees: { clean: true, status: undefined },
  },
  { it: "late output", fault: { kind: "slow", delay: 20 }, sees: { clean: true, stdout: "one\ntwo\n" } },
];
for (const { it, fault, sees } of faultCases) {
  story(it, async (sandbox) => {
    sandbox.faults.onExec({ pod: "p", command: ["cat"] }, fault);
    const transcript = await run(sandbox, ["cat"], { stdin: "one\ntwo\n" });
    for (const [name, value] of Object.entries(sees)) {
      assert.deepEqual(transcript[name as keyof ExecTranscript], value, name);
    }
    const lines = "afterLines" in fault ? ["one"] : ["one", "two"];
    assert.deepEqual(sandbox.counters.execs()[0]?.lines, lines, "what reached the process");
  });
}

story("the process killed midway", async (sandbox) => {
  sandbox.faults.onExec({}, { kind: "kill-process", afterLines: 1 });
  const { status, clean } = await run(sandbox, ["cat"], { stdin: "one\ntwo\n" });
  assert.deepEqual([status.details.causes[0].message, clean], ["137", true]);
});

story("flooded", async (sandbox) => {
  sandbox.faults.onExec({}, { kind: "flood", bytes: 2_000_000 });
  assert.ok((await run(sandbox, ["true"])).stdout.length >= 2_000_000);
});

story("hung: the connection opens and says nothing", async (sandbox) => {
  const placed = sandbox.faults.onExec({}, { kind: "hang" });
  const giveUp = new AbortController();
  const hung = run(sandbox, ["echo", "x"], { signal: giveUp.signal });
  await waitFor(() => placed.hits === 1, { what: "the exec has come in" });
  assert.equal((await run(sandbox, ["echo", "y"])).stdout, "y\n");
  giveUp.abort();
  assert.deepEqual((await hung).status, undefined);
});

story("refused by a fault", async (sandbox) => {
  sandbox.faults.onExec({}, { kind: "refuse", code: 403, message: "no exec for you" });
  await assert.rejects(run(sandbox, ["true"]), /did not open/);
  assert.equal((await run(sandbox, ["true"])).status.status, "Success");
});
