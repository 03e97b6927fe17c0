// May anything be written? What is thrown where it may not.

/** Nothing may be written: another replica leads, or our lease could not be renewed in time. */
export class NotLeader extends Error {
  override name = "NotLeader";
  constructor() {
    super("this replica does not lead at the moment");
  }
}

/** Throws NotLeader while another replica leads. */
export function leaderCheck({ isLeader }: { readonly isLeader?: () => boolean }): () => void {
  return () => {
    if (isLeader?.() === false) throw new NotLeader();
  };
}
