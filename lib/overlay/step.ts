// The changes we know how to make in a pod, as values; rendering to a command line happens in one place only.
import type { Family } from "../network/grammar/address.ts";
import type { KernelState, ObservedRule } from "./observation.ts";
import type { WantedInterface } from "./wanted.ts";

/** Marks the routes and rules that are ours: only those of this protocol number are ever removed. */
export const routeProtocol = 86;

/** The table with our routes that packets which carry a network must not follow. */
export const ownTable = "86";

/** A rule of ours: which packets ask which table. */
export interface PolicyRule {
  readonly family: Family;
  readonly priority: number;
  /** Address that they come from. */
  readonly from?: string;
  /** Subnet that they go to. */
  readonly to?: string;
  /** UDP port that they go to. */
  readonly port?: number;
  readonly table: "main" | typeof ownTable;
  /** Routes with a prefix of this length or a shorter one do not count. */
  readonly suppress?: number;
}

/** What is done to a link. */
export interface OnLink {
  readonly interfaceName: string;
  /** Of the link that was seen, to which alone it is done. Absent: to the one that has the name. */
  readonly index?: number;
}

/** A route as it stands in a table; those that lead to no device have none. */
export interface RouteStep extends Partial<OnLink> {
  readonly subnet: string;
  readonly gateway?: string;
  /** Absent: main. */
  readonly table?: string;
  /** Absent: unicast. */
  readonly type?: "unreachable" | "throw" | "multicast";
  /** Address to send from. */
  readonly source?: string;
  readonly metric?: number;
  /** The gateway is believed to be on the link, though no subnet of it says so. */
  readonly onlink?: true;
}

/**
 * One change. Every string in it has been parsed: names by the grammar, addresses and MACs to canonical form.
 */
export type Step =
  | OnLink & {
    readonly kind: "delete-link";
    readonly why: string;
    /** The network whose link it was, and the bridge of which that was a port. */
    readonly port?: { readonly network: string; readonly master: string };
  }
  | AddLink
  | OnLink & { readonly kind: "set-alias"; readonly alias: string }
  /** Marks what `add-link` has made as ours, names it and brings it up if it is to be: all or nothing, to no other link. */
  | {
    readonly kind: "name-link";
    readonly interfaceName: string;
    readonly temporary: string;
    readonly vni: number;
    readonly alias: string;
    readonly up: boolean;
  }
  | OnLink & {
    readonly kind: "set-underlay";
    readonly vni: number;
    readonly underlay: string;
  }
  | OnLink & { readonly kind: "set-mtu"; readonly mtu: number }
  | OnLink & { readonly kind: "set-mac"; readonly mac: string }
  | OnLink & { readonly kind: "set-up" }
  | OnLink & {
    readonly kind: "add-address";
    readonly cidr: string;
    readonly family: Family;
    /** The kernel is to make no route to its subnet. */
    readonly withoutRoute?: true;
  }
  | OnLink & { readonly kind: "delete-address"; readonly cidr: string }
  | (RouteStep & { readonly kind: "add-route" | "delete-route" })
  | { readonly kind: "add-rule"; readonly rule: PolicyRule }
  | { readonly kind: "delete-rule"; readonly rule: ObservedRule }
  | OnLink & { readonly kind: "append-fdb"; readonly dst: string }
  /** A unicast entry, instead of any that the MAC has. */
  | OnLink & {
    readonly kind: "replace-fdb";
    readonly mac: string;
    readonly dst: string;
  }
  | OnLink & {
    readonly kind: "set-neighbour";
    readonly address: string;
    readonly mac: string;
  }
  /** What the kernel has found out about an address (absent: about all) is forgotten, or what was set for good. */
  | OnLink & {
    readonly kind: "forget-neighbour";
    readonly address?: string;
    readonly permanent?: true;
  }
  | OnLink & {
    readonly kind: "delete-fdb";
    readonly mac: string;
    readonly dst: string;
  }
  /**
   * Sets the marker that a native sidecar's startup probe reads; no plan holds it, the controller decides
   * when.
   */
  | { readonly kind: "set-ready" };

/**
 * Makes an interface, under a name of our own. Its alias needs a step of its own (`link add … alias` is silently
 * ignored), and with it comes its name: if somebody has that, nothing was done to his link.
 */
export interface AddLink extends LinkAttributes {
  readonly kind: "add-link";
  /** How the name begins under which it is made; the rest is written by chance, so that nobody knows it before. */
  readonly temporary: string;
  /** The bridge that its predecessor was a port of. */
  readonly master?: string;
  /** The same, where it cannot be made a port of it again. */
  readonly noPortOf?: string;
  readonly why: string;
}

/** What a wanted interface is made with; everything else of it comes by steps of its own. */
export type LinkAttributes = Omit<
  WantedInterface,
  | ("name" | "alias" | "up" | "addresses" | "routes")
  | ("except" | "outside" | "peers" | "presumed" | "neighbours" | "neigh" | "aside")
>;

/** The program a line is for; `ip6` is `ip -6`, which alone can speak of rules of IPv6. */
export type Tool = "ip" | "ip6" | "bridge";

/** A line of one tool's batch input, without its newline. */
export interface CommandLine {
  readonly tool: Tool;
  readonly text: string;
}

/** The tool that makes the change. */
export function toolOf(step: Step): Tool {
  if (isOfBridge(step)) return "bridge";
  const isRule = step.kind === "add-rule" || step.kind === "delete-rule";
  return isRule && step.rule.family === 6 ? "ip6" : "ip";
}

/** What one tool does after another, in the order of the steps. */
export function runsOf(steps: readonly Step[]): { readonly tool: Tool; readonly steps: readonly Step[] }[] {
  const runs: { readonly tool: Tool; readonly steps: Step[] }[] = [];
  for (const step of steps) {
    const tool = toolOf(step);
    const last = runs.at(-1);
    if (last?.tool === tool) last.steps.push(step);
    else runs.push({ tool, steps: [step] });
  }
  return runs;
}

/** Whether `bridge` makes the change; `ip` makes all others. */
export function isOfBridge(step: Step): step is Step & { kind: "append-fdb" | "replace-fdb" | "delete-fdb" } {
  return step.kind === "append-fdb" || step.kind === "replace-fdb" || step.kind === "delete-fdb";
}

/** Whether it is about what peers are to each other: it comes and goes with them, and is no news. */
export function isOfPeers(step: Step): boolean {
  return isOfBridge(step) || step.kind === "set-neighbour" || step.kind === "forget-neighbour";
}

/**
 * Whether open `bridge` sessions into the pod must be closed after this step: a session remembers the index
 * behind a name for as long as it runs, so it goes on writing to the link that has gone ("unknown ifindex")
 * and not to the new one of that name. An `ip` session forgets what it deletes itself. What others delete and
 * make again, no session reliably forgets: after a refused line, open both anew.
 */
export function outdatesBridgeSession(step: Step): boolean {
  return step.kind === "delete-link";
}

/** Read at /sys/class/net/lo/ifalias by the startup probe. */
export const readyMarker = "kube-vxlan-controller:ready";

/**
 * Whether the pod has been released by the marker. Setting it is a step of its own: `{ kind: "set-ready" }`.
 */
export function isReady(observed: Pick<KernelState, "links">): boolean {
  return observed.links.some(({ name, alias }) => name === "lo" && alias === readyMarker);
}
