// Addresses that members share: what is said of them, and when. When it has lasted, and ever more seldom where it flaps.
//
// Who may write one annotation can claim the addresses of a hundred others, and let go of them, every second.
import { parseMac } from "../network/grammar/address.ts";
import { peerKey } from "../network/network.ts";
import type { Problem } from "../network/problem.ts";
import { plain, quoted } from "../text/quoted.ts";
import type { Member } from "./member.ts";
import { macOf } from "./reachable.ts";

/** An address that a member shares with others. */
export interface SharedAddress {
  readonly segment: string;
  readonly address: string;
  /** Uid of another member that has it: the one that has had it longest, so that newcomers change nothing. */
  readonly other: string;
}

/**
 * One problem for each shared address. It stops nothing: the interface is made all the same, because a pod that waits
 * for its predecessor to go, which waits for its successor to be ready, would wait for ever.
 */
export function addressConflicts(
  member: Member,
  { shared, nameOf }: {
    readonly shared: readonly SharedAddress[];
    /** The pod with this uid, as `namespace/name`. */
    readonly nameOf: (uid: string) => string;
  },
): readonly Problem[] {
  const networks = new Map(member.networks.map((network) => [peerKey(network), network]));
  return shared.flatMap(({ segment, address, other }): Problem[] => {
    const { name: network, mac } = networks.get(segment) ?? {};
    if (network === undefined) return [];
    const isMac = parseMac(address).kind === "value";
    const [what, remedy] = !isMac
      ? ["address", "; give each member its own with ip=…"]
      : mac === undefined
      ? ["MAC address", ", which should leave mac out; this pod has it by computation"]
      : ["MAC address", "; leave mac out, then each member has its own"];
    return [{
      kind: "conflict",
      source: { kind: "pod", namespace: member.namespace, pod: member.name },
      network,
      token: address,
      message: `Cannot rely on ${what} ${address} of network ${quoted(network)}: it is also used by ` +
        `${plain(nameOf(other))}${remedy}`,
    }];
  });
}

/** What is told of a pod at present. */
export interface ToldSharing {
  readonly problems: readonly Problem[];
  /** When it was told (monotonic ms), and how long (ms) nothing else is told after that. */
  readonly at: number;
  readonly pause: number;
  /** Since when something else would be to tell. */
  readonly otherSince?: number;
}

/** ms that it must last; ms between two accounts; ms without a new one after which a pod is taken for a quiet one again. */
export const sharing = {
  settling: 2_000,
  pause: { least: 10_000, most: 600_000 },
  forgiven: 1_200_000,
} as const;

/** One for all: most share nothing. */
const nothingTold: ToldSharing = { problems: [], at: -Infinity, pause: 0 };

/** What to tell now, and after how many ms to look again. Of a pod of which nothing was told yet all is told at once. */
export function settleSharing(
  told: ToldSharing | undefined,
  { found, now }: { readonly found: readonly Problem[]; readonly now: number },
): { readonly told: ToldSharing; readonly lookIn: number } {
  const before = told ?? nothingTold;
  if (told === undefined || namesOf(found) === namesOf(told.problems)) {
    const { otherSince, ...rest } = before;
    const isSame = otherSince === undefined && found.length + rest.problems.length === 0;
    return { told: isSame ? before : { ...rest, problems: found }, lookIn: Infinity };
  }
  const { otherSince = now } = told;
  const due = Math.max(otherSince + sharing.settling, told.at + told.pause);
  if (now < due) return { told: { ...told, otherSince }, lookIn: due - now };
  const isFlapping = now - told.at < sharing.forgiven;
  const pause = isFlapping ? Math.min(sharing.pause.most, 2 * told.pause) : sharing.pause.least;
  return { told: { problems: found, at: now, pause }, lookIn: Infinity };
}

/** Which addresses; with whom is no news. */
function namesOf(problems: readonly Problem[]): string {
  return problems.map(({ network, token }) => `${network} ${token}`).sort().join();
}

/** What its own author has mended is over at once. */
export function stillClaimed(told: ToldSharing | undefined, member: Member): ToldSharing | undefined {
  const isClaimed = ({ network, token }: Problem): boolean =>
    member.networks.some((each) =>
      each.name === network &&
      (macOf(each, member) === token || each.addresses.some(({ address }) => address === token))
    );
  return told?.problems.every(isClaimed)
    ? told
    : told && { ...told, problems: told.problems.filter(isClaimed) };
}
