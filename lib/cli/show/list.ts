// The command `list`: which pods are members and how they stand, which networks there are and who is in them.
import { podCollection } from "../../controller/watch/resources.ts";
import { metadataOf } from "../../kube/watch/events.ts";
import { listPages } from "../../kube/watch/list_pages.ts";
import type { PodView } from "../../member/pod.ts";
import { cidrText } from "../../network/grammar/address.ts";
import { type Network, outsideOf, peerKey } from "../../network/network.ts";
import { exitStatus, type Host } from "../host.ts";
import { followCluster } from "../follow/followed_view.ts";
import { RowChanges } from "../follow/row_changes.ts";
import { type CommandSpec, UsageError } from "../program.ts";
import { addressList } from "../addresses/address_list.ts";
import { nothingRead, type PoolsRead } from "../addresses/read_pools.ts";
import type { SettingsOf } from "../settings/options.ts";
import { type ClusterView, withClusterView } from "./cluster_view.ts";
import { listOwn, type OwnView } from "./own_view.ts";
import { type List, listLines, type ListRow } from "./print_list.ts";
import { standingOf } from "./standing.ts";
import { type ListFormat, listOptions, listOutput } from "./view_options.ts";

const options = { ...listOptions, output: listOutput } as const;

export const listCommand: CommandSpec<typeof options> = {
  name: "list",
  summary: "list member pods, networks with their members, or addresses with who has them",
  args: [
    { name: "<what>", description: "pods, networks or addresses" },
    { name: "[prefix...]", description: "only those whose name begins so: NAME, pod/NAME or NAMESPACE/NAME" },
  ],
  options,
  examples: [
    { does: "all member pods, and why one is not ready", line: "kube-vxlan-controller list pods -A" },
    { does: "pods of a namespace as they change", line: "kube-vxlan-controller list pods -n lab -w" },
    {
      does: "networks whose name begins with n, with their members",
      line: "kube-vxlan-controller list networks n -A",
    },
    { does: "which address is whose", line: "kube-vxlan-controller list addresses -A" },
    { does: "for a program", line: "kube-vxlan-controller list pods -A -o json" },
  ],
  action: ({ settings, args: [what, ...prefixes] }, host) => {
    const listOf = kindOf(what);
    const { output, labels, noHeaders } = settings;
    if (settings.watch) return watchList(settings, { listOf, prefixes, host });
    const isPlain = output === "table" && labels === undefined && !noHeaders && prefixes.length === 0;
    return withClusterView(settings, {
      host,
      use: async (view) => {
        const pods = await matching(view, { labels: settings.labels, host });
        const pools = await poolsFor(listOf, view);
        const list = beginningWith(prefixes, listOf(pods, { view, now: host.clock.wall(), pools }));
        if (list.rows.length > 0 || isForPrograms(output)) {
          for (const line of listLines(list, settings)) host.print(line);
        } else host.complain(nothingText(view, { count: pods.length, labels }));
        // A list of addresses without those that could not be read is none.
        return listOf === addressList && pools.unread.length > 0 ? exitStatus.failed : exitStatus.ok;
      },
      // What stands on the pods is shown as a whole and as a table; asked for otherwise, the refusal is the answer.
      ...(isPlain && listOf !== addressList && {
        own: (view: OwnView) => listOwn(listOf === podList ? "pods" : "networks", view),
      }),
    });
  },
};

/** Prints what changes, until the user has enough. */
async function watchList(
  settings: SettingsOf<typeof options>,
  { listOf, prefixes, host }: {
    readonly listOf: ListMaker;
    readonly prefixes: readonly string[];
    readonly host: Host;
  },
): Promise<number> {
  const changes = new RowChanges(settings);
  let isFirst = true;
  await followCluster(settings, {
    host,
    labels: settings.labels,
    onView: async (view) => {
      const pools = await poolsFor(listOf, view);
      const list = beginningWith(prefixes, listOf(view.shown, { view, now: host.clock.wall(), pools }));
      for (const line of changes.linesOf(list)) host.print(line);
      if (isFirst && list.rows.length === 0 && !isForPrograms(settings.output)) {
        host.complain(nothingText(view, { count: view.shown.length, labels: settings.labels }));
      }
      isFirst = false;
      return "more" as const;
    },
  });
  return exitStatus.ok;
}

