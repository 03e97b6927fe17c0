// Can the controller be installed here, and what of it can be used? Read from a cluster that need not have anything of ours.
import { inNamespace } from "../../kube/api/path.ts";
import { controllerObjects } from "../status/controller_pods.ts";
import { mayI } from "../status/rights.ts";
import type { ApiClient } from "../../kube/api/client.ts";
import { ApiError } from "../../kube/api/client.ts";
import { defined, messageOf } from "../../text/defined.ts";
import { isRecord, listAt, recordAt } from "../../text/json.ts";
import type { Clock } from "../../time/clock.ts";
import { readSome } from "../bounded_reading.ts";
import { networkPlugins } from "./network_plugins.ts";

/** One thing that was looked at. `problem`: it will not work so. `note`: it works, with what the sentence says. */
export interface Finding {
  readonly what: string;
  readonly state: "ok" | "note" | "problem" | "not read";
  readonly says: string;
}

/** With what, and for which namespaces. */
export interface Looking {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Where pods are to be members. */
  readonly namespace: string;
  /** Where the controller is to run. */
  readonly controllerNamespace: string;
}

const deadline = 15_000;
/** Versions of Kubernetes (minor) from which on something is there. */
const nativeSidecars = 29;

/** All of them; throws nothing. */
export async function findings(looking: Looking): Promise<readonly Finding[]> {
  const found = await Promise.all(looks.map(({ what, look }) =>
    look(looking).then(
      (seen) => seen.map((one): Finding => ({ what, ...one })),
      (error): readonly Finding[] => [{ what, state: "not read", says: messageOf(error) }],
    )
  ));
  return found.flat();
}

type Seen = readonly Omit<Finding, "what">[];

const looks: readonly { readonly what: string; readonly look: (looking: Looking) => Promise<Seen> }[] = [
  { what: "API server", look: apiServer },
  { what: "admission", look: admission },
  { what: "network plugin", look: plugin },
  { what: "nodes", look: nodes },
  { what: "Pod Security", look: podSecurity },
  { what: "your rights", look: rights },
  { what: "controller", look: controller },
];

function get(
  { client, signal }: Looking,
  { path, purpose }: { readonly path: string; readonly purpose: string },
): Promise<unknown> {
  return client.json({ method: "GET", path, purpose, deadline, signal });
}

async function apiServer(looking: Looking): Promise<Seen> {
  const answer = await get(looking, { path: "/version", purpose: "ask for its version" });
  const { gitVersion, major, minor } = isRecord(answer) ? answer : {};
  const number = parseInt(String(minor), 10);
  const says = `Kubernetes ${gitVersion ?? "of an unknown version"}`;
  if (Number(major) === 1 && number >= nativeSidecars) return [{ state: "ok", says }];
  return [{
    state: "note",
    says: `${says}: native sidecars need 1.${nativeSidecars}; use the pair of agents (inject --classic)`,
  }];
}

const policies = [
  {
    resource: "mutatingadmissionpolicies",
    kind: "MutatingAdmissionPolicy",
    has: "agents can be put into pods by deploy/admission",
    lacks: "agents stand in the manifests (inject puts them there)",
  },
  {
    resource: "validatingadmissionpolicies",
    kind: "ValidatingAdmissionPolicy",
    has: "deploy/validation and the limits of the controller's token can be used",
    lacks: "deploy/validation and the limits of the controller's token cannot be used",
  },
] as const;

/** By discovery, which everybody may read. */
async function admission(looking: Looking): Promise<Seen> {
  const path = "/apis/admissionregistration.k8s.io";
  const purpose = "ask which admission policies there are";
  const answer = await get(looking, { path: `${path}/v1`, purpose });
  const names = new Set(listAt(answer, "resources").map(({ name }) => String(name)));
  return policies.map(({ resource, kind, has, lacks }) =>
    names.has(resource)
      ? { state: "ok", says: `${kind} is there: ${has}` }
      : { state: "note", says: `${kind} is not there in version v1: ${lacks}` }
  );
}

