// What the commands that only look have in common: one snapshot with the controller's own settings, and which pods of it.
import { type Snapshot, takeSnapshot } from "../snapshot.ts";
import type { ControllerSettings } from "../../controller/settings.ts";
import type { ApiClient } from "../../kube/api/client.ts";
import type { Connection } from "../../kube/config/connection.ts";
import { createApiClient } from "../../kube/api/http.ts";
import type { PodView } from "../../member/pod.ts";
import type { Store } from "../../controller/store/store.ts";
import { type PoolsRead, readPools } from "../addresses/read_pools.ts";
import {
  configMapNamespace,
  connectionFrom,
  controllerSettings,
  poolSettings,
} from "../settings/settings.ts";
import { printable } from "../../text/printable.ts";
import type { Host } from "../host.ts";
import type { connectionOptions, membershipOptions, SettingsOf } from "../settings/options.ts";
import { readReserved, type ReservedRead } from "../reserved.ts";
import { believeShown } from "../shown_kernel.ts";
import { isRefused, type OwnView } from "./own_view.ts";
import { expectedPodName, readPodName } from "./pod_name.ts";
import type { callerOptions, viewOptions } from "./view_options.ts";

/** Where the cluster is, and what of it is meant. */
export interface ViewBasis {
  readonly settings: ControllerSettings;
  readonly connection: Connection;
  readonly client: ApiClient;
  /** Whose pods are shown; undefined: everybody's. */
  readonly namespace: string | undefined;
  /** Reads what pools have given, tells the store, and says what cannot be read. Throws nothing. */
  readonly readPools: (store: Store) => Promise<PoolsRead>;
  /** Reads what is reserved by keys that are gone. Throws nothing. */
  readonly readReserved: () => Promise<ReservedRead>;
}

export interface ClusterView extends Snapshot, ViewBasis {
  /** Those of `pods` that are shown. */
  readonly shown: readonly PodView[];
}

/** For a command that is about all members, whose `--namespace` is that of the ConfigMap as with `run`. */
export function everywhere(
  settings: SettingsOf<typeof connectionOptions & typeof callerOptions & typeof membershipOptions>,
): SettingsOf<typeof viewOptions> {
  return { ...settings, configNamespace: settings.namespace, namespace: undefined, allNamespaces: true };
}

/** What a command does with what can be read. */
export interface ViewUse {
  readonly host: Host;
  readonly use: (view: ClusterView) => Promise<number> | number;
  /** True: what pods show of themselves is believed by `use`, once it has looked into kernels. */
  readonly looks?: boolean;
  /** When the account may not read all of it; absent: that is an error. */
  readonly own?: (view: OwnView) => Promise<number>;
}

/** Takes a snapshot and hands it to `use`; closes everything afterwards. Throws ApiError and ConfigError. */
export function withClusterView(
  settings: SettingsOf<typeof viewOptions>,
  { host, use, own, looks = false }: ViewUse,
): Promise<number> {
  return withBasis(settings, {
    host,
    use: async (basis) => {
      const { settings: controller, client, namespace, readReserved } = basis;
      const now = host.clock.now();
      // Who is whose peer, and what contradicts what, is found among all of them, whoever is shown.
      const onUnreadable = (reason: string): void => host.complain(printable(`not read: ${reason}`));
      host.progress?.("asking the API server");
      const onRead = (count: number, what: string): void => host.progress?.(`reading ${what}: ${count}`);
      const asked = { client, now, signal: host.stop, onUnreadable, onRead, readReserved };
      const snapshot = await takeSnapshot(controller, asked).catch((error) => {
        if (own !== undefined && isRefused(error)) return { refused: error, own };
        throw error;
      });
      if (!("own" in snapshot)) {
        if (!looks) believeShown(snapshot.store, controller.membership);
        return await use({ ...basis, ...snapshot, shown: shownOf(snapshot.pods, namespace) });
      }
      const watchNamespaces = namespace === undefined ? controller.watchNamespaces : [namespace];
      const { refused } = snapshot;
      const { server } = basis.connection;
      const narrowed = { ...controller, watchNamespaces };
      return await snapshot.own({ settings: narrowed, client, server, host, refused });
    },
  });
}

/** Those of a namespace; all where none is said. */
export function shownOf(pods: readonly PodView[], namespace: string | undefined): readonly PodView[] {
  return pods.filter((pod) => namespace === undefined || pod.namespace === namespace);
}

/** Hands over a client, and closes it afterwards. Throws ConfigError. */
export async function withBasis(
  settings: SettingsOf<typeof viewOptions>,
  { host, use }: { readonly host: Host; readonly use: (basis: ViewBasis) => Promise<number> },
): Promise<number> {
  const connection = await connectionFrom(settings, host);
  const { configNamespace, namespaceFile } = settings;
  const place = await configMapNamespace({ namespace: configNamespace, namespaceFile }, { connection, host });
  const controller = controllerSettings(settings, place);
  const client = createApiClient(connection, { clock: host.clock });
  try {
    const namespace = namespaceShown(settings, connection);
    const asked = { ...poolSettings(settings, controller), client, clock: host.clock, signal: host.stop };
    const said = new Set<string>();
    return await use({
      settings: controller,
      connection,
      client,
      namespace,
      readPools: async (store) => {
        const read = await readPools(store, asked);
        const news = read.unread.filter((reason) => said.size < said.add(reason).size);
        for (const reason of news) host.complain(printable(`not read: ${reason}`));
        return read;
      },
      readReserved: () => readReserved(asked),
    });
  } finally {
    client.close();
  }
}

/** As kubectl does it; but in a cluster all, for there the controller's own namespace says nothing. */
function namespaceShown(
  { namespace, allNamespaces }: SettingsOf<typeof viewOptions>,
  connection: Connection,
): string | undefined {
  if (allNamespaces) return undefined;
  return namespace ?? (connection.ownNamespace === undefined ? connection.namespace : undefined);
}

/**
 * The pod that is called NAME, pod/NAME or NAMESPACE/NAME; a plain name is looked for among those that are shown. Or why
 * there is no such pod, and what may be meant.
 */
export function podNamed(name: string, { pods, shown, namespace, settings }: ClusterView): PodView | string {
  const read = readPodName(name);
  if (read === undefined) return expectedPodName;
  const { namespace: first, name: plain } = read;
  const found = first === undefined
    ? shown.filter((pod) => pod.name === plain)
    : pods.filter((pod) => pod.namespace === first && pod.name === plain);
  const [pod] = found;
  if (pod !== undefined && found.length === 1) return pod;
  const where = first ?? namespace;
  const others = namesOf(pods.filter((each) => each.name === plain));
  return found.length > 1
    ? `pods of several namespaces are called so: ${others}`
    : `no pod of that name${
      where === undefined ? "" : ` in namespace ${where}`
    } has the label ${settings.selector}` +
      (others === "" ? "" : `; there is ${others}`);
}

function namesOf(pods: readonly PodView[]): string {
  const names = pods.slice(0, 5).map((pod) => `${pod.namespace}/${pod.name}`).join(", ");
  return pods.length > 5 ? `${names} and ${pods.length - 5} more` : names;
}
