// Can this machine make network namespaces, and what do real `ip` and `bridge` do with lines in a new one?
import { ipQuestions } from "../../../lib/overlay/iproute2/questions.ts";
import { observeFdb, readFdb, readIp, readRefusals } from "../../../lib/overlay/iproute2/read.ts";
import { allRules, readRules } from "../../../lib/overlay/iproute2/read_rules.ts";
import { batchCommand } from "../../../lib/overlay/iproute2/render.ts";
import type { Observation } from "../../../lib/overlay/observation.ts";
import type { Tool } from "../../../lib/overlay/step.ts";

/** Some lines for one run of a tool. */
export interface Batch {
  readonly tool: Tool;
  readonly lines: readonly string[];
}

/** What became of one batch. */
export interface BatchResult {
  /** Numbers of the lines refused, from 1. */
  readonly refused: readonly number[];
  readonly status: number;
}

/** What became of all batches, and what was seen in the end. */
export interface Run {
  readonly results: readonly BatchResult[];
  readonly observed: Observation;
}

/** How to start a command in a new namespace; undefined where that cannot be had. Found out by trying. */
export async function namespaceCommand(): Promise<readonly string[] | undefined> {
  for (const command of [["unshare", "-n"], ["unshare", "-Urnm"]]) {
    const probe = await runScript(
      command,
      "ip link add eth0 type veth peer name eth0p && bridge -json fdb show",
    );
    if (probe.success) return command;
  }
  return undefined;
}

/**
 * Runs batches one after the other in a new namespace, after the set-up script, and looks at what is left.
 */
export async function runInNamespace(
  command: readonly string[],
  { setUp, batches, questions = ipQuestions({ interfaces: [] }) }: {
    readonly setUp: string;
    readonly batches: readonly Batch[];
    /** What `ip` is asked in the end; by default by one who wants nothing. */
    readonly questions?: readonly string[];
  },
): Promise<Run> {
  const looks: readonly Batch[] = [
    { tool: "ip", lines: questions },
    { tool: "bridge", lines: observeFdb },
    { tool: "ip", lines: [allRules] },
    { tool: "ip6", lines: [allRules] },
  ];
  const script = [
    `{ ${setUp}\n} >&2 || exit 9`,
    ...batches.map(({ tool, lines }) => `${heredoc({ tool, lines })} 2>&1 >/dev/null; echo "@status $?"`),
    ...looks.map((look) => `echo @look; ${heredoc(look)}`),
  ].join("\n");
  const output = await runScript(command, script);
  if (!output.success) throw new Error(`Cannot run in a namespace: ${output.stderr}`);
  return readRun(output.stdout, questions);
}

function heredoc({ tool, lines }: Batch): string {
  // The redirections of the caller follow on the first line, before the text.
  return `run_${tool}() { ${batchCommand(tool).join(" ")} <<'LINES'\n${
    lines.join("\n")
  }\nLINES\n}; run_${tool}`;
}

function readRun(stdout: string, questions: readonly string[]): Run {
  const [batches = "", ip = "", bridge = "", rules4 = "", rules6 = ""] = stdout.split("@look\n");
  const results = batches.split(/^@status /m).slice(1).map((rest) => Number.parseInt(rest));
  const stderrs = batches.split(/^@status .*\n/m);
  return {
    results: results.map((status, position) => ({
      status,
      refused: readRefusals(stderrs[position] ?? "").map(({ line }) => line),
    })),
    observed: {
      ...readIp(ip.trim().split("\n"), questions),
      fdb: readFdb(bridge.trim().split("\n")),
      rules: [...readRules(rules4.trim(), 4), ...readRules(rules6.trim(), 6)].filter(({ ours }) => ours),
    },
  };
}

/** Runs a shell script in a new namespace. */
export async function runScript(
  command: readonly string[],
  script: string,
): Promise<{ readonly success: boolean; readonly stdout: string; readonly stderr: string }> {
  const [program = "", ...args] = command;
  try {
    const child = new Deno.Command(program, {
      args: [...args, "sh"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const { success, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { success: false, stdout: "", stderr: error.message };
    throw error;
  }
}
