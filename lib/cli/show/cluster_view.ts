// What the commands that only look have in common: one snapshot, with the controller's own settings.
import { type Snapshot, takeSnapshot } from "../../controller/watch/snapshot.ts";
import type { ControllerSettings } from "../../controller/settings.ts";
import type { ApiClient } from "../../kube/api/client.ts";
import type { Connection } from "../../kube/config/connection.ts";
import { createApiClient } from "../../kube/api/http.ts";
import { configMapNamespace, connectionFrom, controllerSettings } from "../settings/settings.ts";
import type { Host } from "../host.ts";
import { isRefused, type OwnView } from "./own_view.ts";
import { connectionOptions, membershipOptions, type SettingsOf } from "../settings/options.ts";

/** Options of every command that looks. `-n` as with kubectl: the namespaces whose pods are looked at. */
export const viewOptions = {
  ...connectionOptions,
  ...membershipOptions,
  watchNamespaces: { ...membershipOptions.watchNamespaces, short: "n" },
};

export interface ClusterView extends Snapshot {
  readonly settings: ControllerSettings;
  readonly connection: Connection;
  readonly client: ApiClient;
}

/** What a command does with what can be read. */
export interface ViewUse {
  readonly host: Host;
  readonly use: (view: ClusterView) => Promise<number> | number;
  /** When the account may not read all of it; absent: that is an error. */
  readonly own?: (view: OwnView) => Promise<number>;
}

/** Takes a snapshot and hands it to `use`; closes everything afterwards. Throws ApiError and ConfigError. */
export async function withClusterView(
  settings: SettingsOf<typeof viewOptions>,
  { host, use, own }: ViewUse,
): Promise<number> {
  const connection = await connectionFrom(settings, host);
  const controller = controllerSettings(settings, await configMapNamespace(settings, { connection, host }));
  const client = createApiClient(connection, { clock: host.clock });
  try {
    const now = host.clock.now();
    const snapshot = await takeSnapshot(controller, { client, now, signal: host.stop }).catch((error) => {
      if (own !== undefined && isRefused(error)) return { refused: error, own };
      throw error;
    });
    return "own" in snapshot
      ? await snapshot.own({ settings: controller, client, host, refused: snapshot.refused })
      : await use({ ...snapshot, settings: controller, connection, client });
  } finally {
    client.close();
  }
}
