// Which addresses has the pod in a network: those that it asks for, or those that the network's pool has given it.
import type { Cidr } from "./grammar/address.ts";
import type { OptionSet } from "./grammar/option_table.ts";
import { addressFor } from "./grammar/requested_address.ts";
import type { Network } from "./network.ts";
import { type PoolAnswer, poolSubnets } from "./pool.ts";
import type { AnnotationEntry } from "./grammar/annotation.ts";
import type { Problem, Source } from "./problem.ts";
import { quoted } from "../text/quoted.ts";
import type { ResolveFault } from "./settle.ts";

/** What the pod says itself. */
export interface AskedAddresses {
  readonly addresses: readonly Cidr[];
  /** It has said nothing of addresses, so that the network's pool may give it one. */
  readonly leavesItOpen: boolean;
  /** It wants nothing of the pool. */
  readonly wantsNone: boolean;
  readonly faults: readonly ResolveFault[];
}

/** Reads the `ip=` of one network; `ordinal` is the pod's number in its StatefulSet or Indexed Job. */
export function askedAddresses(
  { ip = [] }: OptionSet,
  { ordinal }: { readonly ordinal?: number | undefined },
): AskedAddresses {
  const read = ip.map((request) => addressFor(request, { ordinal }));
  const faults = read.flatMap((each): ResolveFault[] =>
    each.kind === "fault" ? [{ kind: "invalid-option", reason: each.reason }] : []
  );
  const wantsNone = ip.some(({ kind }) => kind === "none");
  const contradiction = "ip=none stands beside another ip=…: keep one of them";
  return {
    addresses: read.flatMap((each) => each.kind === "value" ? each.value : []),
    leavesItOpen: ip.length === 0,
    wantsNone,
    faults: wantsNone && ip.length > 1
      ? [...faults, { kind: "invalid-option", reason: contradiction }]
      : faults,
  };
}

/** The addresses, and what the network's pool is to the pod. */
export function withPool(
  asked: AskedAddresses,
  { atCluster, answer }: { readonly atCluster: OptionSet; readonly answer: PoolAnswer | undefined },
): Pick<Network, "addresses" | "pool"> {
  const subnets = poolSubnets(atCluster);
  const { addresses } = asked;
  if (subnets.length === 0 || asked.wantsNone) return { addresses };
  if (!asked.leavesItOpen) return { addresses, pool: { subnets, asked: false, open: false } };
  const given = answer?.kind === "given" ? answer.addresses : undefined;
  return { addresses: given ?? [], pool: { subnets, asked: true, open: given === undefined } };
}

/** The form that it had, with what it has been given since. */
export function withGiven(network: Network | undefined, answer: PoolAnswer | undefined): Network | undefined {
  if (network?.pool?.open !== true || answer?.kind !== "given") return network;
  const { pool } = network;
  const addresses = answer.addresses.filter(({ address }) => pool.there?.includes(address) ?? true);
  return addresses.length === 0 ? network : { ...network, addresses, pool: { ...pool, open: false } };
}

/** Whether its pool is to answer before the pod has it as asked for. */
export function awaitsPool({ pool }: Network): boolean {
  return pool?.asked === true && pool.subnets.length > 0;
}

/** What the pools' answers mean for the pod: networks without an answer, refusals, and what is worth a warning. */
export function poolAnswers(
  networks: readonly Network[],
  { answers, entries, source }: {
    readonly answers?: ReadonlyMap<string, PoolAnswer>;
    readonly entries: readonly AnnotationEntry[];
    readonly source: Source;
  },
): {
  readonly awaited: readonly string[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
} {
  const asked = networks.filter(awaitsPool)
    .map(({ name }) => ({ name, answer: answers?.get(name) }));
  const problemOf = (name: string, about: Pick<Problem, "kind" | "message">): Problem => {
    const line = entries.find(({ network }) => network === name)?.line;
    return { ...about, source, network: name, ...(line !== undefined && { line }) };
  };
  return {
    awaited: asked.filter(({ answer }) => answer === undefined).map(({ name }) => name),
    problems: asked.flatMap(({ name, answer }) => {
      if (answer?.kind !== "refused") return [];
      const message = `Cannot give the pod an address of network ${quoted(name)}: ${answer.reason}`;
      return [problemOf(name, { kind: answer.problem, message })];
    }),
    warnings: asked.flatMap(({ name, answer }) => {
      if (answer?.kind !== "given" || answer.warning === undefined) return [];
      const message = `Cannot call the addresses of network ${quoted(name)} right: ${answer.warning}`;
      return [problemOf(name, { kind: "conflict", message })];
    }),
  };
}
