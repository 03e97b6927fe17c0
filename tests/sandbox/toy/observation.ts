// What a look into a toy namespace sees, and what a plan does to it: through the same lines as in a real pod.
import { ipQuestions } from "../../../lib/overlay/iproute2/questions.ts";
import type { Observation } from "../../../lib/overlay/observation.ts";
import { observeFdb, readFdb, readIp } from "../../../lib/overlay/iproute2/read.ts";
import { render } from "../../../lib/overlay/iproute2/render.ts";
import { outdatesBridgeSession, type Step, type Tool } from "../../../lib/overlay/step.ts";
import { allRules, readRules } from "../../../lib/overlay/iproute2/read_rules.ts";
import { ruledFamilies } from "../../../lib/overlay/plan/guard.ts";
import type { WantedState } from "../../../lib/overlay/wanted.ts";
import type { ToyNamespace } from "./kernel.ts";
import type { ToySession } from "./session.ts";

/** Looks into the namespace with fresh sessions, as one who wants this; by default nothing. */
export function observeToy(
  namespace: ToyNamespace,
  wanted: Pick<WantedState, "interfaces" | "own"> = { interfaces: [], own: new Set() },
  questions = ipQuestions(wanted),
): Observation {
  const kernel = readIp(answers("ip", questions), questions);
  const rules = ruledFamilies(wanted, kernel).flatMap((family) =>
    readRules(answers(family === 4 ? "ip" : "ip6", [allRules])[0] ?? "", family)
  );
  return { ...kernel, rules, fdb: readFdb(answers("bridge", observeFdb)) };

  function answers(tool: Tool, lines: readonly string[]): readonly string[] {
    const session = namespace.batch(tool);
    return lines.map((line) => session.line(line).stdout ?? "");
  }
}

/** Carries steps out; gives those that the kernel refused, with what was said. */
export function applyToToy(
  namespace: ToyNamespace,
  steps: readonly Step[],
): readonly { readonly step: Step; readonly message: string }[] {
  const sessions = new Map<Tool, ToySession>();
  return steps.flatMap((step) => {
    const { tool, text } = render(step, { chance: 0 });
    const session = sessions.get(tool) ?? namespace.batch(tool);
    sessions.set(tool, session);
    if (outdatesBridgeSession(step)) sessions.delete("bridge");
    const { stderr } = session.line(text);
    return stderr === undefined ? [] : [{ step, message: stderr }];
  });
}
