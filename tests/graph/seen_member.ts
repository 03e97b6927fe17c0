// A member of a topology by its annotation, as the program itself reads it: for pictures and pages of tests.
import type { MemberSeen } from "../../lib/graph/topology.ts";
import { parseAnnotation } from "../../lib/network/grammar/annotation.ts";
import { noClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { resolveNetworks } from "../../lib/network/resolve.ts";
import { membershipSettings } from "../member/member_pod.ts";

/** What a test says of it; the rest is usual. `networks` is the annotation. */
export interface SeenMember {
  readonly node?: string;
  readonly networks: string;
  readonly missing?: readonly string[];
  readonly standing?: MemberSeen["standing"];
  readonly reasons?: readonly string[];
}

/** A member in namespace `default`. */
export function seen(
  name: string,
  { node, networks, missing = [], standing = "ready", reasons = [] }: SeenMember,
): MemberSeen {
  const source = { kind: "annotation", key: "k", namespace: "default", pod: name } as const;
  const parsed = parseAnnotation(networks, source);
  const resolved = resolveNetworks(parsed.entries, {
    ...membershipSettings,
    cluster: noClusterNetworks,
    source,
    namespace: "default",
    complete: true,
    lastGood: new Map(),
  });
  return { namespace: "default", name, node, standing, reasons, networks: resolved.networks, missing };
}
