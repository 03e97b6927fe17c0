// May the caller, and the accounts of the controllers, do what they need to? Asked of the API server, not worked out.
import { type ApiClient, statusOf } from "../../kube/api/client.ts";
import { isRecord, listAt, recordAt } from "../../text/json.ts";
import { configMapText } from "../../network/problem.ts";
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

/** What the account of a controller needs and may not do. */
export interface AccountRights {
  /** `kube-system/kube-vxlan-controller`. */
  readonly account: string;
  readonly refused: readonly string[];
}

/** What the controllers work with, as the caller's flags name it. */
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
  const status = optionOf(pod, "status") ?? "all";
  const places = optionOf(pod, "watch-namespaces")?.split(",").slice(0, mostNamespaces) ?? [undefined];
  const inPods = places.flatMap((place) => {
    const where = place === undefined ? "in all namespaces" : `in ${place}`;
    const at = place === undefined ? {} : { namespace: place };
    const pods = { resource: "pods", ...at };
    const events = { group: "events.k8s.io", resource: "events", ...at };
    return [
      ...needed(["get", "list", "watch"], `pods ${where}`, pods),
      ...needed(["get", "create"], `pods/exec ${where}`, { ...pods, subresource: "exec" }),
      ...needed(status === "all" ? ["patch"] : [], `pods/status ${where}`, {
        ...pods,
        subresource: "status",
      }),
      ...needed(status === "off" ? [] : ["create", "patch"], `events ${where}`, events),
    ];
  });
  const pool = { namespace, name: `${poolsPrefix}-0` };
  const lease = { group: "coordination.k8s.io", resource: "leases", namespace };
  // The flag has no value; the variable may say false.
  const elects = !["false", undefined].includes(optionOf(pod, "leader-election"));
  return [
    ...inPods,
    ...needed(["get", "list", "watch"], configMapText(configMap), { resource: "configmaps", ...configMap }),
    ...needed(["get", "update"], configMapText(pool), { resource: "configmaps", ...pool }),
    ...needed(elects ? ["get", "update"] : [], `Lease ${namespace}/${leaseName}`, {
      ...lease,
      name: leaseName,
    }),
    ...needed(elects ? ["create"] : [], `leases in ${namespace}`, lease),
  ];
}

function needed(
  verbs: readonly string[],
  what: string,
  attributes: Readonly<Record<string, string>>,
): readonly NeededRight[] {
  return verbs.map((verb) => ({ right: `${verb} ${what}`, verb, ...attributes }));
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
