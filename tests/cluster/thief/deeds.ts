// What may a thief of the controller's token try, by which right, and what must come of it without and with the policies?
import {
  attach,
  type Attempt,
  dry,
  event,
  exec,
  forward,
  get,
  lease,
  leases,
  merge,
  pod,
  podPath,
  post,
  proxy,
  type Scene,
  status,
} from "./attempts.ts";
import type { Outcome } from "./thief.ts";

export interface Deed {
  /** `resource/name verb` as in the roles; absent: no right of the controller's. */
  readonly right?: string;
  /** A right that the deed is given for once (`resource verb`), to see what the policies alone say. */
  readonly given?: string;
  readonly it: string;
  readonly attempt: (scene: Scene) => Attempt;
  readonly without: Outcome;
  readonly with: Outcome;
}

const agent = "vxlan-controller-agent";
const config = "/api/v1/namespaces/kube-system/configmaps";
const ours = "kube-vxlan-controller";
/** The ConfigMaps in which pools are written down. */
const poolNames = Array.from({ length: 16 }, (_, at) => `${ours}-pool-${at}`);
const shell = ["sh", "-c", "id"];
const session = ["ip", "-json", "-details", "-force", "-batch", "-"];

/** All of them but the fields of the status, which the API server's schema lists. */
export const deeds: readonly Deed[] = [
  both("allowed", {
    right: "pods get",
    it: "reads a pod that is no member",
    attempt: get(({ stranger }) => stranger),
  }),
  both("allowed", {
    right: "pods list",
    it: "reads the pods of all namespaces",
    attempt: get(() => undefined),
  }),
  both("allowed", {
    right: "pods watch",
    it: "watches the pods of all namespaces",
    attempt: () => ({ path: "/api/v1/pods?watch=1&timeoutSeconds=1" }),
  }),
  limited({
    right: "pods/exec get",
    it: "runs a shell in any container",
    attempt: exec("member", "app", shell),
  }),
  limited({
    right: "pods/exec create",
    it: "runs a shell in an agent",
    attempt: exec("member", agent, shell),
  }),
  limited({
    right: "pods/exec create",
    it: "runs a session of ip outside an agent",
    attempt: exec("member", "app", session),
  }),
  limited({
    right: "pods/exec create",
    it: "runs a shell in an ephemeral container with the agent's name",
    attempt: exec("stranger", agent, shell),
  }),
  both("allowed", {
    right: "pods/exec create",
    it: "runs a session of ip in an agent, or in what has its name",
    attempt: exec("member", agent, session),
  }),
  both("allowed", {
    right: "pods/status patch",
    it: "writes our condition and our annotation, and forges what they say",
    attempt: status({
      metadata: { annotations: { "vxlan.travelping.com/network-status": "forged" } },
      status: { conditions: [{ type: "vxlan.travelping.com/Ready", status: "False", reason: "Forged" }] },
    }),
  }),
  both("allowed", {
    right: "pods/status patch",
    it: "removes our condition and our annotation",
    attempt: status({
      metadata: { annotations: { "vxlan.travelping.com/network-status": null } },
      status: { conditions: [{ type: "vxlan.travelping.com/Ready", $patch: "delete" }] },
    }),
  }),
  limited({
    right: "pods/status patch",
    it: "moves a pod into another Service by a label",
    attempt: status({ metadata: { labels: { app: "victim" } } }),
  }),
  limited({
    right: "pods/status patch",
    it: "takes a label away",
    attempt: status({ metadata: { labels: { "vxlan.travelping.com": null } } }),
  }),
  limited({
    right: "pods/status patch",
    it: "writes the networks that a pod asks for",
    attempt: status({ metadata: { annotations: { "vxlan.travelping.com/networks": "secret" } } }),
  }),
  limited({
    right: "pods/status patch",
    it: "takes that annotation away",
    attempt: status({ metadata: { annotations: { "vxlan.travelping.com/networks": null } } }),
  }),
  limited({
    right: "pods/status patch",
    it: "adds a finalizer, so that a pod never goes",
    attempt: status({ metadata: { finalizers: ["thief.example/stay"] } }),
  }),
  limited({
    right: "pods/status patch",
    it: "says that a pod is not Ready",
    attempt: status({ status: { conditions: [{ type: "Ready", status: "False" }] } }),
  }),
  limited({
    right: "pods/status patch",
    it: "takes the condition Ready away",
    attempt: status({ status: { conditions: [{ type: "Ready", $patch: "delete" }] } }),
  }),
  limited({
    right: "pods/status patch",
    it: "opens another readiness gate",
    attempt: status({ status: { conditions: [{ type: "other.example/Ready", status: "True" }] } }),
  }),
  both("allowed", {
    right: "events create",
    it: "writes an Event about anything in any namespace",
    attempt: (scene) => ({
      ...post(`/apis/events.k8s.io/v1/namespaces/${scene.namespace}/events`),
      body: event(scene, "of-a-thief"),
    }),
  }),
  both("allowed", {
    right: "events patch",
    it: "changes an Event of others",
    attempt: ({ namespace }) => ({
      ...merge(`/apis/events.k8s.io/v1/namespaces/${namespace}/events/of-others`),
      body: { metadata: { labels: { forged: "yes" } } },
    }),
  }),
  ...["get", "list", "watch"].map((verb) =>
    both("allowed", {
      right: `configmaps/${ours} ${verb}`,
      it: `reads the ConfigMap with the networks (${verb})`,
      attempt: () => ({
        path: verb === "get"
          ? `${config}/${ours}`
          : `${config}?fieldSelector=metadata.name%3D${ours}${
            verb === "watch" ? "&watch=1&timeoutSeconds=1" : ""
          }`,
      }),
    })
  ),
  both("allowed", {
    right: `leases/${ours} get`,
    it: "reads the lease",
    attempt: () => ({ path: `${leases}/${ours}` }),
  }),
  both("allowed", {
    right: `leases/${ours} update`,
    it: "takes the lease, so that the controller waits",
    attempt: () => ({
      ...lease(ours, { resourceVersion: "1" }),
      method: "PUT",
      path: `${leases}/${ours}?${dry}`,
    }),
  }),
  both("allowed", {
    right: "leases create",
    it: "creates other leases beside it",
    attempt: () => lease("of-a-thief"),
  }),
  ...poolNames.flatMap((name) => [
    both("allowed", {
      right: `configmaps/${name} get`,
      it: `reads which addresses are given out (${name})`,
      attempt: () => ({ path: `${config}/${name}` }),
    }),
    both("allowed", {
      right: `configmaps/${name} update`,
      it: `forges which addresses are given out (${name})`,
      attempt: () => ({
        method: "PUT",
        path: `${config}/${name}?${dry}`,
        body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { forged: "yes" } },
      }),
    }),
  ]),
  none("reads another ConfigMap beside ours", () => ({ path: `${config}/kube-root-ca.crt` })),
  none("changes the networks", () => ({ ...merge(`${config}/${ours}`), body: { data: { thief: "id=66" } } })),
  none("reads Secrets", () => ({ path: "/api/v1/secrets" })),
  none("creates a pod", ({ namespace }) => ({ ...post(`/api/v1/namespaces/${namespace}/pods`), body: pod })),
  none("deletes a pod", (scene) => ({ method: "DELETE", path: `${podPath(scene, scene.stranger)}?${dry}` })),
  none("changes a pod itself", (scene) => ({
    ...merge(podPath(scene, scene.stranger)),
    body: { metadata: { labels: { a: "b" } } },
  })),
  none("adds an ephemeral container with the agent's name", (scene) => ({
    ...merge(`${podPath(scene, scene.member)}/ephemeralcontainers`),
    body: { spec: { ephemeralContainers: [{ name: agent, image: "thief" }] } },
  })),
  none("attaches to a container", attach),
  none("forwards a port", forward),
  none("reaches a port through the proxy", proxy),
  none("asks for a token of another account", () => ({
    ...post("/api/v1/namespaces/kube-system/serviceaccounts/default/token"),
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: [] } },
  })),
  limited({ given: "pods/attach get create", it: "attaches to a container", attempt: attach }),
  limited({ given: "pods/portforward get create", it: "forwards a port", attempt: forward }),
  limited({ given: "pods/proxy get", it: "reaches a port through the proxy", attempt: proxy }),
];

/** The same, policies or not. */
function both(outcome: Outcome, deed: Omit<Deed, "without" | "with">): Deed {
  return { ...deed, without: outcome, with: outcome };
}

function limited(deed: Omit<Deed, "without" | "with">): Deed {
  return { ...deed, without: "allowed", with: "policy" };
}

function none(it: string, attempt: Deed["attempt"]): Deed {
  return both("rbac", { it, attempt });
}
