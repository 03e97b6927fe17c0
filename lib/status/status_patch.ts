// How is a status written: one strategic merge patch of the pod's status subresource. Pure.
import { type ApiClient, statusOf } from "../kube/api/client.ts";
import { conditionType, statusAnnotation } from "../member/current_status.ts";
import { podPath } from "../kube/watch/pod_metadata.ts";
import type { ReportedPod } from "../report/report.ts";
import type { StatusDifference } from "./pod_status.ts";
import { messageOf } from "../text/defined.ts";

/**
 * The subresource takes the annotation too, as Multus writes its own: one request does for both, without a right to change
 * pods. The uid keeps it off a successor of the same name (422).
 */
export function statusPatch(
  difference: StatusDifference,
  { uid, annotationKey, now }: { readonly uid: string; readonly annotationKey: string; readonly now: Date },
): Readonly<Record<string, unknown>> {
  const { condition, transition, annotation } = difference;
  const annotations = { [statusAnnotation(annotationKey)]: annotation };
  const written = {
    type: conditionType(annotationKey),
    ...condition,
    // To the second, as the API keeps it; left out, the old one stays.
    ...(transition ? { lastTransitionTime: now.toISOString().replace(/\.\d+Z$/, "Z") } : {}),
  };
  return {
    metadata: { uid, ...(annotation !== undefined && { annotations }) },
    ...(condition !== undefined && { status: { conditions: [written] } }),
  };
}

/** Takes condition and annotation away. */
export function removalPatch(
  { uid, annotationKey }: { readonly uid: string; readonly annotationKey: string },
): Readonly<Record<string, unknown>> {
  return {
    metadata: { uid, annotations: { [statusAnnotation(annotationKey)]: null } },
    status: { conditions: [{ $patch: "delete", type: conditionType(annotationKey) }] },
  };
}

/** Sends a strategic merge patch to the status subresource of a pod. Throws ApiError. */
export async function sendStatus(
  client: ApiClient,
  { pod, body }: { readonly pod: ReportedPod; readonly body: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { namespace, name } = pod;
  await client.json({
    method: "PATCH",
    path: `${podPath(namespace, name)}/status`,
    purpose: `patch pods/status ${namespace}/${name}`,
    body,
    contentType: "application/strategic-merge-patch+json",
    deadline: 10_000,
  });
}

/** The pod is gone or was replaced by another of its name: trying again changes nothing. */
export function isFinal(error: unknown): boolean {
  return statusOf(error) === 404 ||
    (isRefusal(error) && /UID in precondition|metadata\.uid:/.test(messageOf(error)));
}

/** This pod does not take it as it is, whatever becomes of others: full annotations, a policy, a conflict. */
export function isRefusal(error: unknown): boolean {
  return [409, 413, 422].includes(statusOf(error) ?? 0);
}
