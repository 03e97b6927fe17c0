// Which one of its kind is the pod: its number in a StatefulSet or Indexed Job, and whether its name comes back.
import type { V1ObjectMeta } from "@kubernetes/client-node";

/** Kubernetes writes both on the pods that it numbers; older ones know the second as an annotation only. */
const indexLabel = "apps.kubernetes.io/pod-index";
const completionIndex = "batch.kubernetes.io/job-completion-index";

/** More than any workload has, and little enough to be added to an address. */
const highest = 2 ** 31;

/** What `podView` keeps of it. */
export interface Numbered {
  /** From 0; absent: the pod has no number. */
  readonly ordinal?: number;
  /** A StatefulSet makes a pod of the same name when this one goes. */
  readonly nameReturns?: true;
}

/** A StatefulSet's pods had their number in the name only before Kubernetes 1.28. */
export function numbered(metadata: V1ObjectMeta | undefined): Numbered {
  const { labels, annotations, ownerReferences, name = "" } = metadata ?? {};
  const owner = ownerReferences?.find(({ controller }) => controller === true)?.kind;
  const isStateful = owner === "StatefulSet";
  const texts = [
    labels?.[indexLabel],
    isStateful ? /-(\d+)$/.exec(name)?.[1] : undefined,
    labels?.[completionIndex],
    annotations?.[completionIndex],
  ];
  const ordinal = texts.map(readOrdinal).find((each) => each !== undefined);
  return {
    ...(ordinal !== undefined && { ordinal }),
    ...(isStateful && { nameReturns: true }),
  };
}

function readOrdinal(text: string | undefined): number | undefined {
  if (text === undefined || !/^(0|[1-9]\d{0,9})$/.test(text)) return undefined;
  return Number(text) < highest ? Number(text) : undefined;
}
