// Which members have gone, or are about to go, since the check began? Nobody is missing where nobody is to be.
import { type ApiClient, statusOf } from "../../kube/api/client.ts";
import type { ProbedPair } from "../../reach/reach_report.ts";
import { recordAt } from "../../text/json.ts";
import { podPath } from "../../kube/watch/pod_metadata.ts";
import { eachOf } from "./each_of.ts";
import type { SegmentMember } from "./probe_segment.ts";

/** Members that are asked about: with more holes it is not for those that went. */
const most = 60;
const deadline = 5_000;

/** Of the members in pairs that did not answer those that left (NAMESPACE/NAME). Who cannot be asked about stays. */
export async function departed(
  pairs: readonly ProbedPair[],
  { members, client, signal }: {
    readonly members: readonly SegmentMember[];
    readonly client: Pick<ApiClient, "json">;
    readonly signal: AbortSignal;
  },
): Promise<readonly string[]> {
  const holes = pairs.filter(({ outcome }) => outcome.kind !== "reachable");
  const doubted = new Set(holes.flatMap(({ from, to }) => [from.pod, to.pod]));
  const gone: string[] = [];
  await eachOf(members.filter(({ pod }) => doubted.has(pod)).slice(0, most), async ({ pod, uid }) => {
    const [namespace = "", name = ""] = pod.split("/");
    const path = podPath(namespace, name);
    const purpose = `look whether pod ${pod} is still there`;
    const hasLeft = await client.json({ method: "GET", path, purpose, deadline, signal }).then((found) => {
      const { uid: now, deletionTimestamp } = recordAt(found, "metadata");
      return now !== uid || deletionTimestamp !== undefined;
    }, (error) => statusOf(error) === 404);
    if (hasLeft) gone.push(pod);
  });
  return gone.sort();
}
