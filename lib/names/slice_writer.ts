// How do changes of slices get to the API server, and what of a pod that a list has suddenly left out?
import { podPath } from "../kube/watch/pod_metadata.ts";
import { type ApiClient, type ApiRequest, statusOf } from "../kube/api/client.ts";
import { inNamespace } from "../kube/api/path.ts";
import type { ServiceView } from "./service.ts";
import { newSlice, sliceContents, sliceView } from "./slice_object.ts";
import type { SliceChange, SliceView } from "./slices.ts";

/** Milliseconds. */
const deadline = 10_000;

/** The collection of a namespace, or of all. */
export function slicesPath(namespace: string | undefined): string {
  return `/apis/discovery.k8s.io/v1${inNamespace(namespace)}/endpointslices`;
}

/**
 * Makes one change; gives the slice as it is then, undefined when it is gone. Changes carry the version that they were
 * made for: one of another writer in between is a conflict. Throws ApiError.
 */
export async function writeSlice(
  client: ApiClient,
  change: SliceChange,
  { service, managedBy }: { readonly service: ServiceView; readonly managedBy: string },
): Promise<SliceView | undefined> {
  if (change.kind === "create") {
    const { namespace } = service;
    const body = newSlice(service, { ...change, managedBy });
    const path = slicesPath(namespace);
    const purpose = `create endpointslices of Service ${namespace}/${service.name}`;
    return sliceView(await client.json({ method: "POST", path, purpose, body, deadline }));
  }
  const { namespace, name, uid, resourceVersion } = change.slice;
  const about = {
    path: `${slicesPath(namespace)}/${encodeURIComponent(name)}`,
    purpose: `${change.kind === "update" ? "patch" : "delete"} endpointslices ${namespace}/${name}`,
    deadline,
  };
  if (change.kind === "delete") return await deleted(client, { ...about, uid, resourceVersion });
  const contents = sliceContents(service, change.endpoints);
  const body = { ...contents, metadata: { ...contents.metadata, resourceVersion } };
  const contentType = "application/merge-patch+json";
  return sliceView(await client.json({ ...about, method: "PATCH", body, contentType }));
}

async function deleted(
  client: ApiClient,
  { uid, resourceVersion, ...about }: Omit<ApiRequest, "method"> & {
    readonly uid: string;
    readonly resourceVersion: string;
  },
): Promise<undefined> {
  try {
    await client.json({ ...about, method: "DELETE", body: { preconditions: { uid, resourceVersion } } });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}

/**
 * The pod as it is now, undefined when there is none. Asked before a Service loses its last endpoints: lists have been
 * known to be empty after a fault of the server. Throws ApiError.
 */
export async function podObject(
  client: ApiClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<unknown> {
  const path = podPath(namespace, name);
  try {
    return await client.json({ method: "GET", path, purpose: "get a pod", deadline });
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}
