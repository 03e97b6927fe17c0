// Which interfaces of ours stay in a pod though nobody knows in which form it is to have their networks?
import type { Member } from "../member/member.ts";
import { firstProblems, type Problem, runtimeProblem } from "../network/problem.ts";
import { quoted } from "../text/quoted.ts";
import type { KernelState } from "./observation.ts";
import { networkOfAlias } from "./wanted.ts";

/**
 * A problem for each. It was not believed after a restart (`claimed_networks.ts`), and goes only when an annotation that can
 * be read as a whole no longer names its network. Nobody looks after it meanwhile, which people must know.
 */
export function untended(
  member: Member,
  { links, annotationKey }: Pick<KernelState, "links"> & { readonly annotationKey: string },
): readonly Problem[] {
  const others = new Set([...member.networks.map(({ name }) => name), ...member.forbidden]);
  const problems = links.flatMap(({ name, alias, vxlan }) => {
    const network = networkOfAlias(alias, annotationKey);
    if (vxlan === undefined || network === undefined || others.has(network)) return [];
    if (member.annotationParsed && !member.unresolved.includes(network)) return [];
    const link = `${quoted(name)} (VNI ${vxlan.vni}, port ${vxlan.port})`;
    const message =
      `Cannot look after interface ${link}: nothing that can be read says that the pod has network ` +
      `${
        quoted(network)
      } so. It stays, and sends to those members to whom it sent, but is nobody's peer; mend what is ` +
      "said of that network, or take it out of the annotation";
    return [runtimeProblem(member, { kind: "conflict", network, message })];
  });
  return firstProblems(problems, { kind: "pod", namespace: member.namespace, pod: member.name });
}
