// How are programs of this machine run in the network of a pod, which has few of its own?
import type { Cluster } from "./cluster.ts";
import { command, type CommandResult, tryCommand } from "./run_command.ts";

/** Runs a program of this machine in a pod's network. */
export type ProgramsIn = (argv: readonly string[]) => Promise<CommandResult>;

/** For the pod of this uid, on a node of our own cluster. */
export async function programsIn(cluster: Cluster, uid: string): Promise<ProgramsIn> {
  const path = await networkOf(cluster, uid);
  return (argv) => tryCommand(["nsenter", `--net=${path}`, ...argv]);
}

/** The file by which a pod's network namespace is entered. */
async function networkOf({ access, nodes }: Cluster, uid: string): Promise<string> {
  for (const { containerdSocket } of access?.layout.nodes ?? []) {
    const ctr = ["ctr", "--address", containerdSocket, "--namespace", "k8s.io", "containers"];
    const filter = `labels."io.kubernetes.pod.uid"==${uid},labels."io.cri-containerd.kind"==sandbox`;
    const [id] = (await command("find the sandbox", [...ctr, "list", "--quiet", filter])).split("\n");
    if (id === undefined || id === "") continue;
    const info = await command("look at the sandbox", [...ctr, "info", id]);
    const path = /"type": "network",\s*"path": "([^"]+)"/.exec(info)?.[1];
    if (path !== undefined) return path;
  }
  throw new Error(`Cannot find the network of pod ${uid} on ${nodes.join(", ")}`);
}

/** A program that goes on, and what it has printed. */
export interface Watch {
  readonly lines: readonly string[];
  /** Tells it to end, and waits for that. */
  readonly end: () => Promise<void>;
}

/** Starts a program of this machine in a pod's network. */
export async function watchIn(cluster: Cluster, uid: string, argv: readonly string[]): Promise<Watch> {
  const path = await networkOf(cluster, uid);
  const child = new Deno.Command("nsenter", {
    args: [`--net=${path}`, ...argv],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines: string[] = [];
  const read = readLines(child.stdout, lines);
  return {
    lines,
    end: async () => {
      // It may have ended by itself.
      try {
        child.kill("SIGINT");
      } catch { /* then there is nothing to end */ }
      await Promise.all([read, child.status]);
    },
  };
}

async function readLines(stream: ReadableStream<Uint8Array>, lines: string[]): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  }
}
