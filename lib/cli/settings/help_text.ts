// How flags and examples read in the help: a command's own flags there, those that commands share once, in `options`.
import { Command, Option } from "commander";
import { callerOptions, viewOptions } from "../show/view_options.ts";
import { connectionOptions, flagOf, membershipOptions, type OptionRow, variableOf } from "./options.ts";

/** Something that can be typed, and what it does. */
export interface Example {
  readonly does: string;
  /** Starts with the program's name, or pipes into it. */
  readonly line: string;
}

const { namespace: _ofConfigMap, ...membership } = membershipOptions;

/** By heading: what commands that speak to a cluster share. */
const shared = {
  "API server:": connectionOptions,
  "Who asks, and how patiently (all commands but run):": callerOptions,
  "Membership, as the controller has it:": { configNamespace: viewOptions.configNamespace, ...membership },
} as const;

const sharedRows: ReadonlySet<OptionRow> = new Set(
  Object.values(shared).flatMap((rows) => Object.values(rows)),
);

/** Columns of the help, in every terminal: the documents show it. */
const helpWidth = 100;

/** An option of commander. */
export function optionOf(key: string, row: OptionRow): Option {
  const flag = `${row.short === undefined ? "" : `-${row.short}, `}--${flagOf(key)}`;
  const variable = variableOf(key, row);
  const read = variable === undefined ? [] : [variable];
  if (row.value === undefined) return new Option(flag, [row.description, ...read].join("; "));
  const { value, description, fallback, choices } = row;
  const shown = [
    description,
    ...(choices === undefined ? [] : [`one of ${choices.join(", ")}`]),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
    ...read,
  ];
  const option = new Option(`${flag} <${value}>`, shown.join("; "));
  if (row.repeated) option.argParser((one: string, before: readonly string[] = []) => [...before, one]);
  return option;
}

/** Adds the options to a command; those that commands share are left to `options`, unless `isWhole`. */
export function addOptions(
  command: Command,
  { options, isWhole }: { readonly options: Readonly<Record<string, OptionRow>>; readonly isWhole: boolean },
): void {
  const own = command.configureHelp({ helpWidth, showGlobalOptions: false });
  let hidden = 0;
  for (const [key, row] of Object.entries(options)) {
    const isHidden = !isWhole && sharedRows.has(row);
    hidden += isHidden ? 1 : 0;
    own.addOption(isHidden ? optionOf(key, row).hideHelp() : optionOf(key, row));
  }
  if (hidden > 0) {
    own.addHelpText("after", "\nMore flags, which commands share: kube-vxlan-controller options");
  }
}

/** Adds what can be typed. */
export function addExamples(command: Command, examples: readonly Example[]): void {
  if (examples.length === 0) return;
  const lines = examples.flatMap(({ does, line }) => [`  # ${does}`, `  ${line}`, ""]);
  command.addHelpText("after", `\nExamples:\n${lines.join("\n").trimEnd()}`);
}

/** The flags that commands share, as the help would show them. */
export function sharedOptionsText(): string {
  const command = new Command("COMMAND").usage("[options]").helpOption(false).configureHelp({ helpWidth });
  for (const [heading, rows] of Object.entries(shared)) {
    for (const [key, row] of Object.entries<OptionRow>(rows)) {
      command.addOption(optionOf(key, row).helpGroup(heading));
    }
  }
  return command.helpInformation().replace(/^Usage:.*\n\n/, "").trimEnd();
}
