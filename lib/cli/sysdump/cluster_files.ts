// What of the cluster itself goes into an archive: versions, nodes, ConfigMaps, Events, and what the controllers say.
import { inNamespace } from "../../kube/api/path.ts";
import { statusOf } from "../../kube/api/client.ts";
import { messageOf } from "../../text/defined.ts";
import { isRecord, listAt, recordAt } from "../../text/json.ts";
import type { ControllerSettings } from "../../controller/settings.ts";
import { poolObjects } from "../../pools/pool_object.ts";
import { type Reading, readSome, readText } from "../bounded_reading.ts";
import { version } from "../program_version.ts";
import { controllerObjects, metricsPort } from "../status/controller_pods.ts";
import { podPath } from "../../kube/watch/pod_metadata.ts";
import type { Dump } from "./dump.ts";
import { type Ours, podRecord } from "./pod_record.ts";

/** With what, and into what. */
export interface Gathering extends Reading {
  readonly dump: Dump;
  readonly settings: ControllerSettings;
  readonly poolsName: string;
  readonly ours: Ours;
}

type AnyRecord = Readonly<Record<string, unknown>>;

const mostControllers = 5;
const mostNodes = 2_000;
const mostEvents = 5_000;
const logLines = 20_000;
const logBytes = 3 * 1024 * 1024;
const deadline = 15_000;

/** Does it, and says in the archive what came instead. */
export async function attempt<T>(dump: Dump, work: Promise<T>): Promise<T | undefined> {
  return await work.catch((error) => void dump.missing(messageOf(error)));
}

/** Ours, the API server's, and those of the nodes. */
export async function addVersions({ client, signal, dump, ...reading }: Gathering): Promise<void> {
  const server = await attempt(
    dump,
    client.json({ method: "GET", path: "/version", purpose: "ask for its version", deadline, signal }),
  );
  const nodes = await attempt(
    dump,
    readSome({ client, signal, ...reading }, {
      what: "nodes",
      path: "/api/v1/nodes",
      selectors: {},
      most: mostNodes,
      read: (node) => ({
        name: recordAt(node, "metadata")["name"],
        ...recordAt(recordAt(node, "status"), "nodeInfo"),
        machineID: undefined,
        systemUUID: undefined,
        bootID: undefined,
      }),
    }),
  );
  if (nodes?.isCut) dump.missing(`nodes: the first ${mostNodes} are there`);
  dump.addValue("versions.json", { program: version, server: server ?? null, nodes: nodes?.items ?? null });
}

/** The networks, and the objects that hold the pools; that these are not there is nothing that is missing. */
export async function addConfigMaps(gathering: Gathering): Promise<void> {
  const { client, signal, dump, settings, poolsName } = gathering;
  const { namespace, name } = settings.membership.configMap;
  const pools = Array.from({ length: poolObjects }, (_, at) => `${poolsName}-${at}`);
  for (const one of [name, ...pools]) {
    const path = `/api/v1${inNamespace(namespace)}/configmaps/${encodeURIComponent(one)}`;
    const purpose = `read ConfigMap ${namespace}/${one}`;
    const found = await client.json({ method: "GET", path, purpose, deadline, signal })
      .catch((error) => ({ refused: messageOf(error), status: statusOf(error) }));
    if (!isRecord(found)) continue;
    const { refused, status } = found;
    if (refused === undefined) {
      const { uid, resourceVersion, creationTimestamp } = recordAt(found, "metadata");
      const metadata = { namespace, name: one, uid, resourceVersion, creationTimestamp };
      dump.addValue(`configmaps/${one}.json`, { metadata, data: found["data"] ?? {} });
    } else if (one === name || status !== 404) {
      dump.missing(String(refused));
      // What one is refused with, the others are too.
      if (status === 403) return;
    }
  }
}

