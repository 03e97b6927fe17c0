// Wanted minus observed: which steps bring one pod's kernel to what it should hold, and what stands in the
// way.
import type { KernelState, Observation } from "../observation.ts";
import type { Step } from "../step.ts";
import type { WantedState } from "../wanted.ts";
import { addressSteps } from "./addresses.ts";
import { fdbSteps } from "./fdb.ts";
import { type Guarded, guarded, guardSteps } from "./guard.ts";
import { keptForms } from "./kept.ts";
import { linkSteps, makingSteps } from "./interface.ts";
import { planLinks } from "./links.ts";
import type { KnownAddresses, LinkPlan, Obstacle, Plan, StandingLink } from "./parts.ts";
import { routeSteps } from "./routes.ts";
import { neighbourSteps } from "./static_neighbours.ts";
import { leastIpv6Mtu } from "./underlay.ts";

/** What a plan is made from. */
export interface PlanInput {
  readonly wanted: WantedState;
  readonly observed: Observation;
  readonly ourAddresses: KnownAddresses;
  /** What was done already to come here; default: nothing. */
  readonly applied?: readonly Step[];
}

/**
 * Plans one pod. An empty `steps` without obstacles means: it holds. A link that must be made is only made: what it is
 * to hold is planned once it has been read, for until then nobody knows whose link has that name.
 *
 * The order of steps: what must go goes first (links; then routes and addresses), so that names, VNIs and
 * subnets are free for those that come, also when two interfaces swap them, and is still there to be removed: a small
 * MTU takes IPv6 addresses along. Peers come before peers go, so
 * that no frame is lost in between.
 */
export function plan(input: PlanInput): Plan {
  const guard = guarded(input.wanted, input.observed);
  const links = planLinks(guard.wanted, input.observed, input.applied);
  const { steps, obstacles } = linksAndContents(links, { ...input, guard });
  const { own } = input.wanted;
  const settled = links.standing.filter(({ wanted: { interfaceName } }) =>
    !steps.some((step) => isOfLink(step) && step.interfaceName === interfaceName)
  );
  const neighbours = neighbourSteps(settled, { ...input.observed, own });
  const kept = keptForms(links, guard.wanted).map((wanted) => ({ wanted }));
  const fdb = fdbSteps([...links.standing, ...kept], { fdb: input.observed.fdb, own });
  const all = [...steps, ...neighbours.deletions, ...neighbours.additions, ...fdb.appends, ...fdb.deletions];
  return {
    steps: onSeenLinks(all, input.observed),
    obstacles: [...obstacles, ...neighbours.obstacles].sort(byInterface),
  };
}

/** What is done to a link is done to the one that was seen: another may have its name by then. */
function onSeenLinks(steps: readonly Step[], { links }: KernelState): readonly Step[] {
  const indexes = new Map(links.map(({ name, index }) => [name, index]));
  return steps.map((step): Step => {
    if (step.kind === "add-link" || step.kind === "name-link" || !("interfaceName" in step)) return step;
    const index = indexes.get(step.interfaceName ?? "");
    return index === undefined ? step : { ...step, index };
  });
}

/** What may cost a link its neighbours, or its IPv6: they are set when it has been read again. */
function isOfLink(step: Step): step is Step & { readonly interfaceName: string } {
  return ["set-underlay", "set-mtu", "set-mac", "set-up"].includes(step.kind);
}

/** The same without what peers are to each other, which is kept apart: links, addresses, routes and rules. */
export function planKernel(input: Omit<PlanInput, "observed"> & { readonly observed: KernelState }): Plan {
  const guard = guarded(input.wanted, input.observed);
  return linksAndContents(planLinks(guard.wanted, input.observed), { ...input, guard });
}

function linksAndContents(
  links: LinkPlan,
  { observed, ourAddresses, guard }: Omit<Parameters<typeof planKernel>[0], "wanted"> & {
    readonly guard: Guarded;
  },
): Plan {
  const { wanted } = guard;
  const made = { annotationKey: wanted.annotationKey, devices: links.devices };
  const way = guardSteps(guard, observed);
  const standing = links.standing.map((link) => link.stuck === undefined ? link : withoutIpv6(link));
  const addresses = standing.map((link) => addressSteps(link, ourAddresses));
  const routes = routeSteps({ ...links, standing }, { observed, addresses });
  return {
    steps: [
      ...way.first,
      ...links.deletions,
      ...routes.deletions,
      ...addresses.flatMap(({ deletions }) => deletions),
      ...links.missing.flatMap((link) => makingSteps(link, made)),
      ...links.standing.flatMap((link) => linkSteps(link, links.devices)),
      ...addresses.flatMap(({ additions }) => additions),
      ...way.beforeRoutes,
      ...routes.additions,
      ...way.last,
    ],
    obstacles: [
      ...links.obstacles,
      ...guard.obstacles,
      ...links.standing.flatMap(({ stuck }) => stuck ?? []),
      ...routes.obstacles,
    ].sort(byInterface),
  };
}

/** A link that is too small for IPv6 and cannot be brought to another MTU, which has been told, takes none of it. */
function withoutIpv6({ wanted, link }: StandingLink): StandingLink {
  if (link.mtu >= leastIpv6Mtu) return { wanted, link };
  const addresses = wanted.addresses.filter(({ family }) => family === 4);
  const routes = wanted.routes.filter(({ subnet }) => subnet.family === 4);
  return { wanted: { ...wanted, addresses, routes }, link };
}

function byInterface(a: Obstacle, b: Obstacle): number {
  return a.interfaceName < b.interfaceName ? -1 : a.interfaceName > b.interfaceName ? 1 : 0;
}
