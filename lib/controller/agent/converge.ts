// Observe, plan, apply, verify: brings one pod's kernel to what is wanted, through one agent.
import { floodMac } from "../../overlay/iproute2/render.ts";
import type { Observation } from "../../overlay/observation.ts";
import { afterFdbSteps, missingEntries } from "../../overlay/plan/fdb.ts";
import type { Obstacle, Plan } from "../../overlay/plan/parts.ts";
import { plan } from "../../overlay/plan/plan.ts";
import type { Step } from "../../overlay/step.ts";
import type { WantedState } from "../../overlay/wanted.ts";
import type { Clock } from "../../time/clock.ts";
import type { AgentClient, Refusal } from "./agent_client.ts";
import type { CachedPod, CachedState, PodCache } from "./pod_cache.ts";
import type { AgentAddress } from "./session_pool.ts";

/** What is left when nothing more can be done now. */
export interface Convergence {
  readonly observed: Observation;
  readonly obstacles: readonly Obstacle[];
  /** Steps that are still planned though they were tried; empty when all holds. */
  readonly remaining: readonly Step[];
  /** What the kernel said of them. */
  readonly refusals: readonly Refusal[];
  /** What was changed. */
  readonly applied: readonly Step[];
  /** Forwarding entries wanted and not there. */
  readonly entriesMissing: number;
  /** Present when lines were sent but not yet read back: look once more after this many ms. */
  readonly verifyIn?: number;
  /** Present when entries that had been learned were removed and learned again: look once more after this many ms. */
  readonly relearnedIn?: number;
}

/** Tried at most this often in one run; what is left then is a matter for the retry. */
const rounds = 3;

/** Lines sent in a rollout are read back once nothing was sent for this many ms. */
const quiet = 2_000;

/** What an init agent left is looked at, all of it, once nothing was sent for this many ms. */
const quietAfterHandover = 5_000;

/** In a rollout that never ends they are read back after this many ms all the same. */
const longestUnread = 60_000;

/**
 * And after this many when a peer has gone: of what the kernel has learned about that pod IP nothing is believed, so
 * only reading finds it, and the IP may be another tenant's by then.
 */
const longestStale = 10_000;

/**
 * Frames that come in from who is no peer make the kernel learn an entry towards him, again and again while he sends: a
 * pod that is going does so to its end. That is no failure of ours. Looked at after this many ms, doubling.
 */
const relearned = { first: 2_000, longest: 300_000 };

export interface ConvergeOptions {
  readonly agents: AgentClient;
  readonly agent: AgentAddress;
  readonly memory: CachedPod;
  readonly podCache: Pick<PodCache, "remember">;
  readonly clock: Clock;
  readonly wanted: WantedState;
  /** May lines be sent without reading each of them back? Not before a pod is released. */
  readonly mayUseCache: boolean;
}

interface Converging extends ConvergeOptions {
  /** Of the pod when this run began. */
  readonly generation: number;
}

/** Throws SessionEnded when the conversation breaks. */
export async function converge(asked: ConvergeOptions): Promise<Convergence> {
  const { memory, agent } = asked;
  const options = { ...asked, generation: memory.generation };
  const cached = options.mayUseCache && memory.cached?.containerId === agent.containerId
    ? memory.cached
    : undefined;
  // Whatever happens from here on, an exception must not leave a cached behind that was not checked.
  memory.cached = undefined;
  return (cached && await convergeOnBelief(cached, options)) ?? await convergeOnSight(options);
}

/** The cheap way: gives undefined when more than the fdb has to change, or the cached turned out wrong. */
async function convergeOnBelief(cached: CachedState, options: Converging): Promise<Convergence | undefined> {
  const { clock, memory } = options;
  const planned = planFor(cached.observation, options);
  // What stands in the way may have gone: that is for a look to say.
  if (planned.obstacles.length > 0 || planned.steps.some((step) => !isFdbStep(step))) return undefined;
  if (planned.steps.length === 0) return await confirm(cached, { planned, options });
  const refusals = await options.agents.send(options.agent, { steps: planned.steps });
  if (refusals.length > 0) return undefined;
  const now = clock.now();
  const observed = afterFdbSteps(cached.observation, planned.steps);
  const removedSince = cached.removedSince ??
    (planned.steps.some(({ kind }) => kind === "delete-fdb") ? now : undefined);
  const after: CachedState = {
    ...cached,
    observation: observed,
    unreadSince: cached.unreadSince ?? now,
    at: now,
    ...(removedSince === undefined ? {} : { removedSince }),
  };
  options.podCache.remember(memory, { cached: after, generation: options.generation });
  const verifyIn = untilReadBack(after, now) ?? 0;
  const { obstacles } = planned;
  const entriesMissing = missingEntries({ steps: [], obstacles }, { observed, wanted: options.wanted });
  return { observed, obstacles, ...nothingLeft, entriesMissing, applied: planned.steps, verifyIn };
}

