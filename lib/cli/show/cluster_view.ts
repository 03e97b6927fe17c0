// What the commands that only look have in common: one snapshot, with the controller's own settings.
import { type Snapshot, takeSnapshot } from "../../controller/watch/snapshot.ts";
import type { ControllerSettings } from "../../controller/settings.ts";
import type { ApiClient } from "../../kube/api/client.ts";
import type { Connection } from "../../kube/config/connection.ts";
import { createApiClient } from "../../kube/api/http.ts";
import { configMapNamespace, connectionFrom, controllerSettings } from "../settings/settings.ts";
import type { Host } from "../host.ts";
import { connectionOptions, membershipOptions, type SettingsOf } from "../settings/options.ts";

/** Options of every command that looks. */
export const viewOptions = { ...connectionOptions, ...membershipOptions };

export interface ClusterView extends Snapshot {
  readonly settings: ControllerSettings;
  readonly connection: Connection;
  readonly client: ApiClient;
}

/** Takes a snapshot and hands it to `use`; closes everything afterwards. Throws ApiError and ConfigError. */
export async function withClusterView(
  settings: SettingsOf<typeof viewOptions>,
  { host, use }: { readonly host: Host; readonly use: (view: ClusterView) => Promise<number> | number },
): Promise<number> {
  const connection = await connectionFrom(settings, host);
  const controller = controllerSettings(settings, await configMapNamespace(settings, { connection, host }));
  const client = createApiClient(connection, { clock: host.clock });
  try {
    const snapshot = await takeSnapshot(controller, { client, now: host.clock.now(), signal: host.stop });
    return await use({ ...snapshot, settings: controller, connection, client });
  } finally {
    client.close();
  }
}