/** Each controller: how its pod stands, its log and that of the container before, its metrics. */
export async function addControllers(gathering: Gathering): Promise<readonly AnyRecord[]> {
  const { client, signal, dump, settings, ours } = gathering;
  const { namespace } = settings.membership.configMap;
  const found = await attempt(dump, controllerObjects(client, { namespace, asked: { deadline, signal } })) ??
    [];
  if (found.length === 0) {
    dump.missing(`no controller runs as a pod in namespace ${namespace}, or none that may be seen`);
  }
  if (found.length > mostControllers) {
    dump.missing(`controllers: ${mostControllers} of ${found.length} are there`);
  }
  const shown = found.slice(0, mostControllers);
  for (const pod of shown) {
    const name = String(recordAt(pod, "metadata")["name"]);
    const [container] = listAt(recordAt(pod, "spec"), "containers");
    const containerName = String(container?.["name"]);
    dump.addValue(
      `controllers/${name}.json`,
      podRecord(pod, { ...ours, containers: [...ours.containers, containerName] }),
    );
    await addLogs(gathering, { pod, name, container: containerName });
    await addMetrics(gathering, { name, port: metricsPort(container) });
  }
  return shown;
}

async function addLogs(
  gathering: Gathering,
  { pod, name, container }: { readonly pod: AnyRecord; readonly name: string; readonly container: string },
): Promise<void> {
  const { dump, settings } = gathering;
  const { namespace } = settings.membership.configMap;
  const restarted = listAt(recordAt(pod, "status"), "containerStatuses")
    .some((state) => Number(state["restartCount"]) > 0);
  for (const previous of restarted ? [false, true] : [false]) {
    const file = `controllers/${name}${previous ? ".previous" : ""}.log`;
    const query = new URLSearchParams({
      container,
      timestamps: "true",
      tailLines: String(logLines),
      ...previous ? { previous: "true" } : {},
    });
    const log = await attempt(
      dump,
      readText(gathering, {
        path: `${podPath(namespace, name)}/log?${query}`,
        purpose: `read the log of pod ${namespace}/${name}${previous ? " before its restart" : ""}`,
        most: logBytes,
        keep: "end",
      }),
    );
    if (log === undefined) continue;
    if (log.isCut) dump.missing(`${file}: cut, the last ${logBytes} bytes are there`);
    dump.add(file, log.text, { keep: "end" });
  }
}

async function addMetrics(
  gathering: Gathering,
  { name, port }: { readonly name: string; readonly port: number },
): Promise<void> {
  const { dump, settings } = gathering;
  const { namespace } = settings.membership.configMap;
  const metrics = await attempt(
    dump,
    readText(gathering, {
      path: `${podPath(namespace, name)}:${port}/proxy/metrics`,
      purpose: `read the metrics of pod ${namespace}/${name}`,
      most: logBytes,
      keep: "beginning",
    }),
  );
  if (metrics === undefined) return;
  if (metrics.isCut) dump.missing(`controllers/${name}.metrics.txt: cut`);
  dump.add(`controllers/${name}.metrics.txt`, metrics.text);
}

/** Events about these objects, and those that a controller of ours has written. */
export async function addEvents(
  gathering: Gathering,
  { namespaces, uids }: {
    readonly namespaces: readonly (string | undefined)[];
    readonly uids: ReadonlySet<string>;
  },
): Promise<void> {
  const { dump } = gathering;
  const all: AnyRecord[] = [];
  for (const namespace of namespaces) {
    const found = await attempt(
      dump,
      readSome(gathering, {
        what: namespace === undefined ? "Events" : `Events of namespace ${namespace}`,
        path: `/api/v1${inNamespace(namespace)}/events`,
        selectors: {},
        most: mostEvents,
        read: (event) => isRecord(event) && isAbout(event, uids) ? eventRecord(event) : undefined,
      }),
    );
    if (found?.isCut) dump.missing(`Events: the first ${mostEvents} are there`);
    all.push(...found?.items ?? []);
  }
  dump.addValue("events.json", all);
}

function isAbout(event: AnyRecord, uids: ReadonlySet<string>): boolean {
  const by = String(event["reportingComponent"] ?? recordAt(event, "source")["component"] ?? "");
  return uids.has(String(recordAt(event, "involvedObject")["uid"])) || by.endsWith("kube-vxlan-controller");
}

function eventRecord(event: AnyRecord): AnyRecord {
  const { type, reason, message, count, firstTimestamp, lastTimestamp, eventTime, series } = event;
  const { kind, namespace, name, uid, fieldPath } = recordAt(event, "involvedObject");
  const by = event["reportingComponent"] || recordAt(event, "source")["component"];
  const times = { count, firstTimestamp, lastTimestamp, eventTime, series };
  return { type, reason, message, about: { kind, namespace, name, uid, fieldPath }, by, ...times };
}
