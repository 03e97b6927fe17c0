// How does a pod stand, as far as it can be told without looking into it: one word, and sentences.
import type { WorkItem } from "../../controller/store/work_item.ts";
import { type Delay, isHolding } from "../../member/delay.ts";
import { conditionReasons, longestMessage, networksReady } from "../../member/current_status.ts";
import { membership } from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";
import type { Network } from "../../network/network.ts";
import { type Problem, problemText, problemTextOn } from "../../network/problem.ts";
import { cutBytes } from "../../text/printable.ts";
import type { ClusterView } from "./cluster_view.ts";

export interface MemberStanding {
  readonly networks: readonly Network[];
  /** One word; empty where all is well as far as is known. */
  readonly reason: string;
  readonly problems: readonly string[];
}

/** What is known without looking into the pod: what the pod shows, what contradicts its annotation, what holds it up. */
export function standingOf(
  pod: PodView,
  { store, settings }: Pick<ClusterView, "store" | "settings">,
): MemberStanding {
  const item = store.workItem(pod.uid);
  const found = store.problemsOf(pod.uid);
  const delay = delayIn(pod, { item, settings });
  const problems = [
    ...found.map(problemText),
    ...item?.kind === "member" || item?.kind === "refused" ? saidBeside(pod, found.map(onPod)) : [],
    ...delay === undefined ? [] : [delay.text],
  ];
  const [first] = found;
  // What we find ourselves is newer; what only a kernel shows, the controller has written on the pod.
  const shown = pod.shown?.reason === networksReady ? "" : pod.shown?.reason ?? "";
  const judged = first === undefined ? shown : conditionReasons[first.kind];
  switch (item?.kind) {
    case undefined: {
      const word = pod.annotation === undefined ? "NoAnnotation" : delay?.word ?? "Finished";
      return { networks: [], reason: word, problems };
    }
    case "member":
      return { networks: item.member.networks, reason: judged || (delay?.word ?? ""), problems };
    case "former":
      return { networks: [], reason: first === undefined ? "NoAnnotation" : judged, problems };
    case "refused":
      return { networks: [], reason: judged, problems };
    case "pending": {
      const ahead = problemsAhead(pod, { store, settings }).map(problemText);
      return { networks: [], reason: delay?.word ?? "NoPodIP", problems: [...problems, ...ahead] };
    }
    default:
      return item satisfies never;
  }
}

/** What a pod without pod IP will be told once it has one: nobody need wait for a node to see a mistake of his own. */
export function problemsAhead(
  pod: PodView,
  { store, settings }: Pick<ClusterView, "store" | "settings">,
): readonly Problem[] {
  const context = { settings: settings.membership, cluster: store.cluster };
  const judged = membership({ ...pod, podIPs: ["0.0.0.0", "::"] }, context);
  return judged.kind === "member" ? judged.member.problems : [];
}

/** What holds it up, where that is our business: what its other containers do is not, once an agent runs. */
export function delayIn(
  { delay }: PodView,
  { item, settings: { membership } }: {
    readonly item: WorkItem | undefined;
    readonly settings: ClusterView["settings"];
  },
): Delay | undefined {
  if (delay === undefined || delay.of === "pod") return delay;
  if (item?.kind === "pending") return delay;
  if (item?.kind === "refused") return isHolding(delay, membership) ? undefined : delay;
  return item?.kind === "member" && item.member.phase.kind === "wait" ? delay : undefined;
}

/**
 * What its condition says besides what was found (as it would be said on the pod): what only its kernel tells, or a pool,
 * and what follows from settings of the controller that this command was not told.
 */
export function saidBeside(
  { shown: { says = "" } = {} }: PodView,
  found: readonly string[],
): readonly string[] {
  const texts = found.map((text) => cutBytes(text, longestMessage));
  const rest = texts.reduce((left, text) => left.replace(text, ""), says)
    .replaceAll(/(; ){2,}/g, "; ").replaceAll(/^(; )+|(; )+$/g, "");
  // The end of a long one is cut off.
  const begun = rest.replace(/…$/, "");
  return rest === "" || texts.some((text) => text.startsWith(begun)) ? [] : [rest];
}

/** A problem as the condition of the pod says it. */
export function onPod(problem: Problem): string {
  return problemTextOn("Pod", problem);
}
