// `status --pre`: before anything is installed, does this cluster have what is needed?
import { createApiClient } from "../../kube/api/http.ts";
import { printable } from "../../text/printable.ts";
import { exitStatus, type Host } from "../host.ts";
import type { SettingsOf } from "../settings/options.ts";
import { configMapNamespace, connectionFrom } from "../settings/settings.ts";
import { outputVersion, valueText } from "../show/print_list.ts";
import type { valueOutput, viewOptions } from "../show/view_options.ts";
import { findings } from "./findings.ts";

type Settings = SettingsOf<typeof viewOptions & { readonly output: typeof valueOutput }>;

/** Prints what was found; gives the exit status: 0 when nothing stands in the way and all could be read. */
export async function preflight(settings: Settings, host: Host): Promise<number> {
  const connection = await connectionFrom(settings, host);
  const client = createApiClient(connection, { clock: host.clock });
  try {
    const { configNamespace, namespaceFile } = settings;
    const place = await configMapNamespace({ namespace: configNamespace, namespaceFile }, {
      connection,
      host,
    });
    const items = await findings({
      client,
      clock: host.clock,
      signal: host.stop,
      namespace: settings.namespace ?? connection.namespace ?? "default",
      controllerNamespace: place,
    });
    const well = items.every(({ state }) => state === "ok" || state === "note");
    const { server } = connection;
    if (settings.output === "text") {
      host.print(printable(`cluster at ${server}`));
      for (const { what, state, says } of items) {
        host.print(printable(`${state.padEnd(8)}   ${what}: ${says}`));
      }
      host.print(well ? "it can be installed here" : "not all is well");
    } else {
      const value = { apiVersion: outputVersion, kind: "Preflight", server, findings: items, well };
      host.print(valueText(value, settings.output));
    }
    return well ? exitStatus.ok : exitStatus.failed;
  } finally {
    client.close();
  }
}
