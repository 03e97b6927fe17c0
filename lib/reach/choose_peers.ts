// Whom does a member ask: some of its peers, those on other nodes first. Pure; chance comes from outside.

/** A peer that could be asked. */
export interface Candidate {
  readonly uid: string;
  readonly node: string | undefined;
}

/** Peers that a member asks in one network. */
const mostAsked = 3;

/**
 * Up to `mostAsked` of those that `mayBeAsked` (asked only as long as somebody is missing), beginning anywhere. Those on other
 * nodes go first, unless `anyNode`.
 */
export function choosePeers(
  candidates: readonly Candidate[],
  { node, anyNode = false, random, mayBeAsked }: {
    readonly node: string | undefined;
    readonly anyNode?: boolean;
    /** In [0, 1). */
    readonly random: () => number;
    readonly mayBeAsked: (uid: string) => boolean;
  },
): readonly string[] {
  const start = Math.floor(random() * candidates.length);
  const turned = [...candidates.slice(start), ...candidates.slice(0, start)];
  const isElsewhere = (one: Candidate): boolean => one.node !== node;
  const lines = anyNode ? [turned] : [turned.filter(isElsewhere), turned.filter((one) => !isElsewhere(one))];
  const chosen: string[] = [];
  for (const { uid } of lines.flat()) {
    if (chosen.length === mostAsked) break;
    if (mayBeAsked(uid)) chosen.push(uid);
  }
  return chosen;
}
