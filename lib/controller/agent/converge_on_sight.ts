// Bringing a pod of which nothing is known to what is wanted: read all, apply, read back, until all is there or no more can be had.
import { cidrText } from "../../network/grammar/address.ts";
import { floodMac } from "../../overlay/iproute2/render.ts";
import type { KernelState, Observation } from "../../overlay/observation.ts";
import { fdbSteps, missingEntries } from "../../overlay/plan/fdb.ts";
import type { KnownAddresses, Plan } from "../../overlay/plan/parts.ts";
import { plan } from "../../overlay/plan/plan.ts";
import { isOfBridge, type Step } from "../../overlay/step.ts";
import { networkOfAlias, type WantedState } from "../../overlay/wanted.ts";
import type { Refusal } from "../../agents/agent_client.ts";
import {
  capFor,
  type Convergence,
  convergence,
  type Converging,
  HalfObserved,
  learnedPause,
  peersOf,
} from "./convergence.ts";
import { type CachedPod, type CachedState, remember } from "./pod_cache.ts";

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
  const { agents, agent, pod, wanted, clock } = options;
  const cap = capFor(pod, wanted);
  let observed = await observeAll(before, { ...options, cap });
  pod.addresses = ourAddresses(pod.addresses, { observed, wanted });
  let planned = planFor(observed, options);
  let refusals: readonly Refusal[] = [];
  const applied: Step[] = [];
  for (let round = 0; round < rounds && planned.steps.length > 0; round++) {
    const done = await apply(planned.steps, { ...options, observed, cap });
    const refused = new Set(done.refusals.map(({ step }) => step));
    applied.push(...planned.steps.filter((step) => !refused.has(step)));
    const isAsBefore = done.refusals.length > 0 && textOf(done.refusals) === textOf(refusals);
    ({ observed, refusals } = done);
    pod.addresses = ourAddresses(pod.addresses, { observed, wanted });
    planned = planFor(observed, options);
    if (planned.steps.every(isOfLearned) || isAsBefore) break;
    // A running tool may speak to a link that somebody has replaced, and say so too late to be heard: start it anew.
    if (refusals.length > 0) agents.closeSessions(agent);
  }
  const now = clock.now();
  const strays = planned.steps.some(isOfLearned);
  const left = { steps: planned.steps.filter((step) => !isOfLearned(step)), obstacles: planned.obstacles };
  const isFinished = left.steps.length + left.obstacles.length === 0;
  pod.unfinishedSince = isFinished ? undefined : pod.unfinishedSince ?? now;
  const cached: CachedState = {
    containerId: agent.containerId,
    podIPs: [...wanted.own].join(),
    kernel: kernelOf(observed),
    peers: peersOf(wanted, standingIn(left, { wanted, observed })),
    readBackAt: now + (isFinished ? options.readEvery * (0.9 + 0.2 * clock.random()) : retryPause(pod, now)),
    ...(isFinished ? {} : {
      unfinished: { ...left, refusals, entriesMissing: missingEntries(wanted, observed.fdb) },
      isAccounted: true,
    }),
    ...(strays ? { learned: nextSweep(before?.learned, now) } : {}),
  };
  remember(pod, { cached, generation: options.generation });
  return convergence(cached, { applied, now });
}

/**
 * Only addresses that we set are ever removed: those that were ours, those that are wanted, and those that the pod shows as
 * set by us, which outlives a restart. While they are there.
 */
function ourAddresses(
  known: KnownAddresses,
  { observed, wanted }: { readonly observed: KernelState; readonly wanted: WantedState },
): KnownAddresses {
  const asked = new Map(wanted.interfaces.map((each) => [each.interfaceName, each.addresses.map(cidrText)]));
  return new Map(observed.links.flatMap(({ name, alias, addresses }) => {
    const shown = wanted.shown?.get(networkOfAlias(alias, wanted.annotationKey) ?? "") ?? [];
    const ofBefore = addresses.filter((cidr) => shown.includes(cidr.slice(0, cidr.indexOf("/"))));
    const ours = new Set([...known.get(name) ?? [], ...asked.get(name) ?? [], ...ofBefore]);
    return ours.size === 0 ? [] : [[name, ours.intersection(new Set(addresses))]];
  }));
}

