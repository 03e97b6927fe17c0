// In which form did a pod last have each of its networks, and which places in them does it hold?
import { type Member, type Membership, openNames } from "../member/member.ts";
import { type Network, peerKey } from "../network/network.ts";
import { compact } from "../text/defined.ts";
import type { KernelState } from "./observation.ts";
import { isMarkedFor } from "./wanted.ts";

/** What is known of that. */
export interface HadForms {
  /** Each of its networks in the form in which it last had it. */
  readonly good: readonly Network[];
  /** Those that its text has left: while their links stand, it may come to a text of which not all can be had. */
  readonly left: readonly Network[];
  /** Networks that it has been let into: by name, or by segment since its annotation was edited. */
  readonly holds: readonly string[];
}

/** What the pod's kernel held when it was seen last. */
type Seen = Pick<KernelState, "links"> | undefined;

/** By name. */
export function lastForms({ good, left }: HadForms, kernel: Seen): ReadonlyMap<string, Network> {
  const standing = left.filter((one) => stands(one, kernel));
  return new Map([...standing, ...good].map((network) => [network.name, network]));
}

/** Takes down what the pod has and must not have now. A network that it asks for no more, or must not have, is forgotten. */
export function hadNow(
  before: HadForms,
  { member, asked, kernel, seen }: {
    readonly member: Member;
    /** Before anybody looked at how many others do. */
    readonly asked: Membership;
    readonly kernel: Seen;
    /** Its kernel was looked at. */
    readonly seen: boolean;
  },
): HadForms {
  const names = member.networks.map(({ name }) => name);
  const open = openNames(member);
  const named = new Set([...names, ...member.unresolved, ...member.forbidden]);
  const gone = [...before.left, ...before.good].filter((one) => !named.has(one.name) && stands(one, kernel));
  const lost = before.good.filter(({ name }) => open.includes(name));
  const segments = new Set(asked.kind === "member" ? asked.member.networks.map(peerKey) : []);
  // What it keeps while that which it asks for is full is no place in that one.
  const places = member.networks.map((one) => segments.has(peerKey(one)) ? one.name : peerKey(one));
  const held = new Set([...before.holds, ...seen ? places : []]);
  const stays = new Set([...names, ...open]);
  return {
    good: lost.length === 0 ? member.networks : [...lost, ...member.networks],
    left: compact(gone),
    holds: compact([...held].filter((one) => stays.has(one.split("/")[0] ?? ""))),
  };
}

function stands({ name: network, interfaceName, vni, port }: Network, kernel: Seen): boolean {
  return kernel?.links.some(({ name, alias, vxlan }) =>
    name === interfaceName && isMarkedFor(network, alias) && vxlan?.vni === vni && vxlan.port === port
  ) === true;
}
