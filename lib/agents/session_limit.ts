// How many exec sessions may be open, and can one stay open into each pod?

/** Sessions open at the same time. `isForAll`: one can stay open into each pod, or two where an image needs them. */
export interface SessionLimit {
  readonly sessions: number;
  readonly isForAll: boolean;
}

/**
 * What stays open into each pod makes a peer's coming cost no exec; the workers need some more at times. Where there are too
 * many pods for that, the memory for most sessions would be spent for little: then there are few.
 */
export function sessionLimit(
  { sessions: { least, most }, workers }: {
    readonly sessions: { readonly least: number; readonly most: number };
    readonly workers: number;
  },
  pods: number,
): SessionLimit {
  const isForAll = pods + 2 * workers <= most;
  return { sessions: isForAll ? Math.max(least, 2 * (pods + workers)) : least, isForAll };
}
