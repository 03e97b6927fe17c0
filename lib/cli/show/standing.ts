// How does a pod stand, as far as it can be told without looking into it: one word, and sentences.
import type { WorkItem } from "../../controller/store/work_item.ts";
import type { Delay } from "../../member/delay.ts";
import { membership } from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";
import type { Network } from "../../network/network.ts";
import { type Problem, problemText } from "../../network/problem.ts";
import { conditionReasons } from "../../status/pod_condition.ts";
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
  const delay = delayIn(pod, item);
  const problems = [
    ...found.map(problemText),
    ...pod.shown?.unreachable === undefined ? [] : [pod.shown.unreachable],
    ...delay === undefined ? [] : [delay.text],
  ];
  const [first] = found;
  // What we find ourselves is newer; what only a kernel shows, the controller has written on the pod.
  const shown = pod.shown?.reason === "NetworksReady" ? "" : pod.shown?.reason ?? "";
  const judged = first === undefined ? shown : conditionReasons[first.kind];
  switch (item?.kind) {
    case undefined: {
      const word = pod.annotation === undefined ? "NoAnnotation" : delay?.word ?? "Finished";
      return { networks: [], reason: word, problems };
    }
    case "member":
      return { networks: item.member.networks, reason: judged || (delay?.word ?? ""), problems };
    case "former":
      return { networks: [], reason: "NoAnnotation", problems };
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
export function delayIn({ delay }: PodView, item: WorkItem | undefined): Delay | undefined {
  if (delay === undefined || delay.of === "pod") return delay;
  if (item?.kind === "pending" || item?.kind === "refused") return delay;
  return item?.kind === "member" && item.member.phase.kind === "wait" ? delay : undefined;
}
