// How do packets that carry the networks keep the way that they have without our routes?
//
// A route or an address whose subnet covers that way ("covers.ts") stands in a table of our own, and rules say who asks
// it. Table main is as it is without it, so nothing is copied from there and nothing of it can grow old:
//
//   8600        from POD-IP lookup main                         replies to what came in by the pod's own network
//   8601        ipproto udp dport PORT lookup main              packets that carry a network
//   8602        to SUBNET lookup main                           except=SUBNET
//   8610 to     lookup main suppress_prefixlength L             for each length L of such a subnet, the longest first:
//   8867        lookup 86 suppress_prefixlength L-1             main's narrower routes go first, as in one table
//
// The first rule also serves a strict rp_filter: the way back to the sender is asked from the pod IP.
import { cidrText, type Family, familyOf, parseIp } from "../../network/grammar/address.ts";
import { quoted } from "../../text/quoted.ts";
import { ruleWords } from "../iproute2/render.ts";
import type { KernelState, ObservedRule } from "../observation.ts";
import { ownTable, type PolicyRule, type RouteStep, type Step } from "../step.ts";
import type { WantedInterface, WantedState } from "../wanted.ts";
import { coveringIn } from "./covers.ts";
import { placed } from "./placement.ts";
import type { Obstacle } from "./parts.ts";

/** The preferences that our rules have: below those that anybody gets who names none. */
const preferences = { from: 8600, port: 8601, except: 8602, first: 8610, last: 8867 } as const;

/** What the way of packets depends on. */
type Way = Pick<WantedState, "interfaces" | "own">;

/** Which way packets are to go. */
export interface Guarded<Wanted extends Way = WantedState> {
  /** As wanted, each route with its table. */
  readonly wanted: Wanted;
  /** Sorted by family and preference. */
  readonly rules: readonly PolicyRule[];
  readonly obstacles: readonly Obstacle[];
}

/** Says of each address and route where it is to stand, and which rules that takes. */
export function guarded<Wanted extends Way>(wanted: Wanted, observed: KernelState): Guarded<Wanted> {
  if (!wanted.interfaces.some(({ addresses, routes }) => addresses.length + routes.length > 0)) {
    return { wanted, rules: [], obstacles: [] };
  }
  const covers = coveringIn(wanted, observed);
  const obstacles: Obstacle[] = [];
  const interfaces = wanted.interfaces.map((each) => {
    const { kept, refused } = placed(each, { covers, noRules: observed.noRules ?? new Map() });
    obstacles.push(...refused);
    return kept;
  });
  const standing = { ...wanted, interfaces };
  const rules = ([4, 6] as const).flatMap((family) => rulesOf(standing, family));
  return {
    wanted: standing,
    rules,
    obstacles: [...obstacles, ...foreignRules(rules, { interfaces, observed })],
  };
}

/** The families of whose rules one must know: some are wanted, or our routes show that there may be some. */
export function ruledFamilies(wanted: Way, observed: KernelState): readonly Family[] {
  const { rules } = guarded(wanted, { ...observed, noRules: new Map() });
  return ([4, 6] as const).filter((family) =>
    rules.some((rule) => rule.family === family) ||
    observed.routes.some((route) =>
      route.ours && route.table === ownTable && familyOf(route.subnet) === family
    )
  );
}

function rulesOf({ interfaces, own }: Way, family: Family): readonly PolicyRule[] {
  const kept = interfaces.flatMap(({ routes }) => routes)
    .filter(({ subnet, table }) => table === ownTable && subnet.family === family);
  if (kept.length === 0) return [];
  const lengths = [...new Set(kept.map(({ subnet }) => subnet.prefix))].sort((a, b) => b - a);
  const ports = new Set(interfaces.filter((each) => each.family === family).map(({ port }) => port));
  const excepted = new Set(
    interfaces.flatMap(({ routes, except = [] }) =>
      routes.some(({ subnet }) => subnet.prefix === 0 && subnet.family === family) ? except : []
    ).filter((subnet) => subnet.family === family).map(cidrText),
  );
  const main = { family, table: "main" } as const;
  return [
    ...[...own].filter((ip) => parseIp(ip)?.family === family).sort()
      .map((from) => ({ ...main, priority: preferences.from, from })),
    ...[...ports].sort((a, b) => a - b).map((port) => ({ ...main, priority: preferences.port, port })),
    ...[...excepted].sort().map((to) => ({ ...main, priority: preferences.except, to })),
    ...lengths.flatMap((length): PolicyRule[] => {
      const priority = preferences.first + 2 * (128 - length);
      const suppress = length === 0 ? {} : { suppress: length - 1 };
      return [
        { ...main, priority, suppress: length },
        { family, priority: priority + 1, table: ownTable, ...suppress },
      ];
    }),
  ];
}

