// How does a thief knock at each door: the requests and connections that the deeds are made of.
import type { ApiRequest } from "../../contract/api_under_test.ts";

/** The pods and names that the deeds are about. */
export interface Scene {
  readonly namespace: string;
  /** A member with the agent as a native sidecar, and a container `app`. */
  readonly member: string;
  /** No member, without any agent; it has an ephemeral container with the agent's name. */
  readonly stranger: string;
}

/** A way to the API server. */
export type Attempt = ApiRequest | { readonly connect: string };

type Attempts = (scene: Scene) => Attempt;

export const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
/** Everything but the store: nothing needs to be put right afterwards. */
export const dry = "dryRun=All";

export function get(name: (scene: Scene) => string | undefined): Attempts {
  return (scene) => {
    const pod = name(scene);
    return { path: pod === undefined ? "/api/v1/pods?limit=5" : podPath(scene, pod) };
  };
}

export function exec(pod: "member" | "stranger", container: string, argv: readonly string[]): Attempts {
  const words = argv.map((word) => `&command=${encodeURIComponent(word)}`).join("");
  return (scene) => ({
    connect: `${podPath(scene, scene[pod])}/exec?container=${container}&stdin=true&stdout=true${words}`,
  });
}

export function attach(scene: Scene): Attempt {
  return { connect: `${podPath(scene, scene.member)}/attach?container=app&stdout=true` };
}

export function forward(scene: Scene): Attempt {
  return { connect: `${podPath(scene, scene.member)}/portforward?ports=80` };
}

/** Of the agent's own port, which answers nothing that is HTTP. */
export function proxy(scene: Scene): Attempt {
  return { path: `${podPath(scene, scene.member)}/proxy/` };
}

export function status(body: unknown): Attempts {
  return (scene) => ({
    method: "PATCH",
    path: `${podPath(scene, scene.member)}/status?${dry}`,
    contentType: "application/strategic-merge-patch+json",
    body,
  });
}

/** Path of a pod. */
export function podPath({ namespace }: Scene, pod: string): string {
  return `/api/v1/namespaces/${namespace}/pods/${pod}`;
}

export function merge(
  path: string,
): { readonly method: "PATCH"; readonly path: string; readonly contentType: string } {
  return { method: "PATCH", path: `${path}?${dry}`, contentType: "application/merge-patch+json" };
}

export function post(path: string): { readonly method: "POST"; readonly path: string } {
  return { method: "POST", path: `${path}?${dry}` };
}

export function lease(name: string, version: { readonly resourceVersion?: string } = {}): ApiRequest {
  const spec = { holderIdentity: "thief" };
  const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, ...version }, spec };
  return { ...post(leases), body };
}

export const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "of-a-thief" },
  spec: { containers: [{ name: "app", image: "thief" }] },
};

/** An Event that nobody could tell from one of the kubelet. */
export function event({ namespace, stranger }: Scene, name: string): object {
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name, namespace },
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "kubelet",
    reportingInstance: "node1",
    action: "Killing",
    reason: "Killing",
    type: "Warning",
    note: "forged",
    regarding: { apiVersion: "v1", kind: "Pod", namespace, name: stranger },
  };
}
