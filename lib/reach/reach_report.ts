// Which pairs are probed, and what the outcomes mean together. Pure; chance comes from outside.

/** A member whose interface stands, as it is probed and named. */
export interface Station {
  /** NAMESPACE/NAME. */
  readonly pod: string;
  readonly node: string | undefined;
}

/** What came of asking one member from another. A probe answers for both directions of a pair together. */
export type Outcome =
  | { readonly kind: "reachable" }
  /** `arrives`: what the first sends gets there, so what does not pass is the way back; else no direction is known. */
  | { readonly kind: "unreachable"; readonly arrives?: true }
  /** Why nobody could be asked. */
  | { readonly kind: "not probed"; readonly reason: string };

export interface ProbedPair {
  readonly from: Station;
  readonly to: Station;
  readonly outcome: Outcome;
}

/** Up to so many members every pair is probed. */
const fullMatrix = 30;

/**
 * Pairs by index, each in both directions: all of them up to `fullMatrix` members or with `all`, else a ring, which has
 * each member in it, and `sample` pairs by chance.
 */
export function choosePairs(
  count: number,
  { all, sample, random }: {
    readonly all: boolean;
    readonly sample: number;
    readonly random: () => number;
  },
): readonly (readonly [number, number])[] {
  const indices = [...Array(count).keys()];
  if (all || count <= fullMatrix) {
    return indices.flatMap((from) => indices.filter((to) => to !== from).map((to) => [from, to] as const));
  }
  const chosen = new Map(indices.map((from) => {
    const to = (from + 1) % count;
    return [`${from} ${to}`, [from, to] as const] as const;
  }));
  const most = Math.min(count + sample, count * (count - 1));
  while (chosen.size < most) {
    const [from, to] = [Math.floor(random() * count), Math.floor(random() * count)];
    if (from !== to) chosen.set(`${from} ${to}`, [from, to]);
  }
  return [...chosen.values()];
}

/** What is likely the cause, in a sentence; undefined where nothing can be said. */
export function likelyCause(pairs: readonly ProbedPair[], port: number): string | undefined {
  const probed = pairs.filter(({ outcome }) => outcome.kind !== "not probed");
  const failed = probed.filter(({ outcome }) => outcome.kind === "unreachable");
  if (failed.length === 0) return undefined;
  const crossing = ({ from, to }: ProbedPair): boolean => from.node !== to.node;
  const [across, within] = [failed.filter(crossing), failed.filter((pair) => !crossing(pair))];
  const allAcross = probed.filter(crossing).length === across.length && across.length > 0;
  if (allAcross && within.length === 0) {
    return `every pair across nodes fails and none within a node: UDP port ${port} does not pass between the ` +
      "nodes (a NetworkPolicy, the network plugin, a firewall), or the plugin uses the port itself";
  }
  const alone = culprit(failed, probed);
  if (alone !== undefined) {
    return `every pair with ${alone} fails and no other: look at it with inspect, and at the policies of its namespace`;
  }
  const node = failingNode(failed, probed);
  if (node !== undefined) {
    return `every pair to or from node ${node} fails and no other: UDP port ${port} does not pass there`;
  }
  return undefined;
}

/** The one pod that all failures have in common, where each of its pairs failed, and not with one other only. */
function culprit(failed: readonly ProbedPair[], probed: readonly ProbedPair[]): string | undefined {
  const isIn = ({ from, to }: ProbedPair, pod: string): boolean => from.pod === pod || to.pod === pod;
  if (new Set(failed.flatMap(({ from, to }) => [from.pod, to.pod])).size < 3) return undefined;
  const candidates = failed[0] === undefined ? [] : [failed[0].from.pod, failed[0].to.pod];
  const found = candidates.filter((pod) =>
    failed.every((pair) => isIn(pair, pod)) &&
    probed.filter((pair) => isIn(pair, pod)).length === failed.length
  );
  return found.length === 1 ? found[0] : undefined;
}

function failingNode(failed: readonly ProbedPair[], probed: readonly ProbedPair[]): string | undefined {
  const crosses = ({ from, to }: ProbedPair, node: string): boolean =>
    from.node !== to.node && (from.node === node || to.node === node);
  const nodes = [...new Set(failed.flatMap(({ from, to }) => [from.node, to.node]))].filter((node) =>
    node !== undefined
  );
  const found = nodes.filter((node) =>
    failed.every((pair) => crosses(pair, node)) &&
    probed.filter((pair) => crosses(pair, node)).length === failed.length
  );
  return found.length === 1 ? found[0] : undefined;
}
