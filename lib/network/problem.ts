// What is wrong with something a user wrote, in a form that people read and programs count.

/**
 * The kinds of problems, each one question a user asks:
 * - `invalid-option`: is what I wrote well formed?
 * - `unknown-network`: does the network exist (has it an id)?
 * - `conflict`: do two things I asked for exclude each other, or is something foreign in the way?
 * - `forbidden`: may this pod have it?
 * - `host-network`, `agent-missing`, `agent-unfit`: can this pod be a member at all?
 * - `setup-failed`: was it tried, and refused by the kernel or the cluster?
 */
export type ProblemKind =
  | "invalid-option"
  | "unknown-network"
  | "conflict"
  | "forbidden"
  | "host-network"
  | "agent-missing"
  | "agent-unfit"
  | "setup-failed";

/** Where the text stands that a problem is about. */
export type Source =
  | { readonly kind: "annotation"; readonly key: string; readonly namespace: string; readonly pod: string }
  | { readonly kind: "configmap"; readonly namespace: string; readonly name: string; readonly key: string }
  | { readonly kind: "pod"; readonly namespace: string; readonly pod: string };

/** One problem. Values, not exceptions: a bad network never stops the pod's other networks. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly source: Source;
  /** The network it concerns; absent when it concerns the pod or the whole text. */
  readonly network?: string;
  /** 1-based line within the source's text. */
  readonly line?: number;
  /** The offending token as the user wrote it. */
  readonly token?: string;
  /** What was found and what was expected, with the remedy; user text quoted. Without the source and line. */
  readonly message: string;
}
