// How does a pod stand, as far as it can be told without looking into it: one word, and sentences.
import type { Store } from "../../controller/store/store.ts";
import type { PodView } from "../../member/pod.ts";
import type { Network } from "../../network/network.ts";
import { problemText } from "../../network/problem.ts";
import { conditionReasons } from "../../status/pod_condition.ts";

export interface MemberStanding {
  readonly networks: readonly Network[];
  /** One word; empty where all is well as far as is known. */
  readonly reason: string;
  readonly problems: readonly string[];
}

/** What is known without looking into the pod: what the pod shows, and what contradicts its annotation. */
export function standingOf(pod: PodView, store: Store): MemberStanding {
  const item = store.workItem(pod.uid);
  const found = store.problemsOf(pod.uid);
  const problems = [
    ...found.map(problemText),
    ...pod.shown?.unreachable === undefined ? [] : [pod.shown.unreachable],
  ];
  const [first] = found;
  // What we find ourselves is newer; what only a kernel shows, the controller has written on the pod.
  const shown = pod.shown?.reason === "NetworksReady" ? "" : pod.shown?.reason ?? "";
  const reason = first === undefined ? shown : conditionReasons[first.kind];
  switch (item?.kind) {
    case undefined:
      return {
        networks: [],
        reason: pod.annotation === undefined ? "NoAnnotation" : "Finished",
        problems,
      };
    case "member": {
      const { networks, phase } = item.member;
      const word = phase.kind === "wait" && reason === "" ? waitingWord(pod) : undefined;
      return phase.kind === "wait" && word !== undefined
        ? { networks, reason: word, problems: [...problems, phase.reason] }
        : { networks, reason, problems };
    }
    case "former":
      return { networks: [], reason: "NoAnnotation", problems };
    case "refused":
      return { networks: [], reason, problems };
    case "pending":
      return { networks: [], reason: "NoPodIP", problems };
    default:
      return item satisfies never;
  }
}

/** Words of containers that are only late. */
const usual: ReadonlySet<string> = new Set(["PodInitializing", "ContainerCreating"]);

/** Why a container of the pod does not run, in Kubernetes' word: the first one's, for the others wait for it. */
function waitingWord({ initContainers, containers }: PodView): string | undefined {
  return [...initContainers, ...containers].map(({ waitsFor }) => waitsFor)
    .find((word) => word !== undefined && !usual.has(word));
}
