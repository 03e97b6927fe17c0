// Which addresses does a pool give to whom: from its table and those who ask, to the next table and the answers. Pure.
import { type Cidr, cidrText } from "../network/grammar/address.ts";
import type { PoolAnswer, PoolSubnet } from "../network/pool.ts";
import type { PoolRequest } from "../network/pool_request.ts";
import { claimed, type ClaimVerdict } from "./claimed.ts";
import { PoolState } from "./pool_state.ts";
import { type Allocation, type AllocationInput, quarantine } from "./allocation.ts";
import { isOutdated, shortOf } from "./outdated.ts";
import type { Holding } from "./table.ts";
import { roomOf } from "./table_text.ts";

/**
 * One pass over a network, in this order, so that nobody takes what is another's:
 *
 * | who                                            | gets                                          |
 * |------------------------------------------------|-----------------------------------------------|
 * | a holder that is gone                          | nothing; its addresses rest for 60 s          |
 * | a holder                                       | what it has, with a warning outside the pool  |
 * | who may still have what was freed already      | that, until it is known to have gone          |
 * | who had addresses before the table was lost    | these, where kernel and annotation agree and nobody else claims them |
 * | who had them before it went                    | these, while nobody else has been given them  |
 * | the oldest of the others                       | what was never given, else what was freed first |
 */
export function allocate(input: AllocationInput): Allocation {
  const state = new PoolState(input);
  const asking = onePerHolder(input.requests.filter(({ asks, subnets }) => asks && subnets.length > 0));
  const keeping = new Set(input.requests.filter(({ asks }) => asks).map(({ holder }) => holder));
  for (const { holder } of input.table.held.values()) {
    if (!keeping.has(holder) && input.isGone(holder)) state.free(holder);
  }
  for (const { holder, uid, asks, subnets } of input.frozen === undefined ? input.requests : []) {
    if (asks && subnets.length === 0 && !state.held.has(holder)) state.recall(holder, uid);
  }
  for (const request of asking) dropReplaced(request, state);
  const claims = claimed(asking, state);
  for (const address of claims.reserved) state.reserve(address);
  const answers = new Map<string, PoolAnswer>();
  for (const request of asking) {
    const answer = answerTo(request, { state, input, claim: claims.verdicts.get(request.uid) });
    if (answer !== undefined) answers.set(request.uid, answer);
  }
  for (const { uid, holder, subnets } of input.requests) {
    const holding = state.held.get(holder);
    if (subnets.length === 0 && holding !== undefined) answers.set(uid, given(holding.addresses));
  }
  return state.result(answers);
}

/** Two pods of one name: the older one goes, and the newer one has its place. */
function onePerHolder(requests: readonly PoolRequest[]): readonly PoolRequest[] {
  const sorted = requests.toSorted((a, b) =>
    `${a.created} ${a.pod} ${a.uid}` < `${b.created} ${b.pod} ${b.uid}` ? -1 : 1
  );
  return [...new Map(sorted.map((request) => [request.holder, request])).values()];
}

/** A pod that stands in for another of its name takes over what the pool still has, and nothing else. */
function dropReplaced({ holder, uid, subnets }: PoolRequest, state: PoolState): void {
  const holding = state.held.get(holder);
  if (holding === undefined || holding.uid === uid) return;
  const outdated = holding.addresses.filter((cidr) => isOutdated(cidr, subnets, state));
  if (outdated.length > 0) state.free(holder);
  else state.hold({ ...holding, uid });
}

function answerTo(
  request: PoolRequest,
  { state, input, claim }: {
    readonly state: PoolState;
    readonly input: AllocationInput;
    readonly claim: ClaimVerdict | undefined;
  },
): PoolAnswer | undefined {
  const { holder, uid, subnets } = request;
  const before = state.held.get(holder);
  if (before === undefined && claim?.kind === "unseen") return undefined;
  if (before === undefined && claim?.kind === "conflict") {
    return { kind: "refused", problem: "conflict", reason: claim.reason };
  }
  const kept = before?.addresses ?? (claim?.kind === "honoured" ? claim.addresses : []);
  if (input.frozen !== undefined && kept.length === 0) {
    return { kind: "refused", problem: "setup-failed", reason: input.frozen };
  }
  const base: Holding = { holder, uid, addresses: kept, since: before?.since ?? input.now.latest };
  const picked: Cidr[] = [];
  for (const subnet of input.frozen === undefined ? shortOf(kept, subnets) : []) {
    const cidr = state.pick(subnet, holder);
    if (cidr !== undefined) picked.push(cidr);
    else if (kept.length === 0) return exhausted(subnet, state);
  }
  const holding = { ...base, addresses: [...kept, ...picked] };
  const grows = roomOf(holding) - (before === undefined ? 0 : roomOf(before));
  if (grows > state.room()) state.makeRoom();
  const isFull = grows > state.room();
  if (isFull && before === undefined) return full(input);
  const next = isFull ? base : holding;
  state.hold(next);
  return given(next.addresses, warningOf(next, { subnets, state }));
}

function given(addresses: readonly Cidr[], warning?: string): PoolAnswer {
  return { kind: "given", addresses, ...(warning === undefined ? {} : { warning }) };
}

function warningOf(
  { addresses }: Holding,
  { subnets, state }: Pick<PoolRequest, "subnets"> & { readonly state: PoolState },
): string | undefined {
  const [outdated] = addresses.filter((cidr) => isOutdated(cidr, subnets, state));
  if (outdated !== undefined) {
    return `address ${outdated.address} is outside of the network's pool as it is now: the pod keeps it until it is replaced`;
  }
  return shortOf(addresses, subnets).length === 0
    ? undefined
    : "the network's pool has another subnet now, and no address of it is free for this pod";
}

/** No number in it changes while pods come and go: else each of them would be news to all who wait. */
function exhausted(pool: PoolSubnet, state: PoolState): PoolAnswer {
  state.someoneWaits();
  const why = state.isEmpty(pool)
    ? `range=… and exclude=… leave no address of subnet=${cidrText(pool.subnet)} that could be given`
    : `${state.textOf(pool)} in use, or freed less than ${quarantine} s ago; ` +
      "the pod follows when one comes free; widen range=… or subnet=…, or delete pods";
  return { kind: "refused", problem: "exhausted", reason: `its pool is exhausted: ${why}` };
}

function full({ object, table }: AllocationInput): PoolAnswer {
  return {
    kind: "refused",
    problem: "exhausted",
    reason:
      `${object} is full: it has ${table.held.size} addresses of this network, and with one more it would be ` +
      "larger than an object may be",
  };
}
