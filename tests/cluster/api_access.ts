// How is a cluster's API server reached with nothing of the product's own transport?
import type { HttpAccess } from "../contract/http_api.ts";
import type { Cluster } from "./cluster.ts";
import { connectionOf } from "./members.ts";

/** Address and credentials of the tests' own kubeconfig. */
export async function apiAccess(cluster: Cluster): Promise<HttpAccess> {
  const connection = await connectionOf(cluster);
  return { server: connection.server, ...await connection.credentials() };
}
