// A topology as boxes and lines, before any format: what is drawn, how it is called, and what is too much to draw singly.
import type { Attachment, NodeGroup, Segment, Standing, Topology, TopologyPod } from "./topology.ts";

/** One box. `id` is made of letters and digits, and the same for the same topology. */
export interface Box {
  readonly id: string;
  readonly kind: "pods" | "network" | "missing network";
  readonly lines: readonly string[];
  readonly standing: Standing;
  /** The node's group; absent for networks. */
  readonly group?: string;
}

/** One line from a pod (or several) to a network. */
export interface Line {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly standing: Standing;
}

/** A node, around the boxes of its pods. */
export interface Group {
  readonly id: string;
  readonly title: string;
}

export interface Picture {
  readonly groups: readonly Group[];
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

/** More pods than this on one node with the same networks and standing are one box. */
const mostAlike = 6;

/** With more boxes than this all pods that are alike are one: Mermaid draws 500 lines and 50,000 characters at most. */
const mostSingly = 120;

/** Characters of a reason that are shown in a box. */
const reasonLength = 60;

/** Lays nothing out; says what there is to lay out. */
export function pictureOf({ segments, nodes }: Topology): Picture {
  const networks = segments.map((segment, index): Box => ({
    id: `net${index + 1}`,
    kind: "network",
    lines: [segment.name, `VNI ${segment.vni}, port ${segment.port}${segment.family === 6 ? ", IPv6" : ""}`],
    standing: "ready",
  }));
  const absent = [...new Set(nodes.flatMap(({ pods }) => pods.flatMap(({ missing }) => missing)))].toSorted();
  const missing = absent.map((name, index): Box => ({
    id: `missing${index + 1}`,
    kind: "missing network",
    lines: [name, "not to be had"],
    standing: "failing",
  }));
  const idOf = new Map([
    ...segments.map(({ key }, index) => [key, `net${index + 1}`] as const),
    ...absent.map((name, index) => [missingKey(name), `missing${index + 1}`] as const),
  ]);
  const partsOf = (most: number): readonly Pick<Picture, "boxes" | "lines">[] =>
    nodes.map((node, index) => partOf(node, { group: `node${index + 1}`, idOf, segments, most }));
  const singly = partsOf(mostAlike);
  const isCrowded = singly.reduce((sum, { boxes }) => sum + boxes.length, 0) > mostSingly;
  const parts = isCrowded ? partsOf(1) : singly;
  return {
    groups: nodes.map(({ name }, index) => ({
      id: `node${index + 1}`,
      title: name === undefined ? "not scheduled" : `node ${name}`,
    })),
    boxes: [...parts.flatMap(({ boxes }) => boxes), ...networks, ...missing],
    lines: parts.flatMap(({ lines }) => lines),
  };
}

interface PartContext {
  readonly group: string;
  readonly idOf: ReadonlyMap<string, string>;
  readonly segments: readonly Segment[];
  /** Pods that are alike and drawn singly. */
  readonly most: number;
}

/** The pods of one node: singly, or those that are alike as one. */
function partOf(
  { pods }: NodeGroup,
  { group, idOf, segments, most }: PartContext,
): Pick<Picture, "boxes" | "lines"> {
  const alike = Map.groupBy(pods, kindOf);
  const drawn = [...alike.values()].flatMap((same) => same.length > most ? [same] : same.map((pod) => [pod]));
  const nameOf = new Map(segments.map(({ key, name }) => [key, name]));
  const boxes = drawn.map((some, index): Box => ({
    id: `${group}p${index + 1}`,
    kind: "pods",
    lines: titleOf(some),
    standing: some[0]?.standing ?? "ready",
    group,
  }));
  const lines = drawn.flatMap((some, index) => {
    const [first] = some;
    if (first === undefined) return [];
    const line = (key: string, label: string, standing: Standing): readonly Line[] => {
      const to = idOf.get(key);
      return to === undefined ? [] : [{ from: `${group}p${index + 1}`, to, label, standing }];
    };
    return [
      ...first.attachments.flatMap((attachment) =>
        line(attachment.segment, labelOf(attachment, { count: some.length, nameOf }), first.standing)
      ),
      ...first.missing.flatMap((name) => line(missingKey(name), "", "failing")),
    ];
  });
  return { boxes, lines };
}

/** Pods of one kind are drawn alike: gateways are never hidden in a number. */
function kindOf({ standing, attachments, missing }: TopologyPod): string {
  return JSON.stringify([
    standing,
    missing,
    attachments.map(({ segment, isGateway, addresses }) => [segment, isGateway ? addresses : false]),
  ]);
}

function titleOf(pods: readonly TopologyPod[]): readonly string[] {
  const [first] = pods;
  if (first === undefined) return [];
  const reason = first.reasons[0];
  const why = first.standing === "ready" || reason === undefined ? [] : [cut(reason)];
  if (pods.length === 1) return [`${first.namespace}/${first.name}`, ...why];
  const how = first.standing === "ready" ? "" : first.standing === "waiting" ? " waiting" : " not ready";
  return [`${pods.length} pods${how}`, `${first.namespace}/${first.name}, …`, ...why];
}

function labelOf(
  { segment, interfaceName, addresses, isGateway }: Attachment,
  { count, nameOf }: { readonly count: number; readonly nameOf: ReadonlyMap<string, string> },
): string {
  // How many they are stands in their box.
  if (count > 1) return "";
  const name = interfaceName === nameOf.get(segment) ? [] : [interfaceName];
  return [...name, ...addresses, ...isGateway ? ["gateway"] : []].join(" ");
}

function missingKey(name: string): string {
  return `missing ${name}`;
}

function cut(text: string): string {
  return text.length > reasonLength ? `${text.slice(0, reasonLength - 1)}…` : text;
}
