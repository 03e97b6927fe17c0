// What do we rely on when a command is run in a container?
import assert from "node:assert/strict";
import type { ApiExec, ApiUnderTest, ExecEnd, Json } from "./api_under_test.ts";
import { type Case, Scene } from "./scene.ts";

const v5 = "v5.channel.k8s.io";
const v4 = "v4.channel.k8s.io";
const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;
const session = ["ip", "-json", "-details", "-force", "-batch", "-"];
const success = { metadata: {}, status: "Success" };

interface Asked {
  readonly command: readonly string[];
  readonly container?: string;
  readonly stdin?: boolean;
  readonly protocols?: readonly string[];
}

/** Clauses about pods/exec. */
export const execCases: readonly Case[] = [
  withPod("exec: output, then Success, then a close with 1000", async (run) => {
    await using exec = run({ command: ["echo", "hello"] });
    assert.equal(await exec.opened, v5);
    assert.deepEqual(await exec.ended, { kind: "closed", code: 1000 });
    assert.equal(textOf(exec, channels.stdout), "hello\n");
    assert.deepEqual(statusOf(exec), success);
    assert.equal(exec.frames.at(-1)?.channel, channels.status, "the status is the last word");
  }),
  withPod("exec: the first frame of a stream is empty", async (run) => {
    await using exec = run({ command: ["echo", "hello"] });
    await exec.ended;
    assert.deepEqual(exec.frames[0], { channel: channels.stdout, text: "" });
  }),
  withPod("exec: with v4 alone too", async (run) => {
    await using exec = run({ command: ["echo", "hello"], protocols: [v4] });
    assert.equal(await exec.opened, v4);
    await exec.ended;
    assert.deepEqual([textOf(exec, channels.stdout), statusOf(exec)], ["hello\n", success]);
  }),
  withPod("exec: of two protocols v5 is taken, whichever is named first", async (run) => {
    await using exec = run({ command: ["true"], protocols: [v4, v5] });
    assert.equal(await exec.opened, v5);
    await exec.ended;
  }),
  withPod("exec: an exit code", async (run) => {
    await using exec = run({ command: ["sh", "-c", "exit 7"] });
    assert.deepEqual(await exec.ended, { kind: "closed", code: 1000 });
    assert.deepEqual(statusOf(exec), {
      metadata: {},
      status: "Failure",
      message: "command terminated with non-zero exit code: command terminated with exit code 7",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "7" }] },
    });
  }),
  withPod("exec: stderr on its own channel", async (run) => {
    await using exec = run({ command: ["cat", "/nosuch"] });
    await exec.ended;
    assert.match(textOf(exec, channels.stderr), /nosuch/);
    assert.equal(textOf(exec, channels.stdout), "");
    assert.equal(statusOf(exec).details.causes[0].message, "1");
  }),
  withPod("exec: a program that is not there", async (run) => {
    await using exec = run({ command: ["nosuch"] });
    assert.deepEqual(await exec.ended, { kind: "closed", code: 1000 });
    const status = statusOf(exec);
    assert.deepEqual([status.status, status.reason, status.code], ["Failure", "InternalError", 500]);
    assert.match(status.message, /exec: "nosuch": executable file not found in \$PATH/);
  }),
  withPod("exec: without a command it opens, and fails", async (run) => {
    await using exec = run({ command: [] });
    assert.deepEqual(await exec.ended, { kind: "closed", code: 1000 });
    const status = statusOf(exec);
    assert.deepEqual([status.status, status.reason, status.code], ["Failure", "InternalError", 500]);
  }),
  withPod("exec: v5 half-closes stdin, and the command ends", async (run) => {
    await using exec = run({ command: ["cat"], stdin: true });
    assert.equal(await exec.opened, v5);
    exec.send(channels.stdin, "one\n");
    exec.send(channels.stdin, "two\n");
    exec.sendBytes(new Uint8Array([channels.close, channels.stdin]));
    assert.deepEqual(await exec.ended, { kind: "closed", code: 1000 });
    assert.deepEqual([textOf(exec, channels.stdout), statusOf(exec)], ["one\ntwo\n", success]);
  }),
  withPod("exec: v4 knows no half-close: the command waits for more", async (run) => {
    await using exec = run({ command: ["cat"], stdin: true, protocols: [v4] });
    await exec.opened;
    exec.sendBytes(new Uint8Array([channels.close, channels.stdin]));
    exec.send(channels.stdin, "still read\n");
    await untilText(exec, { channel: channels.stdout, text: "still read\n" });
    assert.equal(statusOf(exec), undefined);
  }),
  withPod("exec: without stdin a command that reads it ends", async (run) => {
    await using exec = run({ command: ["cat"] });
    await exec.ended;
    assert.deepEqual([textOf(exec, channels.stdout), statusOf(exec)], ["", success]);
  }),
  withPod("exec: a session answers line by line while stdin stays open", async (run) => {
    await using exec = run({ command: session, stdin: true });
    await exec.opened;
    exec.send(channels.stdin, "link show dev lo\n");
    const first = await untilLines(exec, 1);
    assert.equal(JSON.parse(first[0] ?? "")[0].ifname, "lo");
    exec.send(channels.stdin, "link show dev eth0\n");
    const both = await untilLines(exec, 2);
    assert.equal(JSON.parse(both[1] ?? "")[0].ifname, "eth0");
    exec.sendBytes(new Uint8Array([channels.close, channels.stdin]));
    assert.deepEqual(await exec.ended, { kind: "closed", code: 1000 });
  }),
  withPod("exec: a session that is refused a line goes on, and fails at its end", async (run) => {
    await using exec = run({ command: session, stdin: true });
    await exec.opened;
    exec.send(channels.stdin, "link delete dev nosuch\nlink show dev lo\n");
    await untilLines(exec, 1);
    exec.sendBytes(new Uint8Array([channels.close, channels.stdin]));
    await exec.ended;
    assert.match(textOf(exec, channels.stderr), /Command failed -:1/);
    assert.equal(statusOf(exec).reason, "NonZeroExitCode");
  }),
  withPod("exec: a connection closed by the client is closed with 1000 by the server", async (run) => {
    await using exec = run({ command: ["cat"], stdin: true });
    await exec.opened;
    exec.close();
    assert.deepEqual(await exec.ended, { kind: "closed", code: 1000 });
  }),
  withPod("exec: 200 lines arrive whole and in order", async (run) => {
    await using exec = run({ command: ["cat"], stdin: true });
    await exec.opened;
    const lines = Array.from({ length: 200 }, (_, at) => `line ${at} ${"x".repeat(500)}\n`);
    for (const line of lines) exec.send(channels.stdin, line);
    exec.sendBytes(new Uint8Array([channels.close, channels.stdin]));
    await exec.ended;
    assert.equal(textOf(exec, channels.stdout), lines.join(""));
  }),
  refusal("exec: a pod that is not there is 404", { pod: "none" }, (end) => {
    const status = JSON.parse(end.text);
    assert.deepEqual([end.status, status.kind, status.reason], [404, "Status", "NotFound"]);
  }),
  refusal("exec: a container that the pod does not have is 400", { container: "nosuch" }, (end) => {
    const status = JSON.parse(end.text);
    assert.deepEqual([end.status, status.reason], [400, "BadRequest"]);
    assert.match(status.message, /^container nosuch is not valid for pod /);
  }),
  refusal("exec: a container that does not run is 500, and no Status", { container: "first" }, (end) => {
    assert.equal(end.status, 500);
    assert.match(end.text, /^container not found \("first"\)/);
  }),
  refusal("exec: subprotocols that nobody knows are 403, without a word", {
    protocols: ["v9.channel.k8s.io"],
  }, (end) => {
    assert.deepEqual([end.status, end.text], [403, ""]);
  }),
  {
    it: "exec: a pod that is on no node is 400",
    test: async (scene) => {
      const { metadata } = await scene.pod("a");
      await using exec = execIn(scene, metadata.name, { command: ["true"] });
      const end = await refusedEnd(exec);
      assert.equal(end.status, 400);
      assert.equal(JSON.parse(end.text).message, `pod ${metadata.name} does not have a host assigned`);
    },
  },
  {
    it: "exec: in an init container that runs, before the pod has started; the address is known",
    test: async (scene) => {
      const image = scene.api.image;
      const initContainers = [{ name: "first", image, imagePullPolicy: "IfNotPresent" }];
      const { metadata } = await scene.pod("a", { schedulerName: "default-scheduler", initContainers });
      const pod = await scene.podWhen(metadata.name, (one) => stateOf(one, "first") === "running");
      assert.equal(pod.status.phase, "Pending");
      assert.ok(pod.status.podIP);
      await using exec = execIn(scene, metadata.name, { command: ["echo", "here"], container: "first" });
      await exec.ended;
      assert.equal(textOf(exec, channels.stdout), "here\n");
      await using early = execIn(scene, metadata.name, { command: ["true"] });
      assert.equal((await refusedEnd(early)).status, 500);
    },
  },
  {
    it: "exec: TERM for process 1 ends the container, and the init container is over",
    test: async (scene) => {
      const image = scene.api.image;
      const initContainers = [{ name: "first", image, imagePullPolicy: "IfNotPresent" }];
      const { metadata } = await scene.pod("a", { schedulerName: "default-scheduler", initContainers });
      await scene.podWhen(metadata.name, (one) => stateOf(one, "first") === "running");
      await using exec = execIn(scene, metadata.name, {
        command: ["kill", "-TERM", "1"],
        container: "first",
      });
      await exec.ended;
      const pod = await scene.podWhen(metadata.name, (one) => one.status.phase === "Running");
      assert.equal(pod.status.initContainerStatuses[0].state.terminated.exitCode, 0);
      assert.equal(pod.status.initContainerStatuses[0].restartCount, 0);
    },
  },
  {
    it: "exec: the connection ends when the pod goes",
    test: async (scene) => {
      const { metadata } = await scene.runningPod("a");
      await using exec = execIn(scene, metadata.name, { command: ["cat"], stdin: true });
      await exec.opened;
      const path = scene.path(`pods/${metadata.name}`);
      await scene.must({ path, method: "DELETE", body: { gracePeriodSeconds: 1 } });
      assert.equal((await exec.ended).kind, "closed");
      assert.notDeepEqual(statusOf(exec), success);
    },
  },
];

