// Does a real API server keep the contract that the sandbox keeps? Where it does not, the contract is wrong.
import { type Exception, runContract } from "../contract/contract.ts";
import { expiredHistory } from "../contract/history_cases.ts";
import { httpApi } from "../contract/http_api.ts";
import { apiAccess } from "./api_access.ts";
import { type Cluster, clusterForTests } from "./cluster.ts";
import type { NodeAccess } from "./node_access.ts";
import { inNamespace } from "./test_namespace.ts";
import { until } from "./until.ts";

const image = "aialferov/kube-vxlan-controller-agent";

Deno.test("the contract: a real API server", async (t) => {
  const cluster = await clusterForTests();
  try {
    await inNamespace(cluster, async (_, namespace) => {
      const { access } = cluster;
      using api = httpApi(await apiAccess(cluster), {
        name: cluster.description,
        namespace,
        image,
        ...(access === undefined ? {} : { expireHistory: () => expireHistory(access) }),
      });
      await runContract(t, api, exceptionsOf(cluster));
    });
  } finally {
    await cluster.close();
  }
});

function exceptionsOf({ access }: Cluster): readonly Exception[] {
  if (access !== undefined) return [];
  const reason = "nobody but the owner of a cluster can compact its etcd";
  return [{ it: expiredHistory, reason }];
}

/** Compaction alone is not enough: the API server's watch cache has the history, and snapshots for lists under way. */
async function expireHistory(access: NodeAccess): Promise<void> {
  await access.compactEtcd();
  await access.daemons.restart("kube-apiserver");
  const ready = async (): Promise<boolean> =>
    (await access.kubectl.try(["get", "--raw", "/readyz"])).code === 0;
  await until("the API server to be back", ready, { seconds: 60 });
}
