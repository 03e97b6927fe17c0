// The command `sysdump`: everything that somebody who helps from afar asks for, as one archive on stdout.
import type { ControllerSettings } from "../../controller/settings.ts";
import type { ApiClient } from "../../kube/api/client.ts";
import { messageOf } from "../../text/defined.ts";
import { listAt, parseRecord, recordAt } from "../../text/json.ts";
import { exitStatus, type Host } from "../host.ts";
import { type CommandSpec, UsageError } from "../program.ts";
import { version } from "../program_version.ts";
import { leaseOptions, type OptionTable, type SettingsOf } from "../settings/options.ts";
import { count } from "../settings/values.ts";
import { clusterStatus } from "../status/cluster_status.ts";
import { type ClusterView, withClusterView } from "../show/cluster_view.ts";
import { viewOptions } from "../show/view_options.ts";
import { anonymize } from "./anonymize.ts";
import { packArchive } from "./archive.ts";
import { addConfigMaps, addControllers, addEvents, addVersions, type Gathering } from "./cluster_files.ts";
import { Dump, type DumpFile, readMe } from "./dump.ts";
import { knownNames } from "./known_names.ts";
import { addAgents, addPods } from "./member_files.ts";

const options = {
  ...viewOptions,
  ...leaseOptions,
  redact: {
    variable: "none",
    description: "replace names and addresses, each by the same word wherever it stands",
  },
  agents: {
    variable: "none",
    value: "NUMBER",
    description: "pods that are looked into at most, those that are not ready first",
    fallback: "100",
    parse: count,
  },
} as const satisfies OptionTable;

type Settings = SettingsOf<typeof options>;

export const sysdumpCommand: CommandSpec<typeof options> = {
  name: "sysdump",
  summary: "write an archive (tar.gz) to stdout with what helps to find a fault from afar; changes nothing",
  options,
  examples: [
    { does: "all namespaces", line: "kube-vxlan-controller sysdump > sysdump.tar.gz" },
    {
      does: "one namespace, for somebody outside",
      line: "kube-vxlan-controller sysdump -n lab --redact > sysdump.tar.gz",
    },
  ],
  action: ({ settings }, host) => {
    if (host.output.isTerminal()) {
      throw new UsageError(
        "Cannot write an archive to a terminal: send it into a file, sysdump > sysdump.tar.gz",
      );
    }
    return withClusterView({ ...settings, allNamespaces: settings.namespace === undefined }, {
      host,
      use: (view) => sysdump({ ...view, view, server: view.connection.server }, { settings, host }),
      own: (own) => sysdump({ ...own, refused: own.refused.message }, { settings, host }),
    });
  },
};

/** What can be read: all of it, or what is left to somebody who was refused that. */
interface Readable {
  readonly client: ApiClient;
  readonly settings: ControllerSettings;
  readonly server: string;
  readonly view?: ClusterView;
  readonly refused?: string;
}

async function sysdump(
  readable: Readable,
  { settings, host }: { readonly settings: Settings; readonly host: Host },
): Promise<number> {
  const dump = new Dump();
  const files = await gather(readable, { dump, settings, host });
  if (host.stop.aborted) {
    host.complain("error: Cannot write the archive: it was stopped");
    return exitStatus.failed;
  }
  const made = host.clock.wall();
  const folder = `kube-vxlan-sysdump-${made.toISOString().slice(0, 19).replaceAll(":", "")}`;
  const bytes = await packArchive(files, { folder, made });
  try {
    host.output.write(bytes);
  } catch (error) {
    host.complain(`error: Cannot write the archive: ${messageOf(error)}`);
    return exitStatus.failed;
  }
  const missed = dump.missed === 0
    ? "nothing is missing"
    : `${dump.missed} things are missing: see ${readMe}`;
  host.complain(`${files.length} files, ${bytes.length} bytes; ${missed}`);
  return exitStatus.ok;
}

async function gather(
  { client, settings: controller, server, view, refused }: Readable,
  { dump, settings, host }: { readonly dump: Dump; readonly settings: Settings; readonly host: Host },
): Promise<readonly DumpFile[]> {
  const { membership, watchNamespaces } = controller;
  const ours = {
    annotationKey: membership.annotationKey,
    containers: [membership.agent, membership.initAgent],
  };
  const poolsName = settings.poolsName ?? `${settings.configmapName}-pool`;
  const gathering: Gathering = {
    client,
    clock: host.clock,
    signal: host.stop,
    dump,
    settings: controller,
    poolsName,
    ours,
  };
  const namespaces: readonly (string | undefined)[] = settings.namespace !== undefined
    ? [settings.namespace]
    : watchNamespaces.length === 0
    ? [undefined]
    : watchNamespaces;
  if (refused !== undefined) {
    dump.missing(`${refused}; so no agent was looked into, and there is no drift report`);
  }
  await addVersions(gathering);
  await addConfigMaps(gathering);
  const controllers = await addControllers(gathering);
  const pods = await addPods(gathering, namespaces);
  if (view !== undefined) {
    dump.addValue("status.json", await clusterStatus(view, { host, ...settings }));
    await addAgents(gathering, { view, host, most: settings.agents });
  }
  const uids = [...controllers, ...pods].map((pod) => String(recordAt(pod, "metadata")["uid"]));
  const { namespace } = membership.configMap;
  const places = namespaces.includes(undefined) || namespaces.includes(namespace)
    ? namespaces
    : [...namespaces, namespace];
  await addEvents(gathering, { namespaces: places, uids: new Set(uids) });
  const files = dump.files(head(settings, host));
  if (!settings.redact) return files;
  const found = { server, settings: controller, ours, pods: [...pods, ...controllers] };
  return anonymize(files, knownNames({ ...found, nodes: nodesIn(files), networks: networksIn(files, view) }));
}

function head({ redact }: Settings, host: Host): readonly string[] {
  return [
    `Made by kube-vxlan-controller ${version} at ${host.clock.wall().toISOString()}.`,
    "Of pods: values of variables, annotations of others, and commands of containers that are no agents are left out.",
    redact
      ? "Names and addresses are replaced; look through it all the same before you hand it on."
      : "Names and addresses stand as they are; with --redact they are replaced.",
  ];
}

function nodesIn(files: readonly DumpFile[]): readonly string[] {
  const versions = parseRecord(files.find(({ path }) => path === "versions.json")?.text ?? "");
  return listAt(versions, "nodes").map(({ name }) => String(name));
}

/** Keys of the ConfigMap, and what members have. */
function networksIn(files: readonly DumpFile[], view: ClusterView | undefined): readonly string[] {
  const keys = files.filter(({ path }) => path.startsWith("configmaps/"))
    .flatMap(({ text }) => Object.keys(recordAt(parseRecord(text), "data")));
  const members = (view?.pods ?? []).flatMap(({ uid }) => {
    const item = view?.store.workItem(uid);
    return item?.kind === "member" ? item.member.networks : [];
  });
  return [...keys, ...members.flatMap(({ name, interfaceName }) => [name, interfaceName])];
}
