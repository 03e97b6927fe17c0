// The command line: which commands there are, how their flags are read, and what a mistake in them says.
import { Command, CommanderError } from "commander";
import { ConfigError } from "../kube/config/connection.ts";
import { exitStatus, type Host } from "./host.ts";
import { flagOf, type OptionRow, type OptionTable, type SettingsOf, variableOf } from "./settings/options.ts";
import { readHabits } from "./settings/habits.ts";
import { addExamples, addOptions, type Example } from "./settings/help_text.ts";
import { messageOf } from "../text/defined.ts";
import { withProgress } from "./progress.ts";
import { version } from "./program_version.ts";

/** A command: its options and what it does with their values. */
export interface CommandSpec<Options extends OptionTable = OptionTable> {
  readonly name: string;
  readonly summary: string;
  readonly args?: readonly { readonly name: string; readonly description: string }[];
  readonly options: Options;
  /** Shown in its help, and tried by a test. */
  readonly examples?: readonly Example[];
  /** Its help has the shared options too. */
  readonly isHelpWhole?: true;
  /** Gives the exit status. Throws UsageError and ConfigError. */
  action(
    call: { readonly settings: SettingsOf<Options>; readonly args: readonly string[] },
    host: Host,
  ): Promise<number>;
}

/** The user asked for something that cannot be: exit status 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Runs the command that `host.args` names; gives the exit status. */
export async function runProgram(commands: readonly CommandSpec[], host: Host): Promise<number> {
  const called: { status?: Promise<number> } = {};
  const { args, switches } = readHabits(host.args, commands);
  const program = programOf(commands, { host, called, switches });
  try {
    await program.parseAsync([...args], { from: "user" });
    return await (called.status ?? exitStatus.ok);
  } catch (error) {
    return statusOf(error, host);
  }
}

function programOf(
  commands: readonly CommandSpec[],
  { host, called, switches }: {
    readonly host: Host;
    readonly called: { status?: Promise<number> };
    readonly switches: Switches;
  },
): Command {
  const program = new Command("kube-vxlan-controller")
    .description("Makes labelled pods members of VXLAN overlay networks.")
    .version(`kube-vxlan-controller ${version}`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.print(text.trimEnd()),
      writeErr: (text) => host.complain(text.trimEnd()),
    })
    .showHelpAfterError("Run with --help to see what is possible.");
  for (const spec of commands) {
    const command = program.command(spec.name, { hidden: spec.name.startsWith("__") }).description(
      spec.summary,
    );
    for (const { name, description } of spec.args ?? []) command.argument(name, description);
    command.configureOutput({ outputError: (text, write) => write(withMissing(text, spec)) });
    addOptions(command, { options: spec.options, isWhole: spec.isHelpWhole === true });
    addExamples(command, spec.examples ?? []);
    command.action((...call: unknown[]) => {
      const args = call.slice(0, -2).flat().filter((value): value is string => typeof value === "string");
      const settings = settingsOf(spec, { command, host, switches });
      const progress = withProgress(host, { isQuiet: isForPrograms(settings) });
      called.status = spec.action({ settings, args }, progress.host).finally(progress.end);
    });
  }
  return program;
}

/** What Commander says of a mistake; of an argument that is missing also what it is. */
function withMissing(text: string, { args = [] }: CommandSpec): string {
  return text.replace(/(?<=missing required argument )'(.*)'/, (quoted, missing) => {
    const { description } = args.find(({ name }) => name.replace(/\W/g, "") === missing) ?? {};
    return description === undefined ? quoted : `${quoted}: ${description}`;
  });
}

/** Formats that programs read. */
function isForPrograms({ output }: Readonly<Record<string, unknown>>): boolean {
  return output === "json" || output === "yaml" || output === "name";
}

/** Switches that were given as a text: `--watch=true`. */
type Switches = ReadonlyMap<string, string>;

interface Call {
  readonly command: Command;
  readonly host: Host;
  readonly switches: Switches;
}

/** Flag over environment variable over fallback, each value read by its row: that is what makes the cast true. */
function settingsOf(
  spec: CommandSpec,
  call: Call,
): SettingsOf<OptionTable> {
  return Object.fromEntries(
    Object.entries(spec.options).map(([key, row]) => [key, settingOf(key, { row, ...call })]),
  ) as SettingsOf<OptionTable>;
}

function settingOf(
  key: string,
  { row, command, host, switches }: Call & { readonly row: OptionRow },
): unknown {
  const flag = switches.get(key) ?? flagValue(key, command);
  const variable = flag === undefined ? variableOf(key, row) : undefined;
  const from = variable ?? `--${flagOf(key)}`;
  const text = flag === undefined
    ? variable && host.env(variable)
    : Array.isArray(flag)
    ? flag.join("\n")
    : String(flag);
  if (row.value === undefined) return isOn(text, from);
  const given = text === undefined || text === "" && flag === undefined ? row.fallback : text;
  if (given === undefined) return undefined;
  const read = row.parse(given);
  if (read.kind === "value") return read.value;
  throw new UsageError(`Cannot use ${from}=${JSON.stringify(given)}: ${read.reason}`);
}

/** Commander keeps `--no-headers` as `headers: false`. */
function flagValue(key: string, command: Command): unknown {
  const [, first = "", rest = ""] = /^no([A-Z])(.*)$/.exec(key) ?? [];
  if (first === "") return command.getOptionValue(key);
  return command.getOptionValue(`${first.toLowerCase()}${rest}`) === false ? true : undefined;
}

function isOn(text: string | undefined, from: string): boolean {
  if (text === "true" || text === "1") return true;
  if (text === undefined || text === "false" || text === "0") return false;
  if (text === "" && !from.startsWith("--")) return false;
  throw new UsageError(`Cannot use ${from}="${text}": expected true or false`);
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
  host.complain(`error: ${messageOf(error)}`);
  return exitStatus.failed;
}
