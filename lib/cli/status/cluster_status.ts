// What `status` finds: API server, controllers, leader, rights of the caller and of the controllers, ConfigMap and members, as one value.
import { createLeaseStore } from "../../kube/lease/store.ts";
import { problemText } from "../../network/problem.ts";
import { messageOf } from "../../text/defined.ts";
import { isRecord, listAt, recordAt } from "../../text/json.ts";
import type { Host } from "../host.ts";
import type { ClusterView } from "../show/cluster_view.ts";
import { outputVersion } from "../show/print_list.ts";
import { standingOf } from "../show/standing.ts";
import { type Uncreated, uncreatedPods } from "../show/warnings.ts";
import { controllerObjects } from "./controller_pods.ts";
import { type AccountRights, controllerRights, mayI, type NeededRight } from "./rights.ts";

/** One screen about an installation. What could not be read is said as `unread`, and is nothing that is well. */
export interface ClusterStatus {
  readonly apiVersion: string;
  readonly kind: "Status";
  readonly server: string;
  readonly serverVersion: string | null;
  /** Null, here and below: not known. */
  readonly controllers: readonly ControllerPod[] | null;
  /** Holder of the Lease; empty when nobody holds it. */
  readonly leader: string | null;
  /** What the caller may do of what these commands need. */
  readonly rights: readonly { readonly right: string; readonly allowed: boolean | null }[];
  /** What the accounts of the controllers may not do of what they need. */
  readonly controllerRights: readonly AccountRights[];
  readonly configMapProblems: readonly string[];
  readonly members: {
    readonly total: number;
    readonly ready: number;
    readonly notReady: readonly NotReady[];
    /** Ready, and reach none of the peers that they asked: as their conditions say. */
    readonly unreachable: readonly { readonly pod: string; readonly message: string }[];
  };
  /** Workloads that ask for networks and whose pods the API server refuses. */
  readonly uncreated: readonly Uncreated[];
  /** What else was not looked for, for want of a right; says nothing about the installation. */
  readonly unsought: readonly string[];
  readonly unread: readonly string[];
  readonly well: boolean;
}

interface ControllerPod {
  readonly pod: string;
  readonly node: string;
  readonly image: string;
  readonly ready: boolean;
  readonly restarts: number;
}

interface NotReady {
  readonly pod: string;
  readonly reason: string;
  readonly problems: readonly string[];
}

/** Reads what the view does not have. Throws nothing: what is refused is named in `unread`. */
export async function clusterStatus(
  view: ClusterView,
  { host, leaseName, poolsName }: {
    readonly host: Host;
    readonly leaseName: string;
    readonly poolsName: string | undefined;
  },
): Promise<ClusterStatus> {
  const { client, connection, settings, store } = view;
  const { namespace } = settings.membership.configMap;
  host.progress?.("asking for controllers, leader and rights");
  const unread: string[] = [];
  const read = async <T>(reading: Promise<T>, otherwise: T): Promise<T> =>
    await reading.catch((error) => {
      unread.push(messageOf(error));
      return otherwise;
    });
  const asked = { deadline: 10_000, signal: host.stop };
  const lease = createLeaseStore(client, { namespace, name: leaseName });
  const [serverVersion, objects, leader] = await Promise.all([
    read(
      client.json({ method: "GET", path: "/version", purpose: "ask for its version", ...asked }).then(
        versionIn,
      ),
      null,
    ),
    read(controllerObjects(client, { namespace, asked }), null),
    read(
      lease.read({ deadline: asked.deadline, signal: host.stop }).then((one) => one?.record.holder ?? ""),
      null,
    ),
  ]);
  const rights = await Promise.all(
    neededRights(settings.membership.configMap).map(async ({ right, ...attributes }) => ({
      right,
      allowed: await read(mayI(attributes, { client, ...asked }), null),
    })),
  );
  const controllers = objects && controllerPods(objects, namespace);
  const { annotationKey, configMap } = settings.membership;
  const names = { configMap, leaseName, poolsPrefix: poolsName ?? `${configMap.name}-pool` };
  const theirs = await read(
    controllerRights(objects ?? [], { client, ...asked, names }),
    { accounts: [], unsought: [] },
  );
  const asking = { client, signal: host.stop, namespace: view.namespace, annotationKey };
  const uncreated = await uncreatedPods(asking);
  const members = memberStatus(view);
  const configMapProblems = store.cluster.problems.map(problemText);
  const isServed = controllers?.some(({ ready }) => ready) === true;
  return {
    apiVersion: outputVersion,
    kind: "Status",
    server: connection.server,
    serverVersion,
    controllers,
    leader,
    rights,
    controllerRights: theirs.accounts,
    configMapProblems,
    members,
    uncreated: uncreated.found,
    unsought: [...theirs.unsought, ...uncreated.unread],
    unread: [...new Set(unread)],
    well: isServed && members.notReady.length + members.unreachable.length + uncreated.found.length === 0 &&
      configMapProblems.length === 0 && theirs.accounts.every(({ refused }) => refused.length === 0) &&
      unread.length === 0,
  };
}

/** How they stand, by what they show. */
function memberStatus(view: ClusterView): ClusterStatus["members"] {
  const { store, shown } = view;
  // One that asks for nothing is none, unless it seems that it meant to.
  const members = shown.filter(({ uid }) => {
    const kind = store.workItem(uid)?.kind;
    return kind !== undefined && (kind !== "former" || store.problemsOf(uid).length > 0);
  });
  // One on a node that is lost shows what was last written on it.
  const notReady = members.filter(({ shown, delay }) => shown?.ready !== "True" || delay?.of === "pod").map(
    (pod) => {
      const { reason, problems } = standingOf(pod, view);
      return { pod: `${pod.namespace}/${pod.name}`, reason: reason || "NotJudgedYet", problems };
    },
  );
  const unreachable = members.flatMap(({ namespace, name, shown }) =>
    shown?.unreachable === undefined ? [] : [{ pod: `${namespace}/${name}`, message: shown.unreachable }]
  );
  return { total: members.length, ready: members.length - notReady.length, notReady, unreachable };
}

function neededRights(
  configMap: { readonly namespace: string; readonly name: string },
): readonly NeededRight[] {
  return [
    { right: "list pods in all namespaces", verb: "list", resource: "pods" },
    {
      right: `read ConfigMap ${configMap.namespace}/${configMap.name}`,
      verb: "get",
      resource: "configmaps",
      ...configMap,
    },
    { right: "exec into pods", verb: "create", resource: "pods", subresource: "exec" },
  ];
}

interface Asked {
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

function controllerPods(objects: readonly AnyRecord[], namespace: string): readonly ControllerPod[] {
  return objects.map((item) => {
    const [metadata, spec, status] = ["metadata", "spec", "status"].map((key) => recordAt(item, key));
    const [container] = listAt(spec, "containers");
    const states = listAt(status, "containerStatuses");
    return {
      pod: `${namespace}/${String(metadata?.["name"] ?? "")}`,
      node: String(spec?.["nodeName"] ?? "not scheduled"),
      image: String(container?.["image"] ?? ""),
      ready: states.length > 0 && states.every((state) => state["ready"] === true),
      restarts: states.reduce((sum, state) => sum + Number(state["restartCount"] ?? 0), 0),
    };
  });
}

type AnyRecord = Readonly<Record<string, unknown>>;

function versionIn(answer: unknown): string | null {
  return isRecord(answer) && typeof answer["gitVersion"] === "string" ? answer["gitVersion"] : null;
}
