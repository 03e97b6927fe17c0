// Wanted minus observed: which steps bring one pod's kernel to what it should hold, and what stands in the
// way.
import type { Observation } from "../observation.ts";
import type { WantedState } from "../wanted.ts";
import { addressSteps } from "./addresses.ts";
import { withoutCovering } from "./covered.ts";
import { fdbSteps } from "./fdb.ts";
import { linkSteps } from "./interface.ts";
import { planLinks } from "./links.ts";
import type { KnownAddresses, Obstacle, Plan } from "./parts.ts";
import { routeSteps } from "./routes.ts";

/** What a plan is made from. */
export interface PlanInput {
  readonly wanted: WantedState;
  readonly observed: Observation;
  readonly ourAddresses: KnownAddresses;
}

/**
 * Plans one pod. An empty `steps` without obstacles means: it holds.
 *
 * The order of steps: what must go goes first (links; then routes and addresses), so that names, VNIs and
 * subnets are free for those that come, also when two interfaces swap them. Peers come before peers go, so
 * that no frame is lost in between.
 */
export function plan(input: PlanInput): Plan {
  const allowed = withoutCovering(input.wanted, input.observed);
  const links = planLinks(allowed.wanted, input.observed);
  const standing = links.standing.map((link) => ({ link, work: linkSteps(link, input.observed) }));
  const addresses = links.standing.map((link) => addressSteps(link, input.ourAddresses));
  const routes = routeSteps(links, { observed: input.observed, addresses });
  const fdb = fdbSteps(links.standing, input.observed);
  return {
    steps: [
      ...links.deletions,
      ...standing.flatMap(({ work }) => work.steps),
      ...routes.deletions,
      ...addresses.flatMap(({ deletions }) => deletions),
      ...addresses.flatMap(({ additions }) => additions),
      ...routes.additions,
      ...fdb.appends,
      ...fdb.deletions,
    ],
    obstacles: [
      ...links.obstacles,
      ...allowed.obstacles,
      ...standing.flatMap(({ work }) => work.obstacles),
      ...routes.obstacles,
    ].sort(byInterface),
  };
}

function byInterface(a: Obstacle, b: Obstacle): number {
  return a.interfaceName < b.interfaceName ? -1 : a.interfaceName > b.interfaceName ? 1 : 0;
}
