// What can somebody see who has rights in a namespace of his own only: the pods there, by what stands on them.
import { namespacesOrAll } from "../../kube/api/path.ts";
import type { V1Pod } from "@kubernetes/client-node";
import { configMapCollection, podCollection } from "../../controller/watch/resources.ts";
import type { ControllerSettings } from "../../controller/settings.ts";
import { type ApiClient, ApiError, statusOf } from "../../kube/api/client.ts";
import { beginningOf, nameOf } from "../../kube/watch/events.ts";
import { listPages } from "../../kube/watch/list_pages.ts";
import { messageOf } from "../../text/defined.ts";
import { printable } from "../../text/printable.ts";
import { exitStatus, type Host } from "../host.ts";
import { type OwnNetwork, type OwnStatus, ownStatus } from "./own_status.ts";
import { readPodName } from "./pod_name.ts";
import { textTable } from "./text_table.ts";

/** How to read, and what the full view was refused with. */
export interface OwnView {
  readonly settings: ControllerSettings;
  readonly client: ApiClient;
  /** Its URL. */
  readonly server: string;
  readonly host: Host;
  readonly refused: ApiError;
}

/** Whether the account may not: then what it may read is shown. Anything else is an error as ever. */
export function isRefused(error: unknown): error is ApiError {
  return statusOf(error) === 403;
}

/** `inspect` by what the pods say. Throws ApiError and Error. */
export async function inspectOwn(names: readonly string[], view: OwnView): Promise<number> {
  let worst: number = exitStatus.ok;
  for (const [at, name] of names.entries()) {
    if (at > 0) view.host.print("");
    worst = Math.max(worst, await inspectOne(name, view));
  }
  return worst;
}

/** A plain name is looked for in the namespace that is meant. */
async function inspectOne(text: string, view: OwnView): Promise<number> {
  const { settings, host } = view;
  const [only, ...others] = settings.watchNamespaces;
  const { name, namespace = others.length === 0 ? only : undefined } = readPodName(text) ?? {};
  const [found] = name === undefined || namespace === undefined
    ? []
    : await ownPods(view, { namespace, pod: name });
  if (found === undefined) {
    const where = namespace === undefined || name === undefined
      ? "of that NAMESPACE/NAME"
      : `${namespace}/${name}`;
    throw new Error(
      `Cannot inspect ${JSON.stringify(text)}: no pod ${where} has the label ${settings.selector}`,
    );
  }
  const lines = [
    `pod ${found.namespace}/${found.name}, pod IP ${found.podIP ?? "none yet"}`,
    ...found.networks.map(networkLine),
    ...found.problems.map((problem) => `  problem: ${problem}`),
    ...await unreadOf(view).then((unread) => unread.map((reason) => `  not read: ${reason}`)),
    "  so this is what stands on the pod; its kernel and its peers were not looked at",
  ];
  for (const line of lines) host.print(printable(line));
  const isWell = found.problems.length === 0;
  host.print(isWell ? "in sync, as far as the pod says" : "out of sync");
  return isWell ? exitStatus.ok : exitStatus.failed;
}

/** `list pods` and `list networks` by what the pods of the namespaces say. Throws ApiError. */
export async function listOwn(what: "pods" | "networks", view: OwnView): Promise<number> {
  const { settings: { watchNamespaces }, host } = view;
  const namespaces = namespacesOrAll(watchNamespaces);
  const pods: OwnStatus[] = [];
  try {
    for (const namespace of namespaces) pods.push(...await ownPods(view, { namespace }));
  } catch (error) {
    if (!isRefused(error) || watchNamespaces.length > 0) throw error;
    throw new ApiError(error.failure, `${error.message}; or name a namespace of your own with -n`);
  }
  const table = what === "pods" ? podTable(pods) : networkTable(pods);
  for (const line of table) host.print(line);
  for (const reason of await unreadOf(view)) host.complain(printable(`not read: ${reason}`));
  host.complain("so these are the networks that stand on the pods themselves");
  return exitStatus.ok;
}

/** What else of the full view may not be read, besides the first thing that was refused. */
async function unreadOf({ settings, client, host, refused }: OwnView): Promise<readonly string[]> {
  const collections = [
    configMapCollection(settings),
    ...settings.watchNamespaces.length === 0 ? [podCollection(settings, undefined)] : [],
  ];
  const reasons = new Set([refused.message]);
  for (const { what, path, fieldSelector, labelSelector } of collections) {
    const query = new URLSearchParams({ limit: "1" });
    if (fieldSelector !== undefined) query.set("fieldSelector", fieldSelector);
    if (labelSelector !== undefined) query.set("labelSelector", labelSelector);
    const asked = { path: `${path}?${query}`, purpose: `list ${what}`, deadline: 10_000, signal: host.stop };
    await client.json({ method: "GET", ...asked }).catch((error) => reasons.add(messageOf(error)));
  }
  return [...reasons];
}

async function ownPods(
  { settings, client, host }: OwnView,
  { namespace, pod }: { readonly namespace: string | undefined; readonly pod?: string },
): Promise<readonly OwnStatus[]> {
  const { what, path } = podCollection(settings, namespace);
  const found: OwnStatus[] = [];
  await listPages(client, {
    what,
    path,
    selectors: {
      labelSelector: settings.selector,
      ...(pod !== undefined && { fieldSelector: `metadata.name=${pod}` }),
    },
    paged: true,
    signal: host.stop,
    read: (item) => ownStatus(item as V1Pod, settings.membership),
    onItem: (status) => found.push(status),
    onLong: (head) =>
      host.complain(printable(`not read: pod ${nameOf(beginningOf(head))}: it is longer than can be read`)),
  });
  const keyed = found.map((one) => ({ one, key: `${one.namespace}/${one.name}` }));
  return keyed.sort((a, b) => a.key < b.key ? -1 : 1).map(({ one }) => one);
}

function networkLine({ name, interfaceName, vni, addresses }: OwnNetwork): string {
  const parts = [
    interfaceName === undefined ? "no interface" : `interface ${interfaceName}`,
    ...(vni === undefined ? [] : [`VNI ${vni}`]),
    ...addresses,
  ];
  return `  network ${name}: ${parts.join(", ")}`;
}

function podTable(pods: readonly OwnStatus[]): readonly string[] {
  const rows = pods.map(({ namespace, name, podIP, networks, problems }) => [
    namespace,
    name,
    podIP ?? "-",
    networks.filter(({ error }) => error === undefined).map((network) => network.name).join(",") || "-",
    problems.length === 0 ? "-" : String(problems.length),
  ]);
  return textTable(["NAMESPACE", "POD", "POD IP", "NETWORKS", "PROBLEMS"], rows);
}

function networkTable(pods: readonly OwnStatus[]): readonly string[] {
  const members = new Map<string, { readonly name: string; readonly vni: string; readonly pods: string[] }>();
  for (const { namespace, name: pod, networks } of pods) {
    for (const { name, vni } of networks) {
      const key = `${name} ${vni}`;
      const row = members.get(key) ?? { name, vni: vni === undefined ? "-" : String(vni), pods: [] };
      row.pods.push(`${namespace}/${pod}`);
      members.set(key, row);
    }
  }
  const rows = [...members].sort(([a], [b]) => a < b ? -1 : 1).map(([, row]) => [
    row.name,
    row.vni,
    String(row.pods.length),
    row.pods.slice(0, 4).join(", ") + (row.pods.length > 4 ? ", …" : ""),
  ]);
  return textTable(["NETWORK", "VNI", "MEMBERS HERE", "PODS"], rows);
}