async function plugin(looking: Looking): Promise<Seen> {
  const list = async (what: string, path: string): Promise<readonly unknown[]> =>
    (await readSome(looking, { what, path, selectors: {}, most: 5_000, read: (item) => item })).items;
  const daemonSets = await list("DaemonSets", "/apis/apps/v1/daemonsets");
  const nodes = await list("nodes", "/api/v1/nodes").catch(() => []);
  const { names, port, reasons } = networkPlugins({ daemonSets, nodes });
  if (names.length === 0) {
    const says =
      `none is known by its DaemonSet: use the default port ${port}, and try it with "check network"`;
    return [{ state: "note", says }];
  }
  const why = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
  return [
    port === 8472
      ? { state: "ok", says: `${names.join(" and ")}: the default port 8472 can be used${why}` }
      : { state: "note", says: `${names.join(" and ")}: write dstport=${port} into every network${why}` },
  ];
}

async function nodes(looking: Looking): Promise<Seen> {
  const { items } = await readSome(looking, {
    what: "nodes",
    path: "/api/v1/nodes",
    selectors: {},
    most: 5_000,
    read: (node) => recordAt(recordAt(node, "status"), "nodeInfo"),
  });
  const all = (key: string): string =>
    [...new Set(items.map((info) => String(info[key] ?? "unknown")))].sort().join(", ");
  const linux = items.filter((info) => info["operatingSystem"] === "linux");
  const says = `${items.length}, ${linux.length} with Linux; kernel ${all("kernelVersion")}; ${
    all("containerRuntimeVersion")
  }`;
  return [{ state: linux.length === 0 ? "problem" : "ok", says }];
}

/** Agents need NET_ADMIN and root, which the levels baseline and restricted forbid. */
async function podSecurity(looking: Looking): Promise<Seen> {
  const { namespace } = looking;
  const path = `/api/v1${inNamespace(namespace)}`;
  const found = await get(looking, { path, purpose: `read namespace ${namespace}` }).catch((error) => {
    if (error instanceof ApiError && error.failure.kind === "status" && error.failure.status === 404) {
      return undefined;
    }
    throw error;
  });
  if (found === undefined) return [{ state: "note", says: `namespace ${namespace} is not there yet` }];
  const level = recordAt(recordAt(found, "metadata"), "labels")["pod-security.kubernetes.io/enforce"];
  const remedy =
    `kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged --overwrite`;
  if (level === "privileged") return [{ state: "ok", says: `namespace ${namespace} allows agents` }];
  return [
    level === undefined
      ? {
        state: "note",
        says:
          `namespace ${namespace} has no level, so the API server's default counts; if that refuses agents: ${remedy}`,
      }
      : {
        state: "problem",
        says: `namespace ${namespace} enforces ${String(level)}, which refuses agents: ${remedy}`,
      },
  ];
}

/** What `kubectl apply -f k8s.yaml` needs. */
async function rights({ client, signal, controllerNamespace }: Looking): Promise<Seen> {
  const rbac = "rbac.authorization.k8s.io";
  const namespace = controllerNamespace;
  const needed = [
    { right: "create ClusterRoles", group: rbac, resource: "clusterroles" },
    { right: "create ClusterRoleBindings", group: rbac, resource: "clusterrolebindings" },
    { right: `create Deployments in ${namespace}`, group: "apps", resource: "deployments", namespace },
    { right: `create ConfigMaps in ${namespace}`, group: "", resource: "configmaps", namespace },
  ];
  const refused: string[] = [];
  for (const { right, ...asked } of needed) {
    const attributes = { verb: "create", ...defined(asked) };
    if (!await mayI(attributes, { client, deadline, signal })) refused.push(right);
  }
  return [
    refused.length === 0 ? { state: "ok", says: "enough to install" } : {
      state: "problem",
      says: `you may not: ${refused.join(", ")}; deploy/namespaced needs no ClusterRole`,
    },
  ];
}

async function controller({ client, signal, controllerNamespace: namespace }: Looking): Promise<Seen> {
  const found = await controllerObjects(client, { namespace, asked: { deadline, signal } });
  const names = found.map((pod) => String(recordAt(pod, "metadata")["name"]));
  return [
    names.length === 0
      ? { state: "ok", says: `none runs in ${namespace} yet` }
      : { state: "note", says: `runs already: ${namespace}/${names.slice(0, 5).join(", ")}; see status` },
  ];
}
