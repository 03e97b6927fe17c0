// Which networks may a name that cannot be read have meant? Those that the pod shows it has, where a link of it agrees.
import type { ShownStatus } from "../member/current_status.ts";
import { parseNetworkName } from "../network/grammar/names.ts";
import type { Annotation, AnnotationEntry } from "../network/grammar/annotation.ts";
import type { ObservedLink } from "./observation.ts";

/** As if the annotation named them, without any option. None where all of its names were read. */
export function shownEntries(
  shown: ShownStatus | undefined,
  { parsed, links }: { readonly parsed: Annotation; readonly links: readonly ObservedLink[] },
): readonly AnnotationEntry[] {
  if (parsed.complete) return [];
  const named = new Set(parsed.entries.map(({ network }) => network));
  const found = (shown?.links ?? []).filter(({ network, interfaceName, vni }) =>
    !named.has(network) && parseNetworkName(network).kind === "value" &&
    links.some(({ name, vxlan }) => name === interfaceName && vxlan?.vni === vni)
  );
  return [...new Set(found.map(({ network }) => network))]
    .map((network) => ({ network, line: 1, options: {}, broken: true }));
}
