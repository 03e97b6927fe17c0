// How many exec sessions may be open, and can one stay open into each pod?

/** Sessions open at the same time. `isForAll`: one can stay open into each pod. */
export interface SessionLimit {
  readonly sessions: number;
  readonly isForAll: boolean;
}

/**
 * One session stays open into each pod, or two, so that a peer's coming costs no exec; the workers need some more at times.
 * Where there cannot be one for each, the memory for most of them would be spent for little: then there are few.
 */
export function sessionLimit(
  { sessions: { least, most }, workers }: {
    readonly sessions: { readonly least: number; readonly most: number };
    readonly workers: number;
  },
  pods: number,
): SessionLimit {
  const isForAll = pods + 2 * workers <= most;
  const wanted = isForAll ? Math.min(most, 2 * (pods + workers)) : least;
  return { sessions: Math.max(least, wanted), isForAll };
}
