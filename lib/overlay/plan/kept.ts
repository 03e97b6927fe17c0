// What stands of a network whose interface cannot be made as it is wanted: the links that it has, for as long as something
// is in the way. Their peers come and go: nobody is left out, and no frame goes to who has gone and whose IP is another's.
import type { KernelState } from "../observation.ts";
import { networkOfAlias, type WantedInterface, type WantedState } from "../wanted.ts";
import { planLinks } from "./links.ts";
import type { LinkPlan } from "./parts.ts";

/** The forms of such links. One into another segment than is wanted has no peers there any more. */
export function keptForms(
  { staying, obstacles }: Pick<LinkPlan, "staying" | "obstacles">,
  { interfaces, annotationKey }: WantedState,
): readonly WantedInterface[] {
  const blocked = new Set(obstacles.map(({ network }) => network));
  return staying.flatMap(({ name: interfaceName, alias, vxlan }): readonly WantedInterface[] => {
    const network = networkOfAlias(alias, annotationKey);
    const wanted = interfaces.find(({ name }) => name === network);
    if (vxlan === undefined || wanted === undefined || !blocked.has(wanted.name)) return [];
    const { vni, port, family } = wanted;
    const isSame = vxlan.vni === vni && vxlan.port === port && vxlan.family === family;
    return [{ ...wanted, interfaceName, ...(isSame ? {} : { peers: [], neighbours: [], presumed: [] }) }];
  });
}

/** What is wanted, with these forms in the place of those that cannot be had. */
export function asItStands(wanted: WantedState, observed: KernelState): WantedState {
  const links = planLinks(wanted, observed);
  if (links.obstacles.length === 0) return wanted;
  const blocked = new Set(links.obstacles.map(({ network }) => network));
  const others = wanted.interfaces.filter(({ name }) => !blocked.has(name));
  return { ...wanted, interfaces: [...others, ...keptForms(links, wanted)] };
}
