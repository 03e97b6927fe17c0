// What stands of a network whose interface cannot be made as it is wanted: the links that it has, for as long as something
// is in the way, or nothing that can be read says what they are to be. Their peers come and go: nobody is left out, and no
// frame goes to who has gone and whose IP is another's.
import type { KernelState, ObservedLink } from "../observation.ts";
import { networkOfAlias, type WantedInterface, type WantedState } from "../wanted.ts";
import { planLinks } from "./links.ts";
import type { LinkPlan } from "./parts.ts";

/**
 * The forms of such links, and of those that stay though nothing says what they are to be: these get nothing, and lose what
 * leads to nobody. One into another segment than is wanted has no peers there any more.
 */
export function keptForms(
  { staying, obstacles }: Pick<LinkPlan, "staying" | "obstacles">,
  { interfaces, annotationKey, maySendTo }: WantedState,
): readonly WantedInterface[] {
  const blocked = new Set(obstacles.map(({ network }) => network));
  return staying.flatMap((link): readonly WantedInterface[] => {
    const { name: interfaceName, alias, vxlan } = link;
    const name = networkOfAlias(alias, annotationKey);
    if (vxlan === undefined || name === undefined) return [];
    const wanted = interfaces.find((each) => each.name === name);
    if (wanted === undefined && maySendTo !== undefined) return adrift(link, { name, maySendTo });
    if (wanted === undefined || !blocked.has(name)) return [];
    const { vni, port, family } = wanted;
    const isSame = vxlan.vni === vni && vxlan.port === port && vxlan.family === family;
    return [{ ...wanted, interfaceName, ...(isSame ? {} : { peers: [], neighbours: [], presumed: [] }) }];
  });
}

/** Nothing is told from it but to whom it may send: one with a fixed remote was not made by us. */
function adrift(
  { name: interfaceName, alias, mac, up, vxlan }: ObservedLink,
  { name, maySendTo }: { readonly name: string; readonly maySendTo: Required<WantedState>["maySendTo"] },
): readonly WantedInterface[] {
  if (vxlan === undefined || vxlan.remote !== undefined) return [];
  const { vni, port, family, dev = "" } = vxlan;
  const link = { name, alias, interfaceName, vni, port, family, underlay: dev, mac, up };
  const nothing = { addresses: [], routes: [], peers: [], neighbours: [] };
  return [{ ...link, ...nothing, presumed: maySendTo({ name, family }) }];
}

/** What is wanted, with these forms in the place of those that cannot be had. */
export function asItStands(wanted: WantedState, observed: KernelState): WantedState {
  const links = planLinks(wanted, observed);
  const kept = keptForms(links, wanted);
  if (links.obstacles.length + kept.length === 0) return wanted;
  const blocked = new Set(links.obstacles.map(({ network }) => network));
  const others = wanted.interfaces.filter(({ name }) => !blocked.has(name));
  return { ...wanted, interfaces: [...others, ...kept] };
}
