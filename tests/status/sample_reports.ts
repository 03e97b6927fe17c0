// Reports for tests of what is written about pods: builders that read aloud.
import type { NetworkState, PodReport, ReportedPod } from "../../lib/report/report.ts";
import type { Problem, ProblemKind } from "../../lib/network/problem.ts";

/** A pod of namespace default; its uid is made from the name. */
export function podNamed(name: string, namespace = "default"): ReportedPod {
  return { uid: `uid-${name}`, namespace, name };
}

/** A problem of a pod. */
export function problem(kind: ProblemKind, given: Partial<Problem> = {}): Problem {
  const source = { kind: "pod", namespace: "default", pod: "a" } as const;
  return { kind, source, message: `Cannot: ${kind}`, ...given };
}

/** A network as it was read. */
export function state(name: string, vni: number, given: Partial<NetworkState> = {}): NetworkState {
  return {
    network: {
      name,
      vni,
      interfaceName: name,
      underlay: "eth0",
      port: 8472,
      family: 4,
      up: true,
      addresses: [{ family: 4, address: `192.168.${vni}.2`, prefix: 29 }],
      routes: [],
    },
    holds: true,
    mac: "02:00:00:00:00:01",
    mtu: 1450,
    ...given,
  };
}

/** All is well. */
export function ready(name: string, networks: readonly NetworkState[] = [state("west", 101)]): PodReport {
  return {
    pod: podNamed(name),
    state: { kind: "ready" },
    holds: true,
    warnings: [],
    networks,
    entriesMissing: 0,
  };
}

/** The kernel was looked at, and this is wrong. */
export function failing(name: string, ...problems: readonly Problem[]): PodReport {
  return { ...ready(name), state: { kind: "failing", problems }, holds: false };
}

/** The kernel could not be looked at. */
export function unseen(name: string, ...problems: readonly Problem[]): PodReport {
  const { entriesMissing: _, ...report } = failing(name, ...problems);
  return { ...report, networks: [] };
}

/** Nothing can be done now. */
export function waiting(name: string): PodReport {
  return { ...unseen(name), state: { kind: "waiting", reason: "no agent" } };
}

/** No member any more, and clean. */
export function former(name: string): PodReport {
  return { ...ready(name, []), state: { kind: "former" } };
}

/** Two members with one address: the interfaces hold. */
export function sharing(name: string, other: string): PodReport {
  const shared = problem("conflict", {
    network: "west",
    token: "192.168.101.2",
    message: `Cannot rely on it: also used by ${other}`,
  });
  return { ...failing(name, shared), holds: true };
}
