// The agent's program in memory: the protocol of agent/README.md over the toy's tools. Its grammar is the real one's.
import type { Tool } from "../../../lib/overlay/step.ts";
import type { ToySession } from "../toy/session.ts";
import type { ToyIo, ToyProgram } from "./process.ts";

/** What it stands on. */
export interface ToyAgentMeans {
  /** Starts a tool. */
  readonly open: (tool: Tool) => ToySession;
  /** TERM to the container's main process. */
  readonly release: () => void;
}

/** A running session. */
export function toyAgent(io: ToyIo, means: ToyAgentMeans): ToyProgram {
  const tools = new Map<string, ToySession>();
  let [number, broken, rest] = [0, false, ""];

  const frame = (kind: string, payload = ""): void => {
    const bytes = new TextEncoder().encode(payload);
    for (let from = 0; from === 0 || from < bytes.length; from += pieceLength) {
      const piece = new TextDecoder().decode(bytes.subarray(from, from + pieceLength));
      io.out(`${kind} ${number} ${new TextEncoder().encode(piece).length}\n${piece}\n`);
    }
  };

  function take(line: string): void {
    number++;
    const [first = "", ...words] = line.split(" ");
    if (first === "end") {
      frame("end", words.join(" "));
      [number, broken] = [0, false];
    } else if (broken) return;
    else if (first === "restart") tools.delete(words[0] ?? "");
    else if (line === "release" && number === 1) {
      frame("released");
      means.release();
    } else if (toolNames.includes(first) && isKnown(first, words)) run(first, words.join(" "));
    else {
      broken = true;
      frame("refused", `${JSON.stringify(line)} is not let through`);
    }
  }

  function run(name: string, text: string): void {
    const tool = tools.get(name) ?? means.open(name === "bridge" || name === "ip6" ? name : "ip");
    tools.set(name, tool);
    const { stdout, stderr, ended } = tool.line(text);
    if (stdout !== undefined) frame("out", stdout);
    if (ended !== undefined) {
      tools.delete(name);
      broken = true;
      return frame("died", `${name}: it ended: exit status ${ended}: ${(stderr ?? "").trim()}`);
    }
    const said = (stderr ?? "").replace(/Command failed -:\d+\n$/, "").trim();
    if (stderr !== undefined) frame("err", said);
  }

  io.out("hello 1 0\n\n");
  return {
    input: (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    },
    end: () => io.exit(0),
  };
}

const pieceLength = 32 * 1024;
const toolNames = ["ip", "ip6", "bridge"];
const objects: Readonly<Record<string, readonly string[]>> = {
  ip: ["address", "link", "neigh", "route", "rule"],
  bridge: ["fdb", "link"],
};

function isKnown(tool: string, [object = "", verb = ""]: readonly string[]): boolean {
  return (objects[tool === "bridge" ? tool : "ip"] ?? []).includes(object) && verb !== "save" &&
    verb !== "restore";
}
