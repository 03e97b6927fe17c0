// What does the search for pods that lost their label cost on a cluster of ten thousand that are nobody's? Counted in bytes.
import assert from "node:assert/strict";
import { UnlabelledPods } from "../../../lib/controller/watch/unlabelled.ts";
import { createApiClient } from "../../../lib/kube/api/http.ts";
import { createLog } from "../../../lib/ops/log.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import { connectionTo } from "../../kube/api/stub_server.ts";
import { agentImage, annotationKey, podSpec } from "../../member/member_pod.ts";
import { ApiServer } from "../../sandbox/api/api_server.ts";
import { namespaces, pods } from "../../sandbox/api/resources.ts";
import { ObjectStore } from "../../sandbox/store/objects.ts";

const count = 10_000;

/** As large as a Deployment's pod with two sidecars is on a real cluster: 2.7 kB of metadata. */
function foreignPod(at: number): { readonly metadata: object; readonly spec: object } {
  const name = `shop-backend-5d8f9c7b6d-${at}`;
  const fields = {
    "f:spec": Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f:field-number-${i}`, {}])),
  };
  return {
    metadata: {
      name,
      namespace: "default",
      generateName: "shop-backend-5d8f9c7b6d-",
      labels: { app: "shop-backend", "pod-template-hash": "5d8f9c7b6d", team: "shop", tier: "backend" },
      annotations: { "checksum/config": "a".repeat(64), "prometheus.io/scrape": "true" },
      ownerReferences: [{
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: "shop",
        uid: "u",
        controller: true,
      }],
      managedFields: ["kube-controller-manager", "kubelet"].map((manager) => ({
        ...{ manager, operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: fields },
      })),
    },
    spec: podSpec("classic", "registry.example.com/shop/backend:2026.11.1"),
  };
}

Deno.test("ten thousand foreign pods: their metadata is read in pages, and one pod in full", async (t) => {
  const store = new ObjectStore({ window: 10 });
  store.create(namespaces, { metadata: { name: "default" } });
  for (let at = 0; at < count; at++) store.create(pods, foreignPod(at), "default");
  const shown = { [annotationKey]: "one", "vxlan.travelping.com/network-status": "[]" };
  const lost = { metadata: { name: "lost", annotations: shown }, spec: podSpec("classic", agentImage) };
  store.create(pods, lost, "default");
  const server = new ApiServer({ store, containerOf: () => undefined });
  const stop = new AbortController();
  const seen: { readonly bytes: number }[] = [];
  const observe = (request: { readonly bytes: number }): void => void seen.push(request);
  const client = createApiClient(connectionTo(server.url), { clock: systemClock, observe });
  try {
    const found: string[] = [];
    const unlabelled = new UnlabelledPods({
      ...{ client, annotationKey, selector: "a=b", watchNamespaces: [], signal: stop.signal },
      clock: systemClock,
      tracked: new Map(),
      onFound: ({ name }) => found.push(name),
      onGone: () => {},
      log: createLog({ level: "warn", format: "text", write: () => {}, clock: systemClock }),
    });
    unlabelled.sweep();
    await unlabelled.settled();
    assert.deepEqual(found, ["lost"]);
    const bytes = seen.reduce((sum, request) => sum + request.bytes, 0);
    const requests = seen.length;
    unlabelled.sweep();
    await unlabelled.settled();
    const again = seen.slice(requests).reduce((sum, request) => sum + request.bytes, 0);
    const metadata = store.list(pods).reduce((sum, pod) => sum + JSON.stringify(pod.metadata).length, 0);
    await t.step(
      `${requests} requests, ${(bytes / 1e6).toFixed(1)} MB, then ${(again / 1e6).toFixed(1)} MB`,
      () => {
        // 21 pages of metadata, one list of those with the label, the pod, and whether it has the label by now.
        assert.equal(requests, 24);
        assert.ok(bytes < 1.1 * metadata, `${bytes} bytes for ${metadata} of metadata`);
        assert.equal(seen.length, requests + 21, "what was found once is not looked for again");
      },
    );
  } finally {
    stop.abort();
    client.close();
    await server.close();
  }
});
