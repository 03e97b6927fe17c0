// What one look at a member came to, and therefore what the queue does next.

/**
 * - `done`: it holds. `again` (ms): look once more then, for something that is only seen later.
 * - `wait`: nothing can be done now; an event will say when.
 * - `retry`: it should have worked; again with backoff, or after `after` ms when the other side said when.
 */
export type Outcome =
  | { readonly kind: "done"; readonly again?: number }
  | { readonly kind: "wait"; readonly reason: string; readonly again?: number }
  | { readonly kind: "retry"; readonly reason: string; readonly after?: number };
