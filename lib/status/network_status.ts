// The state of each network of a pod, in the shape of the Network Plumbing Working Group's network-status list. Pure.
import type { Problem } from "../network/problem.ts";
import type { NetworkState, PodReport } from "../report/report.ts";
import { cutBytes } from "../text/printable.ts";
import { defined } from "../text/defined.ts";

/**
 * One entry of the list: the fields of the "Kubernetes Network Custom Resource Definition De-facto Standard" v1.3,
 * chapter 4.1.4, which tools know from Multus, and after them ours.
 */
export interface NetworkStatusEntry {
  readonly name: string;
  readonly interface?: string;
  /** Without prefix length, as the standard has it. */
  readonly ips?: readonly string[];
  readonly mac?: string;
  readonly mtu?: number;
  readonly default: false;
  readonly dns: Readonly<Record<string, never>>;
  readonly vni?: number;
  readonly error?: string;
}

/** Bytes of an error: the annotations of an object may have 256 KiB together, and a pod up to 64 networks. */
const longestError = 512;

/**
 * The annotation's text, sorted by network. Nothing in it depends on who the peers are: one pod that joins a network
 * must not cause a write on each of its members. Undefined when the kernel was not looked at: what stands there stays.
 */
export function networkStatus({ entriesMissing, networks, state }: PodReport): string | undefined {
  if (entriesMissing === undefined) return undefined;
  const problems = state.kind === "failing" ? state.problems : [];
  const known = networks.map((each) => entryOf(each, problems));
  const named = new Set(known.map(({ name }) => name));
  const others = new Set(problems.flatMap(({ network }) => network ?? [])).difference(named);
  const unresolved = [...others].map((name): NetworkStatusEntry => ({
    name,
    ...nothing,
    ...errorOf(name, problems),
  }));
  const entries = [...known, ...unresolved].sort((a, b) => a.name < b.name ? -1 : 1);
  return JSON.stringify(entries);
}

/** What the standard wants of every entry. */
const nothing = { default: false, dns: {} } as const;

function entryOf({ network, mac, mtu }: NetworkState, problems: readonly Problem[]): NetworkStatusEntry {
  return {
    name: network.name,
    interface: network.interfaceName,
    ips: network.addresses.map(({ address }) => address),
    ...defined({ mac, mtu }),
    ...nothing,
    vni: network.vni,
    ...errorOf(network.name, problems),
  };
}

function errorOf(name: string, problems: readonly Problem[]): Pick<NetworkStatusEntry, "error"> {
  const problem = problems.find(({ network }) => network === name);
  return problem === undefined ? {} : { error: cutBytes(problem.message, longestError) };
}
