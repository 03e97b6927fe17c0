// Which of a pod's networks stand: what it has goes before what it asks for now.
import type { AnnotationEntry } from "./grammar/annotation.ts";
import { claim, noClaims } from "./conflicts.ts";
import type { Network } from "./network.ts";
import type { ProblemKind } from "./problem.ts";

/** Why a network cannot be had: the kind, and a clause for the end of a sentence. */
export interface ResolveFault {
  readonly kind: ProblemKind;
  readonly reason: string;
  /** What the pod has of the network goes. */
  readonly out?: boolean;
  /** A warning where the pod keeps what it had: that is what it asks for, as far as anybody can tell. */
  readonly isHarmless?: boolean;
}

/** What one entry of the annotation asks for, and what the pod has of it. */
export interface Wish {
  readonly entry: AnnotationEntry;
  readonly network?: Network;
  /** The form that the pod last had. */
  readonly last?: Network;
  /** Why that form must not be kept: it leads where the pod may not be any more. */
  readonly barred?: readonly ResolveFault[];
  readonly faults: readonly ResolveFault[];
}

/** What became of a wish: a network, as asked for or as it was, or none. */
export interface Settled {
  readonly wish: Wish;
  readonly network?: Network;
  readonly faults: readonly ResolveFault[];
}

/** There are as many networks as a pod may have. */
export function tooMany(max: number): ResolveFault {
  return { kind: "forbidden", reason: `a pod may have ${max} networks at most (--max-networks-per-pod)` };
}

interface SettleContext {
  /** Networks that stand whatever becomes of the wishes. */
  readonly kept: readonly Network[];
  readonly max: number;
}

/**
 * In the order of the wishes. Who falls back on what it had may take that from one that has changed: then that one falls
 * back too.
 */
export function settle(wishes: readonly Wish[], context: SettleContext): readonly Settled[] {
  const back = new Map(wishes.filter(isLost).map((wish): [Wish, readonly ResolveFault[]] => [wish, []]));
  for (;;) {
    const { settled, fallen } = settleOnce(wishes, { ...context, back });
    if (fallen.size === 0) return settled;
    for (const [wish, faults] of fallen) back.set(wish, faults);
  }
}

function isLost({ network, last }: Wish): boolean {
  return network === undefined && last !== undefined;
}

type Fallback = ReadonlyMap<Wish, readonly ResolveFault[]>;

function settleOnce(
  wishes: readonly Wish[],
  { kept, max, back }: SettleContext & { readonly back: Fallback },
): { readonly settled: readonly Settled[]; readonly fallen: Fallback } {
  const claims = noClaims();
  for (const network of kept) claim(network, claims);
  const results = new Map<Wish, Settled>();
  const fallen = new Map<Wish, readonly ResolveFault[]>();
  let room = max - kept.length;
  for (const wish of wishes.toSorted((a, b) => rank(a, back) - rank(b, back))) {
    const network = back.has(wish) ? wish.last : wish.network;
    const isFull = wish.last === undefined && network !== undefined && room <= 0;
    const conflicts = network === undefined || isFull
      ? []
      : claim(network, claims).map((reason) => ({ kind: "conflict", reason }) as const);
    const faults = [...wish.faults, ...back.get(wish) ?? [], ...isFull ? [tooMany(max)] : []];
    if (conflicts.length > 0 && rank(wish, back) === 2) fallen.set(wish, conflicts);
    const isMade = network !== undefined && !isFull && conflicts.length === 0;
    if (isMade) room--;
    const lost = isMade ? [] : wish.barred ?? [];
    results.set(wish, { wish, faults: [...faults, ...conflicts, ...lost], ...(isMade && { network }) });
  }
  return { settled: wishes.flatMap((wish) => results.get(wish) ?? []), fallen };
}

/** What is as it was, then what falls back on it, then what has changed, then what is new. */
function rank(wish: Wish, back: Fallback): 0 | 1 | 2 | 3 {
  if (wish.last === undefined) return 3;
  if (back.has(wish)) return 1;
  return JSON.stringify(wish.network) === JSON.stringify(wish.last) ? 0 : 2;
}
