// Pods that are small to write and long to read: JSON writes each `<` as six bytes.
import { createApiClient } from "../../lib/kube/api/http.ts";
import { systemClock } from "../../lib/time/clock.ts";
import type { Cluster } from "./cluster.ts";
import { connectionOf } from "./members.ts";

/** Creates nine of them, of which five can just be read, and changes each: lists and events have them. None ever runs. */
export async function fatPods(cluster: Cluster, namespace: string): Promise<void> {
  const client = createApiClient(await connectionOf(cluster), { clock: systemClock });
  const path = `/api/v1/namespaces/${namespace}/pods`;
  try {
    for (let n = 0; n < 9; n++) {
      const body = {
        ...{ apiVersion: "v1", kind: "Pod" },
        metadata: {
          ...{ namespace, name: `fat-${n}`, labels: { "vxlan.travelping.com": "true" } },
          annotations: { "vxlan.travelping.com/networks": "vxeth0" },
        },
        spec: {
          schedulingGates: [{ name: "example.com/never" }],
          containers: [{
            ...{ name: "vxlan-controller-agent", image: "none" },
            args: ["<".repeat(n < 5 ? 1_390_000 : 1_400_000)],
          }],
        },
      };
      await client.json({ method: "POST", path, purpose: "create a fat pod", body, deadline: 60_000 });
      await client.json({
        ...{ method: "PATCH", path: `${path}/fat-${n}`, purpose: "change a fat pod", deadline: 60_000 },
        body: { metadata: { labels: { changed: "yes" } } },
        contentType: "application/merge-patch+json",
      });
    }
  } finally {
    client.close();
  }
}
