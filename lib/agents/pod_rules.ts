// Which rules has a pod, or why can it have none? They are asked for in pods where they are wanted or may be there.
import { SessionEnded } from "../kube/exec/session.ts";
import type { Family } from "../network/grammar/address.ts";
import { allRules, readRules } from "../overlay/iproute2/read_rules.ts";
import type { KernelState, ObservedRule } from "../overlay/observation.ts";
import { ruledFamilies } from "../overlay/plan/guard.ts";
import type { Tool } from "../overlay/step.ts";
import type { WantedState } from "../overlay/wanted.ts";
import { quoted } from "../text/quoted.ts";

/** Adds the rules to what was read. Throws SessionEnded when the conversation breaks. */
export async function withRules(
  kernel: KernelState,
  { wanted, ask }: {
    readonly wanted: Pick<WantedState, "interfaces" | "own">;
    readonly ask: (tool: Tool, question: string) => Promise<string>;
  },
): Promise<KernelState> {
  const rules: ObservedRule[] = [];
  const noRules = new Map<Family, string>();
  for (const family of ruledFamilies(wanted, kernel)) {
    try {
      rules.push(...readRules(await ask(family === 4 ? "ip" : "ip6", allRules), family));
    } catch (error) {
      noRules.set(family, whyNoRules(error));
    }
  }
  return { ...kernel, ...(rules.length > 0 && { rules }), ...(noRules.size > 0 && { noRules }) };
}

/** The tool that cannot speak of rules ends; a kernel without them says so. Throws what is any other trouble. */
function whyNoRules(error: unknown): string {
  if (!(error instanceof SessionEnded)) throw error;
  const said = error.stderr.trim();
  const isMissing = error.outcome.kind === "exit" || /not supported|unknown/i.test(said);
  if (!isMissing) throw error;
  return said === "" ? "its iproute2 knows none" : quoted(said.slice(0, 200));
}