type Run = (asked: Asked) => ApiExec;

/** A clause on a pod with an init container `first` that is over, and a container `c` that runs. */
function withPod(it: string, test: (run: Run, scene: Scene) => Promise<void>): Case {
  return {
    it,
    test: async (scene) => {
      const pod = await target(scene);
      await test((asked) => execIn(scene, pod, asked), scene);
    },
  };
}

function refusal(
  it: string,
  asked: Partial<Asked> & { readonly pod?: string },
  check: (end: ExecEnd & { readonly kind: "refused" }) => void,
): Case {
  return {
    it,
    test: async (scene) => {
      const pod = asked.pod === undefined ? await target(scene) : scene.name(asked.pod);
      await using exec = execIn(scene, pod, { command: ["true"], ...asked });
      check(await refusedEnd(exec));
    },
  };
}

/** One pod for all clauses that leave it as it is: a real node takes a second for each. It goes with the namespace. */
const targets = new WeakMap<ApiUnderTest, Promise<string>>();

function target({ api, mark }: Scene): Promise<string> {
  const known = targets.get(api);
  if (known !== undefined) return known;
  const made = (async () => {
    // A scene of its own, which nobody disposes of.
    const scene = new Scene(api, `${mark}-all`);
    const initContainers = [
      { name: "first", image: api.image, command: ["true"], imagePullPolicy: "IfNotPresent" },
    ];
    const { metadata } = await scene.runningPod("target", { initContainers });
    return metadata.name;
  })();
  targets.set(api, made);
  return made;
}

