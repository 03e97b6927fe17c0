// The command line: which commands there are, how their flags are read, and what a mistake in them says.
import { Command, CommanderError, Option } from "commander";
import { ConfigError } from "../kube/config/connection.ts";
import { exitStatus, type Host } from "./host.ts";
import { type OptionRow, variableOf } from "./settings/options.ts";

/** A command: its options and what it does with their values. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly args?: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionRow[];
  /** Gives the exit status. Throws UsageError and ConfigError. */
  readonly action: (
    call: { readonly settings: Settings; readonly args: readonly string[] },
    host: Host,
  ) => Promise<number>;
}

/** Values by flag name, after flag, environment variable and fallback; a switch that is on is "true". */
export type Settings = ReadonlyMap<string, string>;

/** The user asked for something that cannot be: exit status 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Runs the command that `host.args` names; gives the exit status. */
export async function runProgram(commands: readonly CommandSpec[], host: Host): Promise<number> {
  const called: { status?: Promise<number> } = {};
  const program = programOf(commands, { host, called });
  try {
    await program.parseAsync([...host.args], { from: "user" });
    return await (called.status ?? exitStatus.ok);
  } catch (error) {
    return statusOf(error, host);
  }
}

function programOf(
  commands: readonly CommandSpec[],
  { host, called }: { readonly host: Host; readonly called: { status?: Promise<number> } },
): Command {
  const program = new Command("kube-vxlan-controller")
    .description("Makes labelled pods members of VXLAN overlay networks.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.print(text.trimEnd()),
      writeErr: (text) => host.complain(text.trimEnd()),
    })
    .showHelpAfterError("Run with --help to see what is possible.");
  for (const spec of commands) {
    const command = program.command(spec.name).description(spec.summary);
    for (const { name, description } of spec.args ?? []) command.argument(name, description);
    for (const row of spec.options) command.addOption(optionOf(row));
    command.action((...call: unknown[]) => {
      const args = call.slice(0, -2).filter((value): value is string => typeof value === "string");
      called.status = spec.action({ settings: settingsOf(spec, { command, host }), args }, host);
    });
  }
  return program;
}

function optionOf({ flag, value, description, fallback, choices }: OptionRow): Option {
  const shown = [
    description,
    ...(choices === undefined ? [] : [`one of ${choices.join(", ")}`]),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
    variableOf(flag),
  ];
  return new Option(value === undefined ? `--${flag}` : `--${flag} <${value}>`, shown.join("; "));
}

/** Flag over environment variable over fallback, each value checked. */
function settingsOf(
  spec: CommandSpec,
  { command, host }: { readonly command: Command; readonly host: Host },
): Settings {
  const settings = new Map<string, string>();
  for (const row of spec.options) {
    const given = givenValue(row, { command, host });
    if (given !== undefined) settings.set(row.flag, checked(row, given));
    else if (row.fallback !== undefined) settings.set(row.flag, row.fallback);
  }
  return settings;
}

interface Given {
  readonly value: string;
  /** The flag or variable it came from, for messages. */
  readonly from: string;
}

function givenValue(
  { flag, value }: OptionRow,
  { command, host }: { readonly command: Command; readonly host: Host },
): Given | undefined {
  const fromFlag: unknown = command.getOptionValue(camelCase(flag));
  if (fromFlag !== undefined) return { value: String(fromFlag), from: `--${flag}` };
  const from = variableOf(flag);
  const text = host.env(from);
  if (text === undefined || text === "") return undefined;
  if (value !== undefined) return { value: text, from };
  if (text === "true" || text === "1") return { value: "true", from };
  if (text === "false" || text === "0") return undefined;
  throw new UsageError(`Cannot use ${from}="${text}": expected true or false`);
}

function checked({ check, choices }: OptionRow, { value, from }: Given): string {
  const reason = choices !== undefined && !choices.includes(value)
    ? `expected one of ${choices.join(", ")}`
    : check?.(value);
  if (reason === undefined) return value;
  throw new UsageError(`Cannot use ${from}=${JSON.stringify(value)}: ${reason}`);
}

function camelCase(flag: string): string {
  return flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function statusOf(error: unknown, host: Host): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
  if (error instanceof UsageError) {
    host.complain(`error: ${error.message}`);
    return exitStatus.usage;
  }
  if (error instanceof ConfigError) {
    host.complain(`error: ${error.message}`);
    return exitStatus.configuration;
  }
  host.complain(`error: ${error instanceof Error ? error.message : String(error)}`);
  return exitStatus.failed;
}