/** Those of any of the prefixes; all where there is none. The word of `-o name` may stand before. */
function beginningWith(prefixes: readonly string[], list: List): List {
  if (prefixes.length === 0) return list;
  const plain = prefixes.map((prefix) => prefix.replace(/^(pods?|po|networks?|nets?|address(es)?)\//, ""));
  const rows = list.rows.filter(({ name, names = [name.slice(name.indexOf("/") + 1)] }) =>
    names.some((each) => plain.some((prefix) => each.startsWith(prefix)))
  );
  return { ...list, rows };
}

type ListMaker = (
  pods: readonly PodView[],
  context: { readonly view: ClusterView; readonly now: Date; readonly pools: PoolsRead },
) => List;

/** Networks show no addresses. */
async function poolsFor(listOf: ListMaker, view: ClusterView): Promise<PoolsRead> {
  return listOf === networkList ? nothingRead : await view.readPools(view.store);
}

function kindOf(what: string | undefined): ListMaker {
  if (what === "pods" || what === "pod" || what === "po") return podList;
  if (what === "networks" || what === "nets" || what === "network" || what === "net") return networkList;
  if (what === "addresses" || what === "address") return addressList;
  throw new UsageError(`Cannot list "${what ?? ""}": expected pods, networks or addresses`);
}

function isForPrograms(output: ListFormat): boolean {
  return output !== "table" && output !== "wide";
}

/** `count`: pods that are there, of which none fits. */
function nothingText(
  { namespace, settings }: ClusterView,
  { count, labels }: { readonly count: number; readonly labels: string | undefined },
): string {
  if (count > 0) return `Nothing found among ${count} pods.`;
  const where = namespace === undefined ? "" : ` in namespace ${namespace}; -A shows those of all`;
  const selector = [settings.selector, ...labels === undefined ? [] : [labels]].join(",");
  return `No pods with label ${selector}${where}.`;
}

/** Labels are not kept of pods: the API server knows who matches. */
async function matching(
  { shown, settings, client }: ClusterView,
  { labels, host }: { readonly labels: string | undefined; readonly host: Host },
): Promise<readonly PodView[]> {
  if (labels === undefined) return shown;
  const both = podCollection({ ...settings, selector: `${settings.selector},${labels}` }, undefined);
  const found = new Set<string>();
  await listPages(client, {
    what: both.what,
    path: both.path,
    selectors: { labelSelector: both.labelSelector ?? "" },
    paged: true,
    signal: host.stop,
    read: (item) => metadataOf(item).uid,
    onItem: (uid) => found.add(uid),
    // Said when all were listed.
    onLong: () => {},
  });
  return shown.filter(({ uid }) => found.has(uid));
}

function podList(
  pods: readonly PodView[],
  { view, now }: { readonly view: ClusterView; readonly now: Date },
): List {
  return {
    kind: "MemberList",
    head: ["NAMESPACE", "POD", "POD IP", "NETWORKS", "READY", "REASON", "AGE"],
    wideHead: ["NODE", "ADDRESSES", "PROBLEM"],
    rows: pods.map((pod): ListRow => {
      const { namespace, name, node, podIPs, shown } = pod;
      const { networks, reason, problems } = standingOf(pod, view);
      const ready = shown?.ready ?? "-";
      const addresses = networks.flatMap((network) => network.addresses.map(cidrText));
      const names = networks.map((network) => network.name);
      return {
        key: `${namespace}/${name}`,
        name: `pod/${name}`,
        names: [name, `${namespace}/${name}`],
        cells: [
          ...[namespace, name, podIPs[0] ?? "-", names.join(",") || "-", ready],
          ...[reason || "-", ageText(now.getTime() - Date.parse(pod.created))],
        ],
        wide: [node ?? "-", addresses.join(",") || "-", problems[0] ?? "-"],
        value: {
          namespace,
          name,
          node: node ?? null,
          podIPs,
          networks: networks.map((network) => ({
            name: network.name,
            interface: network.interfaceName,
            vni: network.vni,
            port: network.port,
            addresses: network.addresses.map(cidrText),
          })),
          ready,
          reason,
          problems,
          created: pod.created,
        },
      };
    }),
  };
}

/** As kubectl writes it: 12s, 5m, 3h, 2d. */
export function ageText(ms: number): string {
  if (!(ms >= 0)) return "-";
  const steps = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000]] as const;
  const step = steps.find(([, length]) => ms >= 2 * length);
  return step === undefined ? `${Math.floor(ms / 1_000)}s` : `${Math.floor(ms / step[1])}${step[0]}`;
}

/** Members that are each other's peers, and the VTEPs outside the cluster to which any of them floods besides. */
interface Segment {
  readonly network: Network;
  readonly members: PodView[];
  readonly outside: Set<string>;
}

function networkList(pods: readonly PodView[], { view: { store } }: { readonly view: ClusterView }): List {
  const segments = new Map<string, Segment>();
  for (const pod of pods) {
    const item = store.workItem(pod.uid);
    if (item?.kind !== "member") continue;
    for (const network of item.member.networks) {
      const segment = segments.get(peerKey(network)) ?? { network, members: [], outside: new Set() };
      segment.members.push(pod);
      for (const ip of outsideOf(network, store.surroundings.peersOf(network))) segment.outside.add(ip);
      segments.set(peerKey(network), segment);
    }
  }
  const sorted = [...segments.values()]
    .sort((a, b) => a.network.name.localeCompare(b.network.name) || a.network.vni - b.network.vni);
  const names = sorted.map(({ network }) => network.name);
  const split = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
  return {
    kind: "NetworkList",
    head: ["NETWORK", "VNI", "PORT", "UNDERLAY", "READY", "PODS"],
    wideHead: ["KEY", "OUTSIDE"],
    hints: split.map((name) =>
      `${name} stands for several networks: members with another VNI, port or family do not reach each other.`
    ),
    rows: sorted.map(({ network, members, outside: vteps }): ListRow => {
      const { name, vni, port, family } = network;
      const outside = [...vteps].sort();
      const ready = members.filter(({ shown }) => shown?.ready === "True").length;
      const named = members.map((pod) => `${pod.namespace}/${pod.name}`);
      return {
        key: peerKey(network),
        name: `network/${name}`,
        cells: [name, String(vni), String(port), `IPv${family}`, `${ready}/${members.length}`, someOf(named)],
        wide: [peerKey(network), someOf(outside) || "-"],
        value: { name, vni, port, family, ready, members: named, outside },
      };
    }),
  };
}

function someOf(members: readonly string[]): string {
  const shown = members.slice(0, 4).join(", ");
  return members.length > 4 ? `${shown}, …` : shown;
}
