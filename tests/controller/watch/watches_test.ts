// Does a fault of ours in an edit that is applied in pieces end nothing, and does a list bring what it missed?
import assert from "node:assert/strict";
import { defaultLimits } from "../../../lib/controller/settings.ts";
import type { ConfigMapView } from "../../../lib/controller/watch/resources.ts";
import { startWatches } from "../../../lib/controller/watch/watches.ts";
import { createApiClient } from "../../../lib/kube/api/http.ts";
import { createLog } from "../../../lib/ops/log.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import { connectionTo } from "../../kube/api/stub_server.ts";
import { membershipSettings } from "../../member/member_pod.ts";
import { ApiServer } from "../../sandbox/api/api_server.ts";
import { configMaps, namespaces } from "../../sandbox/api/resources.ts";
import { ObjectStore } from "../../sandbox/store/objects.ts";

Deno.test("a fault of ours in an edit of the ConfigMap is said, and the edit comes again with a list", async () => {
  const store = new ObjectStore({ window: 10 });
  const { configMap: { namespace, name } } = membershipSettings;
  store.create(namespaces, { metadata: { name: namespace } });
  store.create(configMaps, { metadata: { name }, data: { west: "id=1" } }, namespace);
  const server = new ApiServer({ store, containerOf: () => undefined });
  const stop = new AbortController();
  const written: string[] = [];
  const heard: (string | undefined)[] = [];
  const listed = Promise.withResolvers<void>();
  const onConfigMap = async (configMap: ConfigMapView | undefined): Promise<void> => {
    heard.push(configMap?.data?.["west"]);
    if (heard.length === 3) listed.resolve();
    await Promise.resolve();
    if (heard.length === 2) throw new Error("bug");
  };
  const watches = startWatches(
    { membership: membershipSettings, selector: "a=b", watchNamespaces: [], limits: defaultLimits },
    {
      client: createApiClient(connectionTo(server.url), { clock: systemClock }),
      clock: systemClock,
      log: createLog({
        level: "warn",
        format: "text",
        write: (line) => written.push(line),
        clock: systemClock,
      }),
      signal: stop.signal,
      onPods: () => {},
      onPod: () => {},
      onPodDeleted: () => {},
      onConfigMap,
    },
  );
  try {
    await Promise.all(watches.map(({ synced }) => synced));
    store.update(
      { resource: configMaps, namespace, name },
      "object",
      (old) => ({ ...old, data: { west: "id=2" } }),
    );
    await listed.promise;
    assert.deepEqual(heard, ["id=1", "id=2", "id=2"]);
    assert.match(written.join("\n"), /a fault of this program: bug; trying again/);
  } finally {
    stop.abort();
    await Promise.all(watches.map(({ done }) => done));
    await server.close();
  }
});
