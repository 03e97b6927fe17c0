// What is said of an address that two members of a segment have. Pure.
import type { Member } from "../../member/member.ts";
import { segmentOf } from "../../network/network.ts";
import type { Problem } from "../../network/problem.ts";
import { plain, quoted } from "../../text/quoted.ts";
import type { SharedAddress } from "./address_index.ts";

/**
 * One problem for each shared address. It stops nothing: the interface is made all the same, because a pod that waits
 * for its predecessor to go, which waits for its successor to be ready, would wait for ever.
 */
export function addressConflicts(
  member: Member,
  { shared, nameOf }: {
    readonly shared: readonly SharedAddress[];
    /** The pod with this uid, as `namespace/name`. */
    readonly nameOf: (uid: string) => string;
  },
): readonly Problem[] {
  const names = new Map(member.networks.map((network) => [segmentOf(network), network.name]));
  return shared.flatMap(({ segment, address, other }): Problem[] => {
    const network = names.get(segment);
    if (network === undefined) return [];
    return [{
      kind: "conflict",
      source: { kind: "pod", namespace: member.namespace, pod: member.name },
      network,
      token: address,
      message: `Cannot rely on address ${address} of network ${quoted(network)}: it is also used by ` +
        `${plain(nameOf(other))}; give each member its own with ip=…`,
    }];
  });
}
