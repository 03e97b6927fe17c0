// What is wrong with something a user wrote, in a form that people read and programs count.
import { cut, plain } from "../text/quoted.ts";
import { steady } from "../text/steady.ts";

/**
 * The kinds of problems, each one question a user asks:
 * - `invalid-option`: is what I wrote well formed?
 * - `unknown-network`: does the network exist (has it an id)?
 * - `conflict`: do two things I asked for exclude each other, or is something foreign in the way?
 * - `forbidden`: may this pod have it?
 * - `host-network`, `agent-missing`, `agent-unfit`: can this pod be a member at all?
 * - `setup-failed`: was it tried, and refused by the kernel or the cluster?
 * - `exhausted`: is there an address left for it?
 * - `unreachable`: do frames pass between it and its peers?
 */
export type ProblemKind =
  | "invalid-option"
  | "unknown-network"
  | "conflict"
  | "forbidden"
  | "host-network"
  | "agent-missing"
  | "agent-unfit"
  | "setup-failed"
  | "exhausted"
  | "unreachable";

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
  /** The message without what may be other words each time it is met; absent: the message itself. */
  readonly gist?: string;
}

/** A problem as one sentence: where the text stands, then what is wrong with it. */
export function problemText(problem: Problem): string {
  const line = problem.line === undefined ? "" : `, line ${problem.line}`;
  return `${sourceText(problem.source)}${line}: ${problem.message}`;
}

/** The same for who reads it on the object with the text: what it stands on need not be named, only where in it. */
export function problemTextOn(object: "Pod" | "ConfigMap", problem: Problem): string {
  const { source, line, message } = problem;
  if ((source.kind === "configmap") !== (object === "ConfigMap")) return problemText(problem);
  const places = [
    ...(source.kind === "configmap" ? [`key ${plain(source.key)}`] : []),
    ...(source.kind === "annotation" ? ["annotation"] : []),
    ...(line === undefined ? [] : [`line ${line}`]),
  ];
  return [...places.length === 0 ? [] : [places.join(", ")], message].join(": ");
}

/**
 * What makes a problem another one than before: what others say may name another port or id at each try. Of members with one address each names another, one of many perhaps:
 * that the name has changed is no news, or a hundred members would cause ten thousand lines.
 */
export function dedupKey(problem: Problem): string {
  return isSharedAddress(problem)
    ? `conflict ${problem.network} ${problem.token}`
    : problemText({ ...problem, message: gistOf(problem) });
}

/** The message without what is no news. */
export function gistOf({ gist, message }: Problem): string {
  return gist ?? message;
}

/** A conflict between members, found in what pods ask for; not one within a text, nor in the kernel. */
export function isSharedAddress({ kind, source, token }: Problem): boolean {
  return kind === "conflict" && source.kind === "pod" && token !== undefined;
}

/** Where a text stands: `annotation vxlan.travelping.com/networks of pod default/a`. */
export function sourceText(source: Source): string {
  switch (source.kind) {
    case "annotation":
      return `annotation ${plain(source.key)} of pod ${plain(source.namespace)}/${plain(source.pod)}`;
    case "configmap":
      return `${configMapText(source)}, key ${plain(source.key)}`;
    case "pod":
      return `pod ${plain(source.namespace)}/${plain(source.pod)}`;
    default:
      return source satisfies never;
  }
}

/** `ConfigMap kube-system/kube-vxlan-controller`. */
export function configMapText(configMap: { readonly namespace: string; readonly name: string }): string {
  return `ConfigMap ${plain(configMap.namespace)}/${plain(configMap.name)}`;
}

/** Problems listed of one text: people mend the first ones and look again, and a hostile text stays cheap. */
export const mostProblems = 50;

/** The first problems, and one that says that there are more. */
export function firstProblems(problems: readonly Problem[], source: Source): readonly Problem[] {
  if (problems.length <= mostProblems) return problems;
  const message =
    `Cannot list all problems: there are more than ${mostProblems}; mend these first and look again`;
  return [...problems.slice(0, mostProblems), { kind: "invalid-option", source, message }];
}

/** Characters of a message that quotes what kernels, agents or the API server say. */
const longestMessage = 1_000;

/**
 * A problem of a pod that is met while serving it. What others have said in `message` is cut; `said` is that part of it,
 * if any, and may be other numbers every time.
 */
export function runtimeProblem(
  pod: { readonly namespace: string; readonly name: string },
  { kind, message, network, said = "" }: {
    readonly kind: ProblemKind;
    readonly message: string;
    readonly network?: string | undefined;
    readonly said?: string;
  },
): Problem {
  const found = cut(said, longestMessage);
  const gist = cut(message.replace(said, () => steady(found)), longestMessage);
  const source = { kind: "pod", namespace: pod.namespace, pod: pod.name } as const;
  return {
    kind,
    source,
    message: cut(message, longestMessage),
    ...(gist !== cut(message, longestMessage) && { gist }),
    ...(network === undefined ? {} : { network }),
  };
}

/** Of many problems met in one pod the first ones of each network, so that none hides those of another. */
export function firstOfEachNetwork(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= mostProblems) return problems;
  const byNetwork = [...Map.groupBy(problems, ({ network }) => network).values()];
  const share = Math.max(1, Math.floor(mostProblems / byNetwork.length));
  return byNetwork.flatMap((all) => all.slice(0, share));
}