/** Nothing to send: read back what was sent before, once it is quiet. */
async function confirm(
  cached: CachedState,
  { planned, options }: { readonly planned: Plan; readonly options: Converging },
): Promise<Convergence | undefined> {
  const { clock, memory, agents, agent } = options;
  const entriesMissing = missingEntries(planned, { observed: cached.observation, wanted: options.wanted });
  const { obstacles } = planned;
  const holds = { observed: cached.observation, ...nothingLeft, obstacles, entriesMissing };
  const verifyIn = untilReadBack(cached, clock.now());
  if (verifyIn === undefined || verifyIn > 0) {
    options.podCache.remember(memory, { cached, generation: options.generation });
    return verifyIn === undefined ? holds : { ...holds, verifyIn };
  }
  if (cached.fromInitAgent) return undefined;
  const fdb = await agents.lookAtFdb(agent, { entries: entriesOf(options.wanted) });
  const observation = { ...cached.observation, fdb };
  if (planFor(observation, options).steps.length > 0) return undefined;
  options.podCache.remember(memory, {
    cached: { containerId: cached.containerId, observation, at: clock.now() },
    generation: options.generation,
  });
  return { ...holds, observed: observation };
}

/** Milliseconds until what was sent is read back; undefined when everything has been. */
function untilReadBack(
  { at, unreadSince, removedSince = Infinity, fromInitAgent }: CachedState,
  now: number,
): number | undefined {
  if (unreadSince === undefined) return undefined;
  const patience = fromInitAgent ? quietAfterHandover : quiet;
  const latest = Math.min(at + patience, unreadSince + longestUnread, removedSince + longestStale);
  return Math.max(0, latest - now);
}

async function convergeOnSight(options: Converging): Promise<Convergence> {
  const { agents, agent, memory, clock } = options;
  const entries = entriesOf(options.wanted);
  let observed = await agents.observe(agent, { entries });
  let planned = planFor(observed, options);
  let refusals: readonly Refusal[] = [];
  const applied: Step[] = [];
  for (let round = 0; round < rounds && planned.steps.length > 0; round++) {
    const done = await agents.apply(agent, { steps: planned.steps, before: observed, entries });
    const refused = new Set(done.refusals.map((refusal) => refusal.step));
    const worked = planned.steps.filter((step) => !refused.has(step));
    rememberAddresses(memory, worked);
    applied.push(...worked);
    ({ observed, refusals } = done);
    planned = planFor(observed, options);
    if (planned.steps.every(isOfLearned)) break;
    // A running tool may speak to a link that somebody has replaced, and say so too late to be heard: start it anew.
    agents.closeSessions(agent);
  }
  claimAddresses(memory, { observed, wanted: options.wanted });
  // What stands in the way may go without an event: that is found out by looking, not by believing.
  if (planned.steps.length + planned.obstacles.length === 0) {
    options.podCache.remember(memory, {
      cached: { containerId: agent.containerId, observation: observed, at: clock.now() },
      generation: options.generation,
    });
  }
  const entriesMissing = missingEntries(planned, { observed, wanted: options.wanted });
  const { obstacles } = planned;
  const remaining = planned.steps.filter((step) => !isOfLearned(step));
  return {
    observed,
    obstacles,
    remaining,
    refusals,
    applied,
    entriesMissing,
    ...patienceWith(planned, memory),
  };
}

/** Counts how often in a row learned entries came back; the longer, the longer the pause. */
function patienceWith({ steps }: Plan, memory: CachedPod): Pick<Convergence, "relearnedIn"> {
  if (!steps.some(isOfLearned)) {
    memory.relearned = 0;
    return {};
  }
  const relearnedIn = Math.min(relearned.longest, relearned.first * 2 ** Math.min(memory.relearned, 16));
  memory.relearned++;
  return { relearnedIn };
}

const nothingLeft = { remaining: [], refusals: [], applied: [] } as const;

function planFor(observed: Observation, { wanted, memory }: ConvergeOptions): Plan {
  return plan({ wanted, observed, ourAddresses: memory.addresses });
}

/** Removes what the kernel has learned by itself, not what anybody has set. */
function isOfLearned(step: Step): boolean {
  return step.kind === "delete-fdb" && step.mac !== floodMac;
}

function isFdbStep(step: Step): boolean {
  return step.kind === "append-fdb" || step.kind === "delete-fdb";
}

function entriesOf(wanted: WantedState): number {
  return wanted.interfaces.reduce((sum, each) => sum + each.peers.length, 0);
}

function rememberAddresses(memory: CachedPod, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind === "add-address") addressesOf(memory, step.interfaceName).add(step.cidr);
    if (step.kind === "delete-address") addressesOf(memory, step.interfaceName).delete(step.cidr);
    if (step.kind === "delete-link") memory.addresses.delete(step.interfaceName);
  }
}

/** After a restart of ours we no longer know what we set; what is there and wanted is taken as set by us. */
function claimAddresses(
  memory: CachedPod,
  { observed, wanted }: { readonly observed: Observation; readonly wanted: WantedState },
): void {
  for (const each of wanted.interfaces) {
    const present = new Set(observed.links.find((link) => link.name === each.interfaceName)?.addresses ?? []);
    for (const { address, prefix } of each.addresses) {
      const text = `${address}/${prefix}`;
      if (present.has(text)) addressesOf(memory, each.interfaceName).add(text);
    }
  }
}

function addressesOf(memory: CachedPod, name: string): Set<string> {
  const known = memory.addresses.get(name) ?? new Set<string>();
  memory.addresses.set(name, known);
  return known;
}
