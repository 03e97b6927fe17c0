// The command `options`: the flags that commands share, so that the help of each need not repeat them.
import { exitStatus } from "./host.ts";
import type { CommandSpec } from "./program.ts";
import { sharedOptionsText } from "./settings/help_text.ts";

export const optionsCommand: CommandSpec = {
  name: "options",
  summary: "print the flags that commands share",
  options: {},
  action: (_, host) => {
    host.print(sharedOptionsText());
    return Promise.resolve(exitStatus.ok);
  },
};
