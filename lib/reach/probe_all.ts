// Probes from one member to others, in one session of `ip`: ask, look until each is decided, take away again.
import { type Clock, sleep } from "../time/clock.ts";
import {
  endProbe,
  introduce,
  type NeighbourState,
  neighbourState,
  type ProbeTarget,
  showNeighbour,
  startProbe,
} from "./neighbour_probe.ts";
import type { Outcome } from "./reach_report.ts";

/** Sends lines to `ip`, and gives so many answers. Throws SessionEnded. */
export type Ask = (lines: readonly string[], answers: number) => Promise<readonly string[]>;

/** Milliseconds between two looks at first and at most, and until a kernel has given up asking: it does after 3 to 5 s. */
const lookEvery = { first: 50, most: 800 };
const longest = 10_000;

/** Milliseconds after which a kernel that was asked by `beginProbes` has decided. */
export const decided = 3_500;

/** Outcomes in the order of the targets; asks as often as it must. */
export async function probeAll(
  targets: readonly ProbeTarget[],
  { ask, clock, signal }: { readonly ask: Ask; readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<readonly Outcome[]> {
  if (targets.length === 0) return [];
  const before = await look(targets, { ask, lines: [] });
  const asked = targets.flatMap((target, at) => startProbe(target, before[at] ?? "absent"));
  let states = await look(targets, { ask, lines: asked });
  const began = clock.now();
  let pause = lookEvery.first;
  while (states.some(isOpen) && clock.now() - began < longest && signal?.aborted !== true) {
    await sleep(clock, pause, signal);
    pause = Math.min(lookEvery.most, 2 * pause);
    // A kernel that is asked by the other meanwhile knows it by that, gives up asking, and has proven one direction.
    const lines = targets.flatMap((target, at) => {
      const state = states[at] ?? "absent";
      return state === "idle" || state === "absent" ? startProbe(target, state) : [];
    });
    states = await look(targets, { ask, lines });
  }
  await look(targets, { ask, lines: endings(targets, before) });
  return states.map((state) => isOpen(state) ? { kind: "unreachable" } : outcomeOf(state));
}

/** The first of two exchanges: asks for those that are not known yet, and gives what was known. */
export async function beginProbes(
  targets: readonly ProbeTarget[],
  ask: Ask,
): Promise<readonly NeighbourState[]> {
  const shows = targets.map(showNeighbour);
  // The last one answers when what stands before it was carried out.
  const answers = await ask(
    [...shows, ...targets.flatMap(introduce), ...shows.slice(0, 1)],
    targets.length + Math.min(1, targets.length),
  );
  return targets.map((_, at) => neighbourState(answers[at] ?? ""));
}

/**
 * The second, after `decided` ms: what came of it; undefined where nothing has yet. Takes away what was made.
 */
export async function endProbes(
  targets: readonly ProbeTarget[],
  { before, ask }: { readonly before: readonly NeighbourState[]; readonly ask: Ask },
): Promise<readonly (Outcome | undefined)[]> {
  const shows = targets.map(showNeighbour);
  const lines = [...shows, ...endings(targets, before), ...shows.slice(0, 1)];
  const answers = await ask(lines, targets.length + 1);
  return targets.map((_, at) => {
    const state = neighbourState(answers[at] ?? "");
    return isOpen(state) ? undefined : outcomeOf(state);
  });
}

function endings(targets: readonly ProbeTarget[], before: readonly NeighbourState[]): readonly string[] {
  return targets.map((target, at) => endProbe(target, before[at] ?? "absent"));
}

async function look(
  targets: readonly ProbeTarget[],
  { ask, lines }: { readonly ask: Ask; readonly lines: readonly string[] },
): Promise<readonly NeighbourState[]> {
  return (await ask([...lines, ...targets.map(showNeighbour)], targets.length)).map(neighbourState);
}

/** `idle` too: an entry that is asked for by `nud probe` shows the state before for a moment. */
function isOpen(state: NeighbourState): state is "pending" | "idle" | "absent" {
  return state === "pending" || state === "idle" || state === "absent";
}

function outcomeOf(state: Exclude<NeighbourState, "pending" | "idle" | "absent">): Outcome {
  switch (state) {
    case "reachable":
      return { kind: "reachable" };
    case "permanent":
      return { kind: "not probed", reason: "somebody set its neighbour entry" };
    case "failed":
      return { kind: "unreachable" };
    default:
      return state satisfies never;
  }
}
