// Which pods are controllers, and where do they answer?
import { podsPath } from "../../kube/watch/pod_metadata.ts";
import type { ApiClient } from "../../kube/api/client.ts";
import { listAt, recordAt } from "../../text/json.ts";

type AnyRecord = Readonly<Record<string, unknown>>;

interface Asked {
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

/** The pods of controllers, as the API server has them. Throws ApiError. */
export async function controllerObjects(
  client: Pick<ApiClient, "json">,
  { namespace, asked }: { readonly namespace: string; readonly asked: Asked },
): Promise<readonly AnyRecord[]> {
  // The chart puts the release in front of the name.
  const query = new URLSearchParams({ labelSelector: nameLabel, limit: "100" });
  const answer = await client.json({
    method: "GET",
    path: `${podsPath(namespace)}?${query}`,
    purpose: "list the controller's pods",
    ...asked,
  });
  return listAt(answer, "items").filter(isController);
}

const nameLabel = "app.kubernetes.io/name";

function isController(pod: AnyRecord): boolean {
  return String(recordAt(recordAt(pod, "metadata"), "labels")[nameLabel] ?? "").endsWith(
    "kube-vxlan-controller",
  );
}

/** The port at which a controller answers, as the manifests name it; the default of --http-address where they do not. */
export function metricsPort(container: AnyRecord | undefined): number {
  const port = listAt(container, "ports").find(({ name }) => name === "http")?.["containerPort"];
  return typeof port === "number" ? port : 9090;
}