function execIn(scene: Scene, pod: string, asked: Asked): ApiExec {
  const { command, container = "c", stdin = false, protocols = [v5, v4] } = asked;
  const query = new URLSearchParams({ container, stdout: "true", stderr: "true" });
  if (stdin) query.set("stdin", "true");
  for (const word of command) query.append("command", word);
  return scene.api.exec(`${scene.path(`pods/${pod}/exec`)}?${query}`, { protocols });
}

async function refusedEnd(exec: ApiExec): Promise<ExecEnd & { readonly kind: "refused" }> {
  const end = await exec.ended;
  if (end.kind === "closed") assert.fail(`it was not refused: ${JSON.stringify(exec.frames)}`);
  return end;
}

function textOf(exec: ApiExec, channel: number): string {
  return exec.frames.filter((frame) => frame.channel === channel).map(({ text }) => text).join("");
}

/** The final Status, if it has come. */
function statusOf(exec: ApiExec): Json {
  const text = textOf(exec, channels.status);
  return text === "" ? undefined : JSON.parse(text);
}

async function untilText(
  exec: ApiExec,
  wanted: { readonly channel: number; readonly text: string },
): Promise<void> {
  await arrived(exec, () => textOf(exec, wanted.channel).includes(wanted.text), JSON.stringify(wanted.text));
}

async function untilLines(exec: ApiExec, count: number): Promise<readonly string[]> {
  const lines = (): string[] => textOf(exec, channels.stdout).split("\n").slice(0, -1);
  await arrived(exec, () => lines().length >= count, `${count} lines`);
  return lines();
}

async function arrived(exec: ApiExec, condition: () => boolean, what: string): Promise<void> {
  let over = false;
  void exec.ended.then(() => over = true);
  for (const until = performance.now() + 90_000; !condition();) {
    if (over || performance.now() > until) assert.fail(`${what} never came: ${JSON.stringify(exec.frames)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function stateOf(pod: Json, container: string): string {
  const status = pod.status.initContainerStatuses?.find((one: Json) => one.name === container);
  return Object.keys(status?.state ?? {})[0] ?? "";
}
