// Is nothing left behind, neither by a sandbox that is closed nor by a test that is killed?
import assert from "node:assert/strict";
import { availablePlanes } from "../kubelet/available_planes.ts";
import { waitFor } from "../tools/waiting.ts";
import { alive } from "./space_processes.ts";

const ignore = !availablePlanes.includes("namespaces");

Deno.test({
  name: "a closed sandbox leaves no process, port or name space",
  ignore,
  fn: async () => {
    const child = startProgram("close");
    const { code, stdout } = await child.output();
    assert.equal(code, 0);
    const { started, left, url, processes }: Report & { readonly left: number } = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    assert.ok(started > 0, "there was something to leave behind");
    assert.equal(left, 0);
    await waitFor(async () => (await alive(processes)).length === 0, { what: "all its processes to end" });
    await assert.rejects(fetch(url), TypeError);
  },
});

Deno.test({
  name: "a killed test leaves no process and so no name space",
  ignore,
  fn: async () => {
    const child = startProgram("wait");
    const report: Report = JSON.parse(await firstLine(child.stdout));
    assert.equal(report.spaces, 1, "one holder, one process namespace");
    assert.ok((await alive(report.processes)).length >= 3, "holder, pause and container run");
    child.kill("SIGKILL");
    await child.status;
    await waitFor(async () => (await alive(report.processes)).length === 0, {
      what: "all its processes have ended",
    });
  },
});

/** What the program says of its sandbox: child processes, base URL, process namespaces and who is in them. */
interface Report {
  readonly started: number;
  readonly url: string;
  readonly spaces: number;
  readonly processes: readonly string[];
}

/** A process of its own: this one has the children of every test that runs beside this. */
function startProgram(then: "close" | "wait"): Deno.ChildProcess {
  const program = new URL("./leftovers_program.ts", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", program, then],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}
