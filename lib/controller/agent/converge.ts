// Observe, plan, apply, verify: brings one pod's kernel to what is wanted, through one agent.
//
//   known of the pod           | wanted differs in  | what is done
//   ---------------------------|--------------------|------------------------------------------------------
//   nothing, or it is due      | (not known)        | read all; apply and read back until all is as wanted
//   that it may have more      | (not known)        | read all
//   links, routes, peers       | nothing            | nothing
//                              | peers              | their lines and a barrier: that counts as applied
//                              | anything else      | as if nothing were known
//   learned entries are due    |                    | those are read, and what leads to no peer goes
//   something could not be had | peers              | their lines on the links that stand
//
// Whatever comes on stderr, at once or later, makes what is known of the pod due.
import { deletionOf, fdbSteps } from "../../overlay/plan/fdb.ts";
import { entriesOf, heldBy, peersOf } from "../../overlay/plan/peers.ts";
import { asItStands } from "../../overlay/plan/kept.ts";
import { planKernel } from "../../overlay/plan/plan.ts";
import { goingAlong } from "../../overlay/plan/static_neighbours.ts";
import type { Step } from "../../overlay/step.ts";
import { answerCaps, capFor, isOverflow } from "../../agents/answer_caps.ts";
import { convergeOnSight } from "./converge_on_sight.ts";
import {
  type Convergence,
  convergence,
  type ConvergeOptions,
  type Converging,
  HalfObserved,
  heldFor,
} from "./convergence.ts";
import { later, sooner } from "./learned_sweep.ts";
import type { CachedState } from "./pod_cache.ts";

/** Throws SessionEnded or HalfObserved when the conversation breaks. */
export async function converge(asked: ConvergeOptions): Promise<Convergence> {
  const { cache, agent, wanted, mayUseCache } = asked;
  const cap = capFor(cache.answerCap, entriesOf(wanted));
  const options = { ...asked, generation: cache.generation, cap };
  const cached = !asked.onlyLook && cache.cached?.containerId === agent.containerId
    ? cache.cached
    : undefined;
  const due = mayUseCache && cached !== undefined ? accounted(cached, options) : undefined;
  // Whatever happens from here on, an exception must not leave behind what was not checked.
  cache.outdate();
  try {
    return (due && await convergeOnCache(due, options)) ?? await convergeOnSight(cached, options);
  } catch (error) {
    const cause = error instanceof HalfObserved ? error.cause : error;
    if (isOverflow(cause)) cache.answerCap = Math.min(answerCaps.most, cache.answerCap * 4);
    throw error;
  }
}

/** The record while it may be relied on: its reading is put off as far as there is a budget for it. */
function accounted(cached: CachedState, options: Converging): CachedState | undefined {
  const now = options.clock.now();
  if (now < cached.readBackAt) return cached;
  if (cached.readBackAt === -Infinity || cached.isAccounted) return undefined;
  const wait = options.budget.reserve(entriesOf(options.wanted));
  return wait === 0 ? undefined : { ...cached, readBackAt: now + wait, isAccounted: true };
}

/** The cheap way: gives undefined when more than the peers has to change, or what is known turned out wrong. */
async function convergeOnCache(cached: CachedState, options: Converging): Promise<Convergence | undefined> {
  const { wanted, cache, agents, agent, clock } = options;
  if (cached.unfinished === undefined) {
    const planned = planKernel({ wanted, observed: cached.kernel, ourAddresses: cache.addresses });
    if (planned.steps.length + planned.obstacles.length > 0) return undefined;
  }
  const isPlain = cached.unfinished === undefined && wanted.maySendTo === undefined;
  const stands = isPlain ? wanted : asItStands(wanted, cached.kernel);
  const { appends, deletions: gone, forgets } = options.peerChanges.steps(stands, cached);
  const along = goingAlong(cached.unasked, gone);
  const deletions = [...gone, ...along.map(deletionOf)];
  const now = clock.now();
  const heldSince = cached.heldSince ?? now;
  const isHeld = options.isLeaving && appends.length === 0 && now - heldSince < heldFor;
  const steps = isHeld ? [] : [...appends, ...deletions, ...forgets];
  if (steps.length > 0 && !await agents.send(agent, steps)) return undefined;
  const { heldSince: _, ...rest } = cached;
  const after: CachedState = {
    ...rest,
    ...(isHeld && deletions.length > 0 ? { heldSince } : {}),
    ...(isHeld ? {} : {
      peers: peersOf(stands, cached.peers.keys()),
      unasked: along.length === 0 ? cached.unasked : cached.unasked.filter((one) => !along.includes(one)),
    }),
    ...(steps.length > 0 && deletions.length > 0 ? { learned: sooner(cached.learned, clock.now()) } : {}),
  };
  const swept = await sweepLearned(after, { ...options, wanted: stands });
  cache.remember(swept.cached, options.generation);
  return convergence(swept.cached, { applied: [...steps, ...swept.applied], now: clock.now() });
}

/** Removes what was learned of those who are no peers, if it is time. */
async function sweepLearned(
  cached: CachedState,
  { agents, agent, wanted, cap, clock }: Converging,
): Promise<{ readonly cached: CachedState; readonly applied: readonly Step[] }> {
  const { learned, ...rest } = cached;
  if (learned === undefined || clock.now() < learned.at) return { cached, applied: [] };
  const fdb = await agents.learned(agent, { cap });
  const found = fdbSteps(heldBy(cached.peers, wanted), { fdb, own: wanted.own }).deletions;
  if (found.length === 0) return { cached: rest, applied: [] };
  // One that has aged out meanwhile is refused, which is no doubt: what is there is looked at again.
  await agents.send(agent, found);
  return { cached: { ...rest, learned: later(learned, clock.now()) }, applied: found };
}
