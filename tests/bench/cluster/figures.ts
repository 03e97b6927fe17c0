// What do the controller's metrics and the API server say at this moment? Over one connection, for asking costs too.
import { createApiClient } from "../../../lib/kube/api/http.ts";
import { loadConnection } from "../../../lib/kube/config/load_connection.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import type { Cluster } from "../../cluster/cluster.ts";

export interface Figures {
  /** Execs by `{tool="…",outcome="…"}`. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly execs: number;
  readonly links: number;
  readonly appended: number;
  readonly exchanges: number;
  /** Requests of the controller by method, without execs. */
  readonly requests: ReadonlyMap<string, number>;
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

/** Asks one cluster; the pod of the controller is the one that there was at the beginning. */
export interface FiguresReader extends Disposable {
  figures(): Promise<Figures>;
  readyReplicas(name: { readonly namespace: string; readonly name: string }): Promise<number>;
}

export async function figuresReader(cluster: Cluster): Promise<FiguresReader> {
  const label = "app.kubernetes.io/name=kube-vxlan-controller";
  const pod = await cluster.kubectl([
    ...["-n", "kube-system", "get", "pods", "-l", label, "-o", "jsonpath={.items[0].metadata.name}"],
  ]);
  const options = cluster.kubeconfig === undefined ? {} : { kubeconfig: cluster.kubeconfig };
  const connection = await loadConnection(options, {
    env: (name) => Deno.env.get(name),
    readTextFile: (path) => Deno.readTextFile(path),
    clock: systemClock,
  });
  const client = createApiClient(connection, { clock: systemClock });
  const get = (path: string): { method: "GET"; path: string; purpose: string; deadline: number } => ({
    ...{ method: "GET", path, purpose: `get ${path}`, deadline: 30_000 },
  });
  return {
    figures: async () => {
      const path = `/api/v1/namespaces/kube-system/pods/${pod}:9090/proxy/metrics`;
      return readFigures(await new Response(await client.stream(get(path))).text());
    },
    readyReplicas: async ({ namespace, name }) => {
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
      const { status } = await client.json(get(path)) as { status?: { readyReplicas?: number } };
      return status?.readyReplicas ?? 0;
    },
    [Symbol.dispose]: () => client.close(),
  };
}

function readFigures(text: string): Figures {
  const sum = (name: RegExp): number =>
    text.split("\n").filter((line) => name.test(line)).reduce(
      (total, line) => total + Number(line.split(" ").at(-1)),
      0,
    );
  const outcomes = [...text.matchAll(/^kube_vxlan_controller_exec_total(\{[^}]*\}) (\d+)$/gm)];
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
  return {
    outcomes: new Map(outcomes.map(([, labels = "", count]) => [labels, Number(count)])),
    execs: sum(/^kube_vxlan_controller_exec_total\{/),
    links: sum(/^kube_vxlan_controller_steps_total\{.*kind="add-link"/),
    appended: sum(/^kube_vxlan_controller_steps_total\{.*kind="append-fdb"/),
    exchanges: sum(/^kube_vxlan_controller_exchange_duration_seconds_count\{/),
    requests: new Map(
      methods.map((
        method,
      ) => [method, sum(new RegExp(`^rest_client_requests_total\\{.*method="${method}"`))]),
    ),
    cpuSeconds: sum(/^process_cpu_seconds_total /),
    residentMiB: sum(/^process_resident_memory_bytes /) / 1024 / 1024,
  };
}
