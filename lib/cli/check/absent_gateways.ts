// Does a member send its packets to a gateway that nobody is?
import type { Member } from "../../member/member.ts";
import { cidrText } from "../../network/grammar/address.ts";
import { type Network, peerKey } from "../../network/network.ts";
import type { ClusterView } from "../show/cluster_view.ts";

/**
 * One sentence for each gateway of the member's routes that no peer has been given. It is no problem by itself: the kernel
 * takes such a route, and the gateway may be late, or give itself the address. Beside VTEPs outside of the cluster
 * nothing is said.
 */
export function absentGateways(member: Member, view: Pick<ClusterView, "pods" | "store">): readonly string[] {
  return member.networks.flatMap((network) => {
    if (network.outside !== undefined && network.outside.length > 0) return [];
    const ways = network.routes.filter(({ gateway }) => gateway !== undefined);
    if (ways.length === 0) return [];
    const given = addressesOf(network, { member, view });
    return ways.filter(({ gateway }) => gateway !== undefined && !given.has(gateway)).map((
      { subnet, gateway },
    ) =>
      `the route to ${
        cidrText(subnet)
      } leads over ${gateway}, which no other member of network ${network.name} has been ` +
      "given as its address: start the gateway, or correct the route"
    );
  });
}

function addressesOf(
  network: Network,
  { member, view }: { readonly member: Member; readonly view: Pick<ClusterView, "pods" | "store"> },
): ReadonlySet<string> {
  const key = peerKey(network);
  return new Set(view.pods.flatMap(({ uid }) => {
    const item = view.store.workItem(uid);
    if (item?.kind !== "member" || uid === member.uid) return [];
    return item.member.networks.filter((other) => peerKey(other) === key)
      .flatMap(({ addresses }) => addresses.map(({ address }) => address));
  }));
}
