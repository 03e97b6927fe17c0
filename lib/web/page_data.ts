// The values behind the page, as JSON: the summary, the members that a filter leaves, one member, the picture.
import { pictureOf } from "../graph/picture.ts";
import { svg } from "../graph/svg.ts";
import { type MemberSeen, type Standing, topologyOf } from "../graph/topology.ts";
import type { LiveView, Wait } from "./live_view.ts";

/** A probe between two members, as the page shows it. */
export interface ProbeSeen {
  readonly network: string;
  /** NAMESPACE/NAME. */
  readonly from: string;
  readonly to: string;
  readonly outcome: "reachable" | "unreachable" | "not probed";
}

/** A member and the key under which reports speak of it. */
export interface KeyedMember extends MemberSeen {
  readonly uid: string;
}

/** Where the page gets what it shows. All are asked anew for each answer. */
export interface PageSource {
  readonly version: string;
  readonly view: LiveView;
  readonly synced: () => boolean;
  /** `leader` is the holder's name where it is another and known. */
  readonly leadership: () => { readonly leading: boolean; readonly leader?: string };
  readonly members: () => readonly KeyedMember[];
  /** The value of `inspect` without looking into the pod; undefined when there is no such member. */
  readonly detail: (pod: { readonly namespace: string; readonly name: string }) => object | undefined;
  /** The last ones. */
  readonly probes: () => readonly ProbeSeen[];
}

/** Rows of the table in one answer; the filter leads to the others. */
const mostRows = 300;
/** Probes in one answer; those without an answer go first. */
const mostProbes = 500;
/** Boxes that are laid out; more take seconds, and nobody could read them. */
const mostBoxes = 250;

export interface Summary {
  readonly version: string;
  readonly revision: number;
  readonly synced: boolean;
  readonly leading: boolean;
  readonly leader?: string;
  readonly standings: Readonly<Record<Standing, number>>;
  readonly networks: readonly {
    readonly name: string;
    readonly vni: number;
    readonly port: number;
    readonly members: number;
    readonly ready: number;
  }[];
  readonly waits: { readonly interface: readonly Wait[]; readonly mesh: readonly Wait[] };
  readonly probes: readonly ProbeSeen[];
}

export function summaryOf(source: PageSource): Summary {
  const members = seenMembers(source);
  const standings = { ready: 0, waiting: 0, failing: 0 };
  const networks = new Map<
    string,
    { name: string; vni: number; port: number; members: number; ready: number }
  >();
  for (const { standing, networks: its } of members) {
    standings[standing]++;
    for (const { name, vni, port } of its) {
      const key = `${name}/${vni}/${port}`;
      const network = networks.get(key) ?? { name, vni, port, members: 0, ready: 0 };
      network.members++;
      if (standing === "ready") network.ready++;
      networks.set(key, network);
    }
  }
  return {
    version: source.version,
    revision: source.view.revision,
    synced: source.synced(),
    ...source.leadership(),
    standings,
    networks: [...networks.values()].sort((a, b) =>
      a.name < b.name ? -1 : a.name > b.name ? 1 : a.vni - b.vni
    ),
    waits: source.view.waits,
    probes: firstProbes(source.probes()),
  };
}

export interface MemberRows {
  /** How many the filter leaves; `rows` are the first of them, those that fail before the others. */
  readonly total: number;
  readonly rows: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly node?: string | undefined;
    readonly standing: Standing;
    readonly reasons: readonly string[];
    readonly networks: readonly string[];
    readonly addresses: readonly string[];
  }[];
}

/** Members whose namespace, name, node, networks, addresses or reasons hold every word of `filter`. */
/** Those without an answer, then the others. */
function firstProbes(probes: readonly ProbeSeen[]): readonly ProbeSeen[] {
  const failed = probes.filter(({ outcome }) => outcome === "unreachable");
  const others = probes.filter(({ outcome }) => outcome !== "unreachable");
  return [...failed, ...others].slice(0, mostProbes);
}

export function memberRows(
  source: PageSource,
  { filter, standing }: { readonly filter: string; readonly standing: string },
): MemberRows {
  const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const all = topologyOf(seenMembers(source)).nodes.flatMap(({ name: node, pods }) =>
    pods.map(({ namespace, name, standing, reasons, attachments, missing }) => ({
      namespace,
      name,
      node,
      standing,
      reasons,
      networks: [...attachments.map(({ segment }) => segment.split("/")[0] ?? ""), ...missing],
      addresses: attachments.flatMap(({ addresses }) => addresses),
    }))
  );
  const found = all.filter((row) => {
    if (standing !== "" && row.standing !== standing) return false;
    const text = [row.namespace, row.name, row.node ?? "", ...row.networks, ...row.addresses, ...row.reasons]
      .join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const rank = { failing: 0, waiting: 1, ready: 2 } as const;
  const rows = found.sort((a, b) => rank[a.standing] - rank[b.standing]).slice(0, mostRows);
  return { total: found.length, rows };
}

/** An SVG element without style; or a sentence, where it would be too large to be read. */
export function pictureText(
  source: PageSource,
  networks: readonly string[],
): { readonly svg: string } | { readonly instead: string } {
  const picture = pictureOf(topologyOf(seenMembers(source), networks));
  if (picture.boxes.length === 0) return { instead: "No pod is in a network yet." };
  if (picture.boxes.length <= mostBoxes) return { svg: svg(picture, { styled: false }) };
  return {
    instead: `${picture.boxes.length} boxes are too many for a picture. ` +
      (networks.length === 0 ? "Choose a network." : "The table has all of them."),
  };
}

function seenMembers({ members, view }: PageSource): readonly MemberSeen[] {
  return members().map(({ uid, ...member }) => view.seen(uid, member));
}
