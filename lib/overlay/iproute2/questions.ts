// What to ask `ip` for a look: everything about links, and of the routes only what has to do with what is wanted.
import { cidrText, subnetOf } from "../../network/grammar/address.ts";
import { coveredIn } from "../plan/covered.ts";
import type { WantedState } from "../wanted.ts";
import { ourRoutes } from "./read_routes.ts";

/**
 * What to send to `ip -json -details -force -batch -` for a look. Each line always answers with exactly one
 * line of JSON, so the look is over after as many answers as there are lines: nothing in an answer needs
 * recognising. A `show dev X` would answer nothing when X is missing, so none is used. A pod that runs BIRD may have a
 * million routes, so asked for are ours, those to a wanted subnet, those that lead to a wanted gateway, and, where a
 * wanted subnet could swallow the packets that carry the network, those that lead around it.
 */
export function ipQuestions({ interfaces }: Pick<WantedState, "interfaces">): readonly string[] {
  const routes = interfaces.flatMap((each) => each.routes);
  const subnets = [
    ...interfaces.flatMap(({ addresses }) => addresses.map(subnetOf)),
    ...routes.map(({ subnet }) => subnet),
  ];
  const covering = subnets.filter((subnet) =>
    interfaces.some(({ peers }) => coveredIn(peers, subnet).length > 0)
  );
  const defaults = new Set(subnets.map(({ family }) => family === 4 ? "0.0.0.0/0" : "::/0"));
  return [
    "address show",
    ourRoutes,
    ...new Set(
      [...defaults, ...routes.map(({ subnet }) => cidrText(subnet))].map((to) => `${routesTo} exact ${to}`),
    ),
    ...new Set(routes.map(({ gateway }) => `${routesTo} match ${gateway}`)),
    ...new Set(covering.map((subnet) => `${routesTo} root ${cidrText(subnet)}`)),
  ];
}

const routesTo = "route show table all";
