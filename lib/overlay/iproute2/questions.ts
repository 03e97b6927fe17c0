// What to ask `ip` for a look: everything about links, and of the routes only what has to do with what is wanted.
import { cidrText, subnetOf } from "../../network/grammar/address.ts";
import type { WantedState } from "../wanted.ts";
import { permanentNeighbours } from "./read_neighbours.ts";
import { ourRoutes } from "./read_routes.ts";

/** Every link with its addresses. */
export const observeAddresses = "address show";

/**
 * What to send to `ip -json -details -force -batch -` for a look. Each line always answers with exactly one
 * line of JSON, so the look is over after as many answers as there are lines: nothing in an answer needs
 * recognising. A `show dev X` would answer nothing when X is missing, so none is used. A pod that runs BIRD may have a
 * million routes, so asked for are ours, those to a wanted subnet, and those that lead to a wanted gateway.
 */
export function ipQuestions({ interfaces }: Pick<WantedState, "interfaces">): readonly string[] {
  const routes = interfaces.flatMap((each) => each.routes);
  const subnets = [
    ...interfaces.flatMap(({ addresses }) => addresses.map(subnetOf)),
    ...routes.map(({ subnet }) => subnet),
  ];
  const defaults = new Set(subnets.map(({ family }) => family === 4 ? "0.0.0.0/0" : "::/0"));
  return [
    observeAddresses,
    permanentNeighbours,
    ourRoutes,
    ...new Set(
      [...defaults, ...routes.map(({ subnet }) => cidrText(subnet))].map((to) => `${routesTo} exact ${to}`),
    ),
    ...new Set(
      routes.flatMap(({ gateway }) => gateway === undefined ? [] : [`${routesTo} match ${gateway}`]),
    ),
  ];
}

const routesTo = "route show table all";
