// How does a status get to the API server, and which answers are the last word?
import type { ApiClient } from "../kube/api/client.ts";
import type { ReportedPod } from "../report/report.ts";
import { statusOf } from "./write_errors.ts";

/** Milliseconds. */
const deadline = 10_000;

/** Sends a strategic merge patch to the status subresource of a pod. Throws ApiError. */
export async function sendStatus(
  client: ApiClient,
  { pod, body }: { readonly pod: ReportedPod; readonly body: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { namespace, name } = pod;
  await client.json({
    method: "PATCH",
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/status`,
    purpose: `patch pods/status ${namespace}/${name}`,
    body,
    contentType: "application/strategic-merge-patch+json",
    deadline,
  });
}

/** The pod is gone, was replaced by another of its name, or does not take it: trying again changes nothing. */
export function isFinal(error: unknown): boolean {
  return [404, 409, 422].includes(statusOf(error) ?? 0);
}
