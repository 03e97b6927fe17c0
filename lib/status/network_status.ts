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
export function networkStatus(report: PodReport): string | undefined {
  if (report.entriesMissing === undefined) return undefined;
  const problems = report.state.kind === "failing" ? report.state.problems : [];
  const known = report.networks.map((state) => entryOf(state, problems));
  const named = new Set(known.map(({ name }) => name));
  const unresolved = problems.flatMap(({ network }) =>
    network === undefined || named.has(network) ? [] : [network]
  );
  const others = [...new Set(unresolved)].map((name) => unresolvedEntry(name, problems));
  const entries = [...known, ...others].sort((a, b) => a.name < b.name ? -1 : 1);
  return JSON.stringify(entries);
}

function entryOf({ network, mac, mtu }: NetworkState, problems: readonly Problem[]): NetworkStatusEntry {
  const error = errorOf(network.name, problems);
  return {
    name: network.name,
    interface: network.interfaceName,
    ips: network.addresses.map(({ address }) => address),
    ...defined({ mac, mtu }),
    default: false,
    dns: {},
    vni: network.vni,
    ...defined({ error }),
  };
}

function unresolvedEntry(name: string, problems: readonly Problem[]): NetworkStatusEntry {
  return { name, default: false, dns: {}, error: errorOf(name, problems) ?? "" };
}

function errorOf(name: string, problems: readonly Problem[]): string | undefined {
  const problem = problems.find(({ network }) => network === name);
  return problem === undefined ? undefined : cutBytes(problem.message, longestError);
}