/** Steps around those for routes. */
export interface GuardSteps {
  readonly first: readonly Step[];
  readonly beforeRoutes: readonly Step[];
  readonly last: readonly Step[];
}

/**
 * When rules come or change, those that protect come first; when all go, those that lead into our table go first, and all
 * before the routes, which show that there are rules.
 */
export function guardSteps(guard: Guarded, observed: KernelState): GuardSteps {
  const { rules } = guard;
  const there = observed.rules ?? [];
  const additions = rules.filter((rule) => !there.some((other) => isSame(rule, other)));
  const deletions = there.filter((other) => other.ours && !rules.some((rule) => isSame(rule, other)))
    .sort((a, b) => a.family - b.family || b.priority - a.priority || (a.says < b.says ? -1 : 1));
  const isKept = (family: Family): boolean => rules.some((rule) => rule.family === family);
  const steps = ([4, 6] as const).map((family) => ({ family, ...endSteps(family, { guard, observed }) }));
  const gone = (rule: ObservedRule): Step => ({ kind: "delete-rule", rule });
  return {
    first: [
      ...deletions.filter(({ family }) => !isKept(family)).map(gone),
      ...steps.filter(({ family }) => !isKept(family)).flatMap((end) => end.deletions),
    ],
    beforeRoutes: steps.flatMap((end) => end.additions),
    last: [
      ...additions.map((rule): Step => ({ kind: "add-rule", rule })),
      ...deletions.filter(({ family }) => isKept(family)).map(gone),
      ...steps.filter(({ family }) => isKept(family)).flatMap((end) => end.deletions),
    ],
  };
}

/** Routes that lead nowhere, which no link takes along when it goes: by the metric that makes them the last. */
const ends = { unreachable: 2 ** 32 - 2, throw: 2 ** 32 - 1 } as const;

/**
 * How our table ends. Behind a default route of ours all ends: what would go through it must not leave by main when its
 * interface is down. Else the next rule is asked, and the route only shows that there are rules.
 */
function endSteps(
  family: Family,
  { guard: { wanted, rules }, observed }: { readonly guard: Guarded; readonly observed: KernelState },
): { readonly deletions: readonly Step[]; readonly additions: readonly Step[] } {
  const subnet = family === 4 ? "0.0.0.0/0" : "::/0";
  const isLast = wanted.interfaces.some(({ routes }) =>
    routes.some((route) => route.table === ownTable && cidrText(route.subnet) === subnet)
  );
  const isRuled = rules.some((rule) => rule.family === family);
  const type = isRuled ? isLast ? "unreachable" : "throw" : undefined;
  const there = observed.routes.flatMap((route) =>
    route.ours && route.table === ownTable && route.subnet === subnet && isEnd(route.type) ? [route.type] : []
  ).sort();
  const end = (each: keyof typeof ends): RouteStep => ({
    subnet,
    type: each,
    table: ownTable,
    metric: ends[each],
  });
  return {
    deletions: there.filter((each) => each !== type)
      .map((each) => ({ kind: "delete-route", ...end(each) })),
    additions: type === undefined || there.includes(type) ? [] : [{ kind: "add-route", ...end(type) }],
  };
}

function isEnd(type: string | undefined): type is keyof typeof ends {
  return type === "unreachable" || type === "throw";
}

function isSame(rule: PolicyRule, other: ObservedRule): boolean {
  return other.ours && rule.family === other.family && rule.priority === other.priority &&
    ruleWords(rule) === other.says;
}

/** Rules of others that are asked before ours. */
function foreignRules(
  rules: readonly PolicyRule[],
  { interfaces, observed }: {
    readonly interfaces: readonly WantedInterface[];
    readonly observed: KernelState;
  },
): readonly Obstacle[] {
  const families = new Set(rules.map(({ family }) => family));
  const [winner] = (observed.rules ?? []).filter((rule) =>
    !rule.ours && families.has(rule.family) && rule.priority > 0 && rule.priority <= preferences.last
  ).sort((a, b) => a.family - b.family || a.priority - b.priority || (a.says < b.says ? -1 : 1));
  const concerned = interfaces.find(({ routes }) =>
    routes.some(({ subnet, table }) => table === ownTable && subnet.family === winner?.family)
  );
  if (winner === undefined || concerned === undefined) return [];
  return [{
    kind: "conflict",
    network: concerned.name,
    interfaceName: concerned.interfaceName,
    reason:
      `Cannot be sure of the way of packets that carry the pod's networks: its IPv${winner.family} rule ` +
      `${winner.priority}, ${quoted(winner.says)}, is asked before the controller's. ` +
      `Give it a preference above ${preferences.last}`,
  }];
}
