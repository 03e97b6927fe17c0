// Does the overlay hold? For every pair of members of a network the matching entries exist, and no others.
//
// What is expected comes from the test's own declarations, not from the controller's planner; what is observed are the
// raw answers of `ip` and `bridge`. So it serves the sandbox, a real cluster and the benches alike.
import type { ObservedLink } from "../../lib/overlay/observation.ts";
import { readFdbEntries } from "../../lib/overlay/iproute2/read.ts";
import { readLinks } from "../../lib/overlay/iproute2/read_links.ts";
import { readRoutes } from "../../lib/overlay/iproute2/read_routes.ts";

/** One interface that a pod is to have. */
export interface ExpectedMember {
  /** Names the pod, for `observe` and in messages: `default/a`. */
  readonly pod: string;
  /** The pod IP that carries the network. */
  readonly podIp: string;
  readonly network: string;
  readonly vni: number;
  /** Default 8472. */
  readonly port?: number;
  /** Default: the network's name. */
  readonly interface?: string;
  /** Default true. */
  readonly up?: boolean;
  /** `192.168.11.2/29`; all of these must be there. Default none. */
  readonly addresses?: readonly string[];
  /** `192.168.12.0/29 via 192.168.11.1`; all of these must be there. Default none. */
  readonly routes?: readonly string[];
}

/** What the tools say in one pod, each one line of JSON. */
export interface PodLook {
  /** `ip -json -details address show` */
  readonly addresses: string;
  /** `ip -json route show table all` */
  readonly routes: string;
  /** `bridge -json fdb show` */
  readonly fdb: string;
}

/** Runs a command in a pod and gives its stdout. */
export type RunInPod = (pod: string, argv: readonly string[]) => Promise<string>;

/** What is to hold. */
export interface Invariant {
  readonly members: readonly ExpectedMember[];
  /** Pods that are in no network (any more): they must hold no VXLAN link of ours. */
  readonly bystanders?: readonly string[];
  readonly observe: (pod: string) => Promise<PodLook>;
}

const zeroMac = "00:00:00:00:00:00";
const ours = "kube-vxlan-controller:network=";

/** Makes an observer from a way to run commands. */
export function lookThrough(run: RunInPod): Invariant["observe"] {
  return async (pod) => ({
    addresses: await run(pod, ["ip", "-json", "-details", "address", "show"]),
    routes: await run(pod, ["ip", "-json", "route", "show", "table", "all"]),
    fdb: await run(pod, ["bridge", "-json", "fdb", "show"]),
  });
}

/** Everything that does not hold, one sentence each, sorted by pod; empty when all is well. */
export async function violations(invariant: Invariant): Promise<readonly string[]> {
  const { members, bystanders = [], observe } = invariant;
  const byPod = Map.groupBy(members, ({ pod }) => pod);
  const bySegment = Map.groupBy(members, segmentOf);
  const found: string[] = [];
  for (const pod of [...new Set([...byPod.keys(), ...bystanders])].sort()) {
    const expected = byPod.get(pod) ?? [];
    found.push(...violationsIn(await observe(pod), { pod, expected, bySegment }));
  }
  return found;
}

function violationsIn(
  look: PodLook,
  wanted: {
    readonly pod: string;
    readonly expected: readonly ExpectedMember[];
    readonly bySegment: ReadonlyMap<string, readonly ExpectedMember[]>;
  },
): readonly string[] {
  const { pod, expected, bySegment } = wanted;
  const links = readLinks(look.addresses.trim());
  const names = new Set(expected.map(interfaceOf));
  const surplus = links.filter((link) => link.alias.startsWith(ours) && !names.has(link.name))
    .map((link) => `${pod} has the interface ${link.name} (${link.alias}), which nobody expects`);
  const wrong = expected.flatMap((member) => {
    const link = links.find(({ name }) => name === interfaceOf(member));
    if (link === undefined) return [`${pod} lacks the interface ${interfaceOf(member)} of ${member.network}`];
    return [
      ...linkViolations(member, link),
      ...routeViolations(member, look),
      ...fdbViolations(member, { look, sharers: bySegment.get(segmentOf(member)) ?? [] }),
    ];
  });
  return [...surplus, ...wrong];
}

function interfaceOf(member: ExpectedMember): string {
  return member.interface ?? member.network;
}

function portOf(member: ExpectedMember): number {
  return member.port ?? 8472;
}

function linkViolations(member: ExpectedMember, link: ObservedLink): readonly string[] {
  const { pod, vni, up = true, addresses = [] } = member;
  const where = `${pod} ${link.name}`;
  if (link.vxlan === undefined) return [`${where} is of kind ${JSON.stringify(link.kind)}, not vxlan`];
  const checks: readonly (readonly [boolean, string])[] = [
    [link.vxlan.vni === vni, `has VNI ${link.vxlan.vni}, not ${vni}`],
    [link.vxlan.port === portOf(member), `has port ${link.vxlan.port}, not ${portOf(member)}`],
    [link.up === up, link.up ? "is up" : "is down"],
    ...addresses.map((cidr) => [link.addresses.includes(cidr), `lacks the address ${cidr}`] as const),
  ];
  return checks.filter(([holds]) => !holds).map(([, fault]) => `${where} ${fault}`);
}

function routeViolations(member: ExpectedMember, look: PodLook): readonly string[] {
  const { routes = [], pod } = member;
  if (routes.length === 0) return [];
  const found = readRoutes(look.routes.trim()).filter((route) => route.dev === interfaceOf(member))
    .map((route) => `${route.subnet} via ${route.gateway}`);
  return routes.filter((route) => !found.includes(route)).map((route) =>
    `${pod} ${interfaceOf(member)} lacks the route ${route}`
  );
}

function fdbViolations(
  member: ExpectedMember,
  { look, sharers }: { readonly look: PodLook; readonly sharers: readonly ExpectedMember[] },
): readonly string[] {
  const peers = new Map(
    sharers.filter((other) => other.pod !== member.pod).map((other) => [other.podIp, other.pod]),
  );
  const where = `${member.pod} ${interfaceOf(member)}`;
  const entries = readFdbEntries(look.fdb.trim()).filter((entry) => entry.dev === interfaceOf(member));
  const flooded = new Set(entries.filter((entry) => entry.mac === zeroMac).map((entry) => entry.dst));
  const missing = [...peers].filter(([ip]) => !flooded.has(ip))
    .map(([ip, pod]) => `${where} lacks the entry to ${ip} (${pod})`);
  const stale = entries.filter((entry) => !peers.has(entry.dst))
    .map((entry) => `${where} has the entry ${entry.mac} to ${entry.dst}, who is no peer`);
  return [...missing, ...stale];
}

function segmentOf(member: ExpectedMember): string {
  const family = member.podIp.includes(":") ? 6 : 4;
  return `${member.network} ${member.vni} ${portOf(member)} ${family}`;
}
