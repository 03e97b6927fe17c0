// Which commands does a toy container know, and what do they do?
import type { ToyHost } from "./plane.ts";
import type { ToyContainer } from "./pod.ts";
import { ToyProcess, type ToyProgram } from "./process.ts";
import { reaches } from "./reach.ts";
import { toyAgent } from "./agent_program.ts";
import type { ToySession } from "../toy/session.ts";

/** Where a command runs. */
export interface ToyPlace {
  readonly host: ToyHost;
  readonly others: () => readonly ToyHost[];
  readonly container: ToyContainer;
}

interface Outcome {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code: number;
}

/** Runs a command, or undefined when the toy has no such program. */
export function startToyProgram(argv: readonly string[], place: ToyPlace): ToyProcess | undefined {
  const [program, ...args] = argv;
  switch (program) {
    case "ip":
    case "bridge":
      if (!args.includes("-batch")) return finished(place.host.namespace.run(argv));
      return batch(place.host.namespace.batch(program === "ip" && args.includes("-6") ? "ip6" : program));
    case "vxlan-agent":
      if (!place.container.hasProgram || args.length > 0) return undefined;
      return new ToyProcess((io) =>
        toyAgent(io, {
          open: (tool) => place.host.namespace.batch(tool),
          release: () => void place.container.signal("TERM"),
        })
      );
    case "cat":
      if (args[0] === undefined) return echo();
      break;
    case "kill":
      return afterwards(() => place.container.signal(args.includes("-KILL") ? "KILL" : "TERM"));
    case "touch":
      return afterwards(() => place.container.touched(args[0] ?? ""));
  }
  const outcome = outcomeOf(argv, place);
  return outcome && finished(outcome);
}

/** What a command that changes nothing comes to, or undefined when the toy has no such program. */
export function outcomeOf(argv: readonly string[], place: ToyPlace): Outcome | undefined {
  const [program, ...args] = argv;
  switch (program) {
    case "cat":
      return readFile(args[0] ?? "", place);
    case "grep":
      return grep(args, place);
    case "ping":
      return ping(args.at(-1) ?? "", place);
    case "echo":
      return { stdout: `${args.join(" ")}\n`, code: 0 };
    case "true":
      return { code: 0 };
    case "false":
      return { code: 1 };
    case "sh":
      return shell(args);
    default:
      return undefined;
  }
}

const deaf: ToyProgram = { input: () => {}, end: () => {} };

function finished({ stdout = "", stderr = "", code }: Outcome): ToyProcess {
  return new ToyProcess((io) => {
    io.out(stdout);
    io.err(stderr);
    io.exit(code);
    return deaf;
  });
}

/** A command whose effect may be the end of its own container: it reports success first, as a signal is sent. */
function afterwards(effect: () => Promise<void>): ToyProcess {
  const process = finished({ code: 0 });
  void effect();
  return process;
}

function echo(): ToyProcess {
  return new ToyProcess((io) => ({ input: io.out, end: () => io.exit(0) }));
}

function batch(session: ToySession): ToyProcess {
  return new ToyProcess((io) => {
    let rest = "";
    let over = false;
    const take = (line: string): void => {
      const { stdout = "", stderr = "", ended } = session.line(line);
      io.out(stdout);
      io.err(stderr);
      if (ended === undefined) return;
      over = true;
      io.exit(ended);
    };
    return {
      input: (text) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (!over) take(line);
      },
      end: () => {
        if (rest !== "") take(rest);
        if (!over) io.exit(session.end());
      },
    };
  });
}

function readFile(path: string, { host }: ToyPlace): Outcome {
  const link = path.match(/^\/sys\/class\/net\/([^/]+)\/ifalias$/)?.[1];
  const known = link !== undefined && host.namespace.run(["ip", "link", "show", "dev", link]).code === 0;
  if (!known) return { stderr: `cat: ${path}: No such file or directory\n`, code: 1 };
  const alias = host.namespace.aliasOf(link);
  return { stdout: alias === "" ? "" : `${alias}\n`, code: 0 };
}

/** `grep [-qxF] TEXT FILE`: fixed text only. */
function grep(args: readonly string[], place: ToyPlace): Outcome {
  const flags = args.filter((word) => word.startsWith("-")).join("");
  const [text = "", path = ""] = args.filter((word) => !word.startsWith("-"));
  const file = readFile(path, place);
  if (file.code !== 0) return { ...file, code: 2 };
  const lines = (file.stdout ?? "").split("\n").slice(0, -1);
  const hits = lines.filter((line) => flags.includes("x") ? line === text : line.includes(text));
  const stdout = flags.includes("q") ? "" : hits.map((line) => `${line}\n`).join("");
  return { stdout, code: hits.length > 0 ? 0 : 1 };
}

function ping(address: string, place: ToyPlace): Outcome {
  const received = reaches(place.host, { address, hosts: place.others() }) ? 1 : 0;
  return { stdout: `1 packets transmitted, ${received} received\n`, code: received === 1 ? 0 : 1 };
}

/** `sh -c 'exit N'`, for tests of exit statuses. */
function shell([flag, text = ""]: readonly string[]): Outcome {
  const exit = flag === "-c" ? text.match(/^exit (\d+)$/)?.[1] : undefined;
  if (exit !== undefined) return { code: Number(exit) };
  return { stderr: "sh: the toy has no shell\n", code: 127 };
}
