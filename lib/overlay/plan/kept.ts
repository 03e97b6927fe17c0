// What stands of a network whose interface cannot be made as it is wanted: the links that it has, for as long as something
// is in the way, or nothing that can be read says what they are to be. Their peers come and go: nobody is left out, and no
// frame goes to who has gone and whose IP is another's.
import type { KernelState, ObservedLink } from "../observation.ts";
import { networkOfAlias, type WantedInterface, type WantedState } from "../wanted.ts";
import { planLinks } from "./links.ts";
import type { LinkPlan } from "./parts.ts";

/**
 * The forms of such links, and of those that stay though nothing says what they are to be. One into another segment than is
 * wanted has no peers there any more.
 */
export function keptForms(
  { staying, obstacles }: Pick<LinkPlan, "staying" | "obstacles">,
  wantedState: WantedState,
): readonly WantedInterface[] {
  const { interfaces, annotationKey } = wantedState;
  const blocked = new Set(obstacles.map(({ network }) => network));
  const kept = staying.flatMap(({ name: interfaceName, alias, vxlan }): readonly WantedInterface[] => {
    const network = networkOfAlias(alias, annotationKey);
    const wanted = interfaces.find(({ name }) => name === network);
    if (vxlan === undefined || wanted === undefined || !blocked.has(wanted.name)) return [];
    const { vni, port, family } = wanted;
    const isSame = vxlan.vni === vni && vxlan.port === port && vxlan.family === family;
    return [{ ...wanted, interfaceName, ...(isSame ? {} : { peers: [], neighbours: [], presumed: [] }) }];
  });
  return [...kept, ...adriftForms(staying, wantedState)];
}

/** Far more than a pod has: a hostile one may claim thousands, and each takes to find out who may be meant. */
const mostAdrift = 64;

/** Nothing is told from them but to whom they may send. One with a fixed remote was not made by us. */
function adriftForms(
  staying: readonly ObservedLink[],
  { interfaces, annotationKey, maySendTo }: WantedState,
): readonly WantedInterface[] {
  if (maySendTo === undefined) return [];
  const wanted = new Set(interfaces.map(({ name }) => name));
  const adrift = staying.flatMap(({ name: interfaceName, alias, mac, up, vxlan }) => {
    const name = networkOfAlias(alias, annotationKey);
    if (name === undefined || wanted.has(name) || vxlan === undefined || vxlan.remote !== undefined) {
      return [];
    }
    const { vni, port, family, dev: underlay = "" } = vxlan;
    const nothing = { addresses: [], routes: [], peers: [], neighbours: [] };
    return [{ name, alias, interfaceName, vni, port, family, underlay, mac, up, ...nothing }];
  });
  return adrift.slice(0, mostAdrift).map(({ name, family, ...link }) => {
    return { ...link, name, family, presumed: maySendTo({ name, family }) };
  });
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
