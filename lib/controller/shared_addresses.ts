// When is it told that members share an address, or no longer do? When it has lasted, and ever more seldom where it flaps.
//
// Who may write one annotation can claim the addresses of a hundred others, and let go of them, every second.
import type { Problem } from "../network/problem.ts";

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

/** What to tell now, and after how many ms to look again. Of a pod of which nothing was told yet all is told at once. */
export function settleSharing(
  told: ToldSharing | undefined,
  { found, now }: { readonly found: readonly Problem[]; readonly now: number },
): { readonly told: ToldSharing; readonly lookIn: number } {
  if (told === undefined) return { told: { problems: found, at: -Infinity, pause: 0 }, lookIn: Infinity };
  if (namesOf(found) === namesOf(told.problems)) {
    const { otherSince: _, ...rest } = told;
    return { told: { ...rest, problems: found }, lookIn: Infinity };
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
