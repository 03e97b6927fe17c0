// Is nothing left behind, neither by a sandbox that is closed nor by a test that is killed?
import assert from "node:assert/strict";
import { availablePlanes } from "../kubelet/available_planes.ts";
import { childrenOf } from "./processes.ts";
import { startSandbox } from "../sandbox.ts";
import { waitFor } from "../tools/waiting.ts";

const ignore = !availablePlanes.includes("namespaces");
const pod = `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: x}]}}`;

Deno.test({
  name: "a closed sandbox leaves no process, port or name space",
  ignore,
  fn: async () => {
    const before = await childrenOf(Deno.pid);
    const sandbox = await startSandbox({ dataPlane: "namespaces" });
    const { url } = sandbox.server;
    sandbox.apply(pod);
    await sandbox.waitForPhase({ name: "p" }, "Running");
    assert.ok((await childrenOf(Deno.pid)).length > before.length, "there was something to leave behind");
    const spaces = await spacesOf(await childrenOf(Deno.pid));
    await sandbox.close();
    assert.deepEqual(await childrenOf(Deno.pid), before);
    assert.deepEqual(await processesIn(spaces), []);
    await assert.rejects(fetch(url), TypeError);
  },
});

Deno.test({
  name: "a killed test leaves no process and so no name space",
  ignore,
  fn: async () => {
    const program = new URL("./leftovers_program.ts", import.meta.url).pathname;
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", program],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const spaces = new Set((await firstLine(process.stdout)).split(" ").filter((space) => space !== ""));
    assert.equal(spaces.size, 1, "one holder, one process namespace");
    assert.ok((await processesIn(spaces)).length >= 3, "holder, pause and container run");
    process.kill("SIGKILL");
    await process.status;
    await waitFor(async () => (await processesIn(spaces)).length === 0, {
      what: "all its processes have ended",
    });
  },
});

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}

/** The process namespaces that these processes have made or entered. */
async function spacesOf(pids: readonly number[]): Promise<ReadonlySet<string>> {
  const own = await Deno.readLink(`/proc/${Deno.pid}/ns/pid`);
  const all = await Promise.all(pids.map((pid) => linkOf(pid, "pid_for_children")));
  return new Set(all.filter((space) => space !== own && space !== ""));
}

/** Everything on this machine that lives in, or leads into, one of these process namespaces. */
async function processesIn(spaces: ReadonlySet<string>): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const links = await Promise.all([linkOf(Number(name), "pid"), linkOf(Number(name), "pid_for_children")]);
    if (links.some((link) => spaces.has(link))) found.push(Number(name));
  }
  return found;
}

async function linkOf(pid: number, kind: string): Promise<string> {
  try {
    return await Deno.readLink(`/proc/${pid}/ns/${kind}`);
  } catch {
    return "";
  }
}
