// How is a cluster's API server reached with nothing of the product's own transport?
import { loadConnection } from "../../lib/kube/config/load_connection.ts";
import { systemClock } from "../../lib/time/clock.ts";
import type { HttpAccess } from "../contract/http_api.ts";
import type { Cluster } from "./cluster.ts";

/** Address and credentials of the tests' own kubeconfig. */
export async function apiAccess({ kubeconfig, context }: Cluster): Promise<HttpAccess> {
  const options = { ...(kubeconfig && { kubeconfig }), ...(context && { context }) };
  const connection = await loadConnection(options, {
    env: (name) => Deno.env.get(name),
    readTextFile: (path) => Deno.readTextFile(path),
    clock: systemClock,
  });
  return { server: connection.server, ...await connection.credentials() };
}