/** What comes again and again is looked for after longer and longer pauses, by the clock: how often we look does not count. */
function nextSweep(learned: CachedState["learned"], now: number): NonNullable<CachedState["learned"]> {
  if (learned !== undefined && learned.at > now) return learned;
  const pause = learned?.pause ?? learnedPause.first;
  return { at: now + pause, pause: Math.min(learnedPause.longest, 2 * pause) };
}

function retryPause({ unfinishedSince }: CachedPod, now: number): number {
  const lasted = now - (unfinishedSince ?? now);
  return Math.min(unfinishedPause.most, Math.max(unfinishedPause.least, lasted / 2));
}

/** When links cannot be read, the forwarding entries are put right on those that were ours when they were last read. */
async function observeAll(
  before: CachedState | undefined,
  options: Converging & { readonly cap: number },
): Promise<Observation> {
  const { agents, agent, wanted, cap } = options;
  const [kernel, fdb] = await agents.observeHalves(agent, { wanted, cap });
  if (fdb.status === "rejected") throw kernel.status === "rejected" ? kernel.reason : fdb.reason;
  if (kernel.status === "fulfilled") return { ...kernel.value, fdb: fdb.value };
  const standing = wanted.interfaces.filter(({ interfaceName }) => before?.peers.has(interfaceName));
  const { appends, deletions } = fdbSteps(standing.map((each) => ({ wanted: each })), {
    fdb: fdb.value,
    own: wanted.own,
  });
  const steps = [...appends, ...deletions];
  const now = steps.length === 0 ? fdb.value : (await agents.changeFdb(agent, { steps, cap })).fdb;
  throw new HalfObserved(kernel.reason, missingEntries(wanted, now));
}

async function apply(
  steps: readonly Step[],
  { agents, agent, wanted, observed, cap }: Converging & {
    readonly observed: Observation;
    readonly cap: number;
  },
): Promise<{ readonly observed: Observation; readonly refusals: readonly Refusal[] }> {
  const bridgeSteps = steps.filter(isOfBridge);
  const ipSteps = steps.filter((step) => !isOfBridge(step));
  const ip = ipSteps.length === 0
    ? { kernel: observed, refusals: [] }
    : await agents.changeKernel(agent, { steps: ipSteps, wanted, cap });
  // What `ip` did to addresses and the like leaves the entries as they were read.
  const isUnchanged = bridgeSteps.length === 0 && !ipSteps.some(({ kind }) => kind === "delete-link");
  const bridge = isUnchanged
    ? { fdb: observed.fdb, refusals: [] }
    : await agents.changeFdb(agent, { steps: bridgeSteps, cap });
  return {
    observed: { ...kernelOf(ip.kernel), fdb: bridge.fdb },
    refusals: [...ip.refusals, ...bridge.refusals],
  };
}

/** Without forwarding entries. */
function kernelOf({ links, routes, rules, noRules }: KernelState): KernelState {
  return { links, routes, ...(rules !== undefined && { rules }), ...(noRules !== undefined && { noRules }) };
}

/** Interfaces whose link is there as it should be, so that peers are all it may want. */
function standingIn(
  { steps }: Plan,
  { wanted, observed }: { readonly wanted: WantedState; readonly observed: KernelState },
): readonly string[] {
  const names = new Set(
    observed.links.flatMap(({ name, alias }) =>
      wanted.interfaces.some((each) => each.interfaceName === name && each.alias === alias) ? [name] : []
    ),
  );
  return [...names].filter((name) => !steps.some((step) => isOfBridge(step) && step.interfaceName === name));
}

function planFor(
  observed: Observation,
  { wanted, pod }: { readonly wanted: WantedState; readonly pod: { readonly addresses: KnownAddresses } },
): Plan {
  return plan({ wanted, observed, ourAddresses: pod.addresses });
}

/** Removes what the kernel has learned by itself, not what anybody has set. */
function isOfLearned(step: Step): boolean {
  return step.kind === "delete-fdb" && step.mac !== floodMac;
}

function textOf(refusals: readonly Refusal[]): string {
  return JSON.stringify(refusals);
}
