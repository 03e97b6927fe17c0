// Bringing a pod of which nothing is known to what is wanted: read all, apply, read back, until all is there or no more can be had.
import { kernelOf, type Observation } from "../../overlay/observation.ts";
import { ourAddresses } from "../../overlay/plan/addresses.ts";
import { fdbSteps, isOfLearned, missingEntries } from "../../overlay/plan/fdb.ts";
import type { Plan } from "../../overlay/plan/parts.ts";
import { heldBy, peersOf, standingIn } from "../../overlay/plan/peers.ts";
import { asItStands } from "../../overlay/plan/kept.ts";
import { plan } from "../../overlay/plan/plan.ts";
import { unaskedEntries } from "../../overlay/plan/static_neighbours.ts";
import type { Step } from "../../overlay/step.ts";
import { type Refusal, refusalsText } from "../../overlay/unfinished.ts";
import { compact, defined } from "../../text/defined.ts";
import { type Convergence, convergence, type Converging, HalfObserved } from "./convergence.ts";
import { nextSweep } from "./learned_sweep.ts";
import type { CachedState, PodCache } from "./pod_cache.ts";

/**
 * Tried at most this often in one run; what is left then is a matter for the retry. What stands on a link that is made
 * takes one more.
 */
const rounds = 6;

/** What could not be had is tried again after so many ms; longer the longer it lasts. What peers do does not count. */
const unfinishedPause = { least: 200, most: 30_000 };

/** `before`: what was seen the last time, through this agent. */
export async function convergeOnSight(
  before: CachedState | undefined,
  options: Converging,
): Promise<Convergence> {
  const { agents, agent, cache, wanted, clock, cap } = options;
  let observed = await observeAll(before, options);
  let planned = planFor(observed, options);
  let refusals: readonly Refusal[] = [];
  const applied: Step[] = [];
  for (let round = options.onlyLook ? rounds : 0; round < rounds && planned.steps.length > 0; round++) {
    const done = await agents.change(agent, { steps: planned.steps, observed, wanted, cap });
    const refused = new Set(done.refusals.map(({ step }) => step));
    applied.push(...planned.steps.filter((step) => !refused.has(step)));
    const isAsBefore = done.refusals.length > 0 && refusalsText(done.refusals) === refusalsText(refusals);
    ({ observed, refusals } = done);
    planned = planFor(observed, { ...options, applied });
    if (planned.steps.every(isOfLearned) || isAsBefore) break;
    // A running tool may speak to a link that somebody has replaced, and say so too late to be heard: start it anew.
    if (refusals.length > 0) agents.closeSessions(agent);
  }
  const moved = before === undefined ? [] : options.peerChanges.steps(wanted, before).forgets;
  await agents.send(agent, moved);
  const now = clock.now();
  const left = { steps: planned.steps.filter((step) => !isOfLearned(step)), obstacles: planned.obstacles };
  const isFinished = left.steps.length + left.obstacles.length === 0;
  cache.unfinishedSince = isFinished ? undefined : cache.unfinishedSince ?? now;
  // Which neighbours are set follows from the lists of peers.
  const { neighbours: _, ...kernel } = kernelOf(observed);
  const stands = asItStands(wanted, kernel);
  const cached: CachedState = {
    containerId: agent.containerId,
    podIPs: [...wanted.own].join(),
    kernel,
    peers: peersOf(stands, standingIn(left, { wanted: stands, observed })),
    unasked: compact(unaskedEntries(stands, observed.fdb)),
    readBackAt: now +
      (isFinished ? options.readEvery * (0.9 + 0.2 * clock.random()) : retryPause(cache, now)),
    ...(isFinished ? {} : {
      unfinished: { ...left, refusals, entriesMissing: missingEntries(wanted, observed.fdb) },
      isAccounted: true,
    }),
    ...defined({ learned: nextSweep(cache.cached, { steps: [...applied, ...planned.steps], now }) }),
  };
  cache.remember(cached, options.generation);
  return convergence(cached, { applied, now });
}

function retryPause({ unfinishedSince }: PodCache, now: number): number {
  const lasted = now - (unfinishedSince ?? now);
  return Math.min(unfinishedPause.most, Math.max(unfinishedPause.least, lasted / 2));
}

/** When links cannot be read, the forwarding entries are put right on those that were ours when they were last read. */
async function observeAll(
  before: CachedState | undefined,
  { agents, agent, wanted, cap }: Converging,
): Promise<Observation> {
  const [kernel, fdb] = await agents.observeHalves(agent, { wanted, cap });
  if (fdb.status === "rejected") throw kernel.status === "rejected" ? kernel.reason : fdb.reason;
  if (kernel.status === "fulfilled") return { ...kernel.value, fdb: fdb.value };
  const { appends, deletions } = fdbSteps(heldBy(before?.peers, wanted), { fdb: fdb.value, own: wanted.own });
  const steps = [...appends, ...deletions];
  const now = steps.length === 0 ? fdb.value : (await agents.changeFdb(agent, { steps, cap })).fdb;
  throw new HalfObserved(kernel.reason, missingEntries(wanted, now));
}

/** What is there of ours is noted at every reading, for only that is ever removed. */
function planFor(
  observed: Observation,
  { wanted, cache, applied = [] }: Converging & { readonly applied?: readonly Step[] },
): Plan {
  cache.addresses = ourAddresses(cache.addresses, { observed, wanted });
  return plan({ wanted, observed, applied, ourAddresses: cache.addresses });
}
