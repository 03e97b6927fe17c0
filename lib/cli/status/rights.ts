// May the caller, and the accounts of the controllers, do what they need to? Asked of the API server, not worked out.
import { type ApiClient, statusOf } from "../../kube/api/client.ts";
import { isRecord, listAt, recordAt } from "../../text/json.ts";
import { messageOf } from "../../text/defined.ts";

type AnyRecord = Readonly<Record<string, unknown>>;

/** One thing that is needed; the rest as `resourceAttributes` of a review have it. */
export type NeededRight = Readonly<Record<string, string>> & { readonly right: string };

/** With what it is asked. */
export interface Asking {
  readonly client: Pick<ApiClient, "json">;
  /** Milliseconds. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

/** What an account of a controller may not do that it needs; or why that was not found out. */
export interface AccountRights {
  /** `kube-system/kube-vxlan-controller`. */
  readonly account: string;
  readonly refused: readonly string[];
}

/** How a controller's container was told where and what to work with. */
export interface Names {
  readonly configMap: { readonly namespace: string; readonly name: string };
  readonly leaseName: string;
  /** Names of the objects of pools begin so. */
  readonly poolsPrefix: string;
}

/** Namespaces and accounts that are asked for at most. */
const [mostNamespaces, mostAccounts] = [10, 5];

/** Whether the caller may do that; `attributes` as a SelfSubjectAccessReview has them. Throws an ApiError. */
export async function mayI(attributes: object, asking: Asking): Promise<boolean> {
  return await review({ kind: "SelfSubjectAccessReview", spec: { resourceAttributes: attributes } }, asking);
}

/**
 * What the accounts of these pods of controllers lack. `unsought`: why it was not found out, which says nothing about them:
 * only who may create SubjectAccessReviews can ask for others. Throws an ApiError for anything else.
 */
export async function controllerRights(
  pods: readonly AnyRecord[],
  { names, ...asking }: Asking & { readonly names: Names },
): Promise<{ readonly accounts: readonly AccountRights[]; readonly unsought: readonly string[] }> {
  const byAccount = new Map(pods.map((pod) => [accountOf(pod), pod]));
  const accounts: AccountRights[] = [];
  for (const [account, pod] of [...byAccount].slice(0, mostAccounts)) {
    const refused: string[] = [];
    for (const { right, ...attributes } of rightsOf(pod, names)) {
      try {
        if (!await mayAccount(account, { attributes, asking })) refused.push(right);
      } catch (error) {
        if (statusOf(error) !== 403) throw error;
        const remedy = "as somebody who may create subjectaccessreviews status tells it";
        return { accounts, unsought: [`the controller's rights: ${messageOf(error)}; ${remedy}`] };
      }
    }
    accounts.push({ account, refused });
  }
  return { accounts, unsought: [] };
}

function accountOf(pod: AnyRecord): string {
  const namespace = String(recordAt(pod, "metadata")["namespace"] ?? "");
  return `${namespace}/${String(recordAt(pod, "spec")["serviceAccountName"] ?? "default")}`;
}

/** As deploy/base/rights.yaml gives them, in the namespaces that this one watches and for what it writes. */
function rightsOf(pod: AnyRecord, { configMap, leaseName, poolsPrefix }: Names): readonly NeededRight[] {
  const { namespace } = configMap;
  const watched = optionOf(pod, "watch-namespaces");
  const status = optionOf(pod, "status") ?? "all";
  const places = watched === undefined ? [undefined] : watched.split(",").slice(0, mostNamespaces);
  const inPods = places.flatMap((place): NeededRight[] => {
    const where = place === undefined ? "in all namespaces" : `in ${place}`;
    const at = place === undefined ? {} : { namespace: place };
    const pods = { resource: "pods", ...at };
    return [
      ...["get", "list", "watch"].map((verb) => ({ right: `${verb} pods ${where}`, verb, ...pods })),
      ...["get", "create"].map((verb) => ({
        right: `${verb} pods/exec ${where}`,
        verb,
        subresource: "exec",
        ...pods,
      })),
      ...status === "all"
        ? [{ right: `patch pods/status ${where}`, verb: "patch", subresource: "status", ...pods }]
        : [],
      ...status === "off" ? [] : ["create", "patch"].map((verb) => ({
        right: `${verb} events ${where}`,
        verb,
        group: "events.k8s.io",
        resource: "events",
        ...at,
      })),
    ];
  });
  // A flag without a value.
  const elects = optionOf(pod, "leader-election") !== undefined;
  const lease = { group: "coordination.k8s.io", resource: "leases", namespace };
  return [
    ...inPods,
    ...["get", "list", "watch"].map((verb) => ({
      right: `${verb} ConfigMap ${namespace}/${configMap.name}`,
      verb,
      resource: "configmaps",
      ...configMap,
    })),
    ...["get", "update"].map((verb) => ({
      right: `${verb} ConfigMap ${namespace}/${poolsPrefix}-0`,
      verb,
      resource: "configmaps",
      namespace,
      name: `${poolsPrefix}-0`,
    })),
    ...elects
      ? ["get", "update"].map((verb) => ({
        right: `${verb} Lease ${namespace}/${leaseName}`,
        verb,
        ...lease,
        name: leaseName,
      }))
      : [],
    ...elects ? [{ right: `create leases in ${namespace}`, verb: "create", ...lease }] : [],
  ];
}

/** A flag of `run`, from the container's arguments or its variable; undefined where neither stands in the pod. */
function optionOf(pod: AnyRecord, flag: string): string | undefined {
  const [container] = listAt(recordAt(pod, "spec"), "containers");
  const args = container?.["args"];
  const words = Array.isArray(args) ? args.map(String) : [];
  const at = words.indexOf(`--${flag}`);
  const glued = words.find((word) => word.startsWith(`--${flag}=`))?.slice(flag.length + 3);
  if (glued !== undefined || at >= 0) return glued ?? words[at + 1] ?? "";
  const variable = listAt(container, "env").find(({ name }) =>
    name === `KVC_${flag.toUpperCase().replaceAll("-", "_")}`
  );
  const fieldPath = recordAt(recordAt(variable, "valueFrom"), "fieldRef")["fieldPath"];
  if (fieldPath === "metadata.namespace") return String(recordAt(pod, "metadata")["namespace"]);
  const value = variable?.["value"];
  return typeof value === "string" && value !== "" ? value : undefined;
}

async function mayAccount(
  account: string,
  { attributes, asking }: { readonly attributes: object; readonly asking: Asking },
): Promise<boolean> {
  const [namespace = "", name = ""] = account.split("/");
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  const user = `system:serviceaccount:${namespace}:${name}`;
  return await review(
    { kind: "SubjectAccessReview", spec: { user, groups, resourceAttributes: attributes } },
    asking,
  );
}

async function review(
  { kind, spec }: { readonly kind: "SelfSubjectAccessReview" | "SubjectAccessReview"; readonly spec: object },
  { client, ...asked }: Asking,
): Promise<boolean> {
  const answer = await client.json({
    method: "POST",
    path: `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`,
    purpose: kind === "SubjectAccessReview"
      ? "ask what the controller's account may do"
      : "ask what this account may do",
    body: { apiVersion: "authorization.k8s.io/v1", kind, spec },
    ...asked,
  });
  const status = isRecord(answer) ? answer["status"] : undefined;
  return isRecord(status) && status["allowed"] === true;
}
