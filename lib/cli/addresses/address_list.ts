// The list of addresses: which network's is whose, since when; given by its pool, or asked for by the pod itself.
import type { PodView } from "../../member/pod.ts";
import { type Cidr, cidrText } from "../../network/grammar/address.ts";
import { numberOf } from "../../network/grammar/address_number.ts";
import { quarantine } from "../../pools/allocation.ts";
import type { ClusterView } from "../show/cluster_view.ts";
import type { PoolsRead } from "./read_pools.ts";
import type { List, ListRow } from "../show/print_list.ts";

/**
 * - `held`: given by the pool, as its object says.
 * - `own`: the pod's annotation names it.
 * - `freed`: nobody's; it rests, or waits for the pod of that name to come back.
 */
interface ListedAddress {
  readonly network: string;
  readonly cidr: Cidr;
  readonly state: "held" | "own" | "freed";
  /** `namespace/name`, or the uid of a pod that is not there. */
  readonly holder: string;
  readonly pod: PodView | undefined;
  /** Seconds since 1970. */
  readonly since?: number;
}

/** Of the pods that are shown, and of holders that are not there now. */
export function addressList(
  pods: readonly PodView[],
  { view, now, pools }: {
    readonly view: ClusterView;
    readonly now: Date;
    readonly pools: PoolsRead;
  },
): List {
  const found = [...inPools(view, pools), ...ofTheirOwn(view)];
  const uids = new Set(pods.map(({ uid }) => uid));
  // Which labels a pod had that is not there nobody knows.
  const isWhole = pods.length === view.shown.length;
  const isShown = ({ pod, holder }: ListedAddress): boolean =>
    pod === undefined
      ? isWhole && (view.namespace === undefined || holder.startsWith(`${view.namespace}/`))
      : uids.has(pod.uid);
  const isNews = ({ state, holder, since = 0 }: ListedAddress): boolean =>
    state !== "freed" || holder.includes("/") || since + quarantine > now.getTime() / 1000;
  return {
    kind: "AddressList",
    head: ["NETWORK", "ADDRESS", "HOLDER", "STATE", "SINCE"],
    wideHead: ["NODE", "UID"],
    rows: found.filter((each) => isShown(each) && isNews(each)).sort(byAddress).map(rowOf),
  };
}

function inPools({ pods }: ClusterView, { tables }: PoolsRead): readonly ListedAddress[] {
  const byUid = new Map(pods.map((pod) => [pod.uid, pod]));
  return [...tables].flatMap(([network, { held, freed }]) => [
    ...[...held.values()].flatMap(({ holder, uid, addresses, since }) => {
      const pod = byUid.get(uid);
      return addresses.map((cidr): ListedAddress => {
        return { network, cidr, state: "held", holder: nameOf(pod) ?? holder, pod, since };
      });
    }),
    ...freed.map(({ cidr, holder, at }): ListedAddress => {
      return { network, cidr, state: "freed", holder, pod: undefined, since: at };
    }),
  ]);
}

function ofTheirOwn({ pods, store }: ClusterView): readonly ListedAddress[] {
  return pods.flatMap((pod) => {
    const item = store.workItem(pod.uid);
    const networks = item?.kind === "member" ? item.member.networks : [];
    return networks.filter(({ pool }) => pool?.asked !== true).flatMap(({ name, addresses }) =>
      addresses.map((cidr): ListedAddress => {
        return { network: name, cidr, state: "own", holder: nameOf(pod) ?? "", pod };
      })
    );
  });
}

function nameOf(pod: PodView | undefined): string | undefined {
  return pod && `${pod.namespace}/${pod.name}`;
}

function byAddress(one: ListedAddress, other: ListedAddress): number {
  if (one.network !== other.network) return one.network < other.network ? -1 : 1;
  if (one.cidr.family !== other.cidr.family) return one.cidr.family - other.cidr.family;
  const [a, b] = [numberOf(one.cidr.address), numberOf(other.cidr.address)];
  return a === b ? one.holder.localeCompare(other.holder) : a < b ? -1 : 1;
}

function rowOf({ network, cidr, state, holder, pod, since }: ListedAddress): ListRow {
  const date = since === undefined ? null : dateText(since);
  const [node, uid] = [pod?.node ?? null, pod?.uid ?? null];
  return {
    key: `${network} ${cidr.address} ${holder}`,
    name: `address/${cidr.address}`,
    names: [cidr.address, network],
    cells: [network, cidrText(cidr), holder, state, date ?? "-"],
    wide: [node ?? "-", uid ?? "-"],
    value: { network, address: cidrText(cidr), holder, state, since: date, node, uid },
  };
}

/** As Kubernetes writes dates. */
function dateText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}
