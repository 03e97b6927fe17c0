// deno task commands: the page with the help of every command, as the program prints it.
import { commands } from "../../main.ts";
import { type CommandResult, runOn } from "../cli/test_host.ts";
import { root } from "./pages.ts";

/** Where it stands. */
export const commandsPage = "docs/commands.md";

/** The page as it should be. */
export async function commandsText(): Promise<string> {
  const parts = [
    "# Commands",
    "",
    "What `COMMAND --help` prints, made by `deno task commands`. How they are used is told in [cli.md](cli.md).",
    "Flags that commands share stand [once](#options).",
  ];
  for (const { name } of commands) {
    const { printed } = await printedBy(name === "options" ? ["options"] : [name, "--help"]);
    parts.push("", `## ${name}`, "", "```text", printed.trimEnd(), "```");
  }
  return `${parts.join("\n")}\n`;
}

async function printedBy(args: readonly string[]): Promise<CommandResult> {
  const result = await runOn(commands, { args });
  if (result.status !== 0) throw new Error(`${args.join(" ")}: ${result.complained}`);
  return result;
}

if (import.meta.main) await Deno.writeTextFile(new URL(commandsPage, root), await commandsText());
