// What pods say they had before the table was lost: believed only where nothing speaks against it. Pure.
import { type Cidr, contains, readCidr } from "../network/grammar/address.ts";
import type { PoolRequest } from "../network/pool_request.ts";
import { listed } from "../text/quoted.ts";
import type { PoolState } from "./pool_state.ts";

/** What becomes of one pod's claim. */
export type ClaimVerdict =
  | { readonly kind: "unseen" }
  | { readonly kind: "honoured"; readonly addresses: readonly Cidr[] }
  /** A clause for the end of a sentence. */
  | { readonly kind: "conflict"; readonly reason: string };

/** Verdicts by uid, of those who hold nothing; and addresses that nobody is to be given meanwhile. */
export function claimed(
  requests: readonly PoolRequest[],
  state: PoolState,
): { readonly verdicts: ReadonlyMap<string, ClaimVerdict>; readonly reserved: ReadonlySet<string> } {
  const claiming = requests.filter(({ holder, claim }) =>
    claim.addresses.length > 0 && !state.held.has(holder)
  )
    .map((request) => ({ request, addresses: addressesOf(request) }));
  const byAddress = new Map<string, readonly string[]>();
  for (const { request: { pod }, addresses } of claiming) {
    for (const { address } of addresses) byAddress.set(address, [...byAddress.get(address) ?? [], pod]);
  }
  const verdicts = new Map<string, ClaimVerdict>();
  for (const { request, addresses } of claiming) {
    const reason = strayOf(request) ??
      addresses.flatMap((cidr) => faultOf(cidr, { request, state, byAddress }) ?? [])[0];
    if (request.claim.kind === "unseen") verdicts.set(request.uid, { kind: "unseen" });
    else if (reason !== undefined) verdicts.set(request.uid, { kind: "conflict", reason });
    else verdicts.set(request.uid, { kind: "honoured", addresses });
  }
  return { verdicts, reserved: new Set(byAddress.keys()) };
}

/** One for each subnet: who says more takes no more out of the pool than who says the truth. */
function addressesOf({ claim, subnets }: PoolRequest): readonly Cidr[] {
  if (claim.kind === "told") return claim.addresses.flatMap((text) => readCidr(text) ?? []);
  return subnets.flatMap(({ subnet }) => {
    const address = claim.addresses.find((each) => contains(subnet, each));
    const cidr = address === undefined ? undefined : readCidr(`${address}/${subnet.prefix}`);
    return cidr === undefined ? [] : [cidr];
  });
}

/** An address of no subnet at all: of a former one, or forged. */
function strayOf({ claim, subnets }: PoolRequest): string | undefined {
  if (claim.kind === "told") return undefined;
  const stray = claim.addresses.find((address) => !subnets.some(({ subnet }) => contains(subnet, address)));
  return stray === undefined ? undefined : outside(stray);
}

function unknown(address: string): string {
  return `the pod has ${address}, of which the network's pool knows nothing`;
}

function outside(address: string): string {
  return `${unknown(address)}, and which is outside of what it gives; replace this pod, then it gets another`;
}

function faultOf(
  cidr: Cidr,
  { request, state, byAddress }: {
    readonly request: PoolRequest;
    readonly state: PoolState;
    readonly byAddress: ReadonlyMap<string, readonly string[]>;
  },
): string | undefined {
  const { address } = cidr;
  const had = unknown(address);
  const others = (byAddress.get(address) ?? []).filter((pod) => pod !== request.pod);
  if (others.length > 0) {
    return `${had}, and so has ${listed(others)}: replace the pods that must not have it`;
  }
  const holder = state.holderOf(address);
  if (holder !== undefined) return `${had}: it is that of ${holder}; replace this pod, then it gets another`;
  // A pod that asks for it with ip=… evicts nobody: both are told where addresses of members are compared.
  const isGiven = request.claim.kind === "told" ||
    request.subnets.some((each) => state.isGiveable(cidr, each));
  return isGiven ? undefined : outside(address);
}
