// How the tools are started for a session: reading commands from stdin, answering in JSON, going on after
// errors.
import type { Tool } from "../step.ts";

/** argv of a tool in its batch mode. `-force` goes on after a refused line; without a shell in between. */
export function batchCommand(tool: Tool): readonly string[] {
  switch (tool) {
    case "ip":
      return ["ip", "-json", "-details", "-force", "-batch", "-"];
    case "bridge":
      return ["bridge", "-json", "-force", "-batch", "-"];
    default:
      return tool satisfies never;
  }
}
