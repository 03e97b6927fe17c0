// What does a real Prometheus make of a cluster's kubelets and our controller, scraped as deploy/monitoring says?
import { parse } from "yaml";
import { at, readDocument } from "../ops/monitoring_files.ts";
import type { Cluster } from "./cluster.ts";
import { whereIs } from "./run_command.ts";
import { until } from "./until.ts";

/** One series of an answer. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus extends AsyncDisposable {
  /** Throws with its words when it cannot answer. */
  query(expression: string): Promise<readonly Sample[]>;
  /** What it says of targets that it cannot read. */
  troubles(): Promise<string>;
}

/** The program (Debian package prometheus), or undefined. */
export const prometheusProgram: string | undefined = await whereIs("prometheus");

/** Starts it; it ends with the returned object. `kubeconfig` has certificates, as that of our own clusters. */
export async function startPrometheus(
  cluster: Cluster,
  { program, kubeconfig }: { readonly program: string; readonly kubeconfig: string },
): Promise<Prometheus> {
  const folder = await Deno.makeTempDir({ prefix: "prometheus-" });
  await Deno.writeTextFile(`${folder}/prometheus.yml`, await configuration(cluster, { folder, kubeconfig }));
  const log = `${folder}/log`;
  // Port 0 is one that is free; which one, it says itself.
  const child = new Deno.Command("sh", {
    args: [
      ...["-c", `exec "$0" "$@" 2> '${log}'`, program, `--config.file=${folder}/prometheus.yml`],
      ...[`--storage.tsdb.path=${folder}/data`, "--web.listen-address=127.0.0.1:0"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const close = async (): Promise<void> => {
    child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  };
  try {
    const said = (): Promise<string> => Deno.readTextFile(log).catch(() => "");
    let port = "";
    await until("Prometheus to be ready", async () => {
      port = /Listening on" address=127\.0\.0\.1:(\d+)/.exec(await said())?.[1] ?? "";
      if (port === "") return false;
      // It listens before it can answer.
      const response = await fetch(`http://127.0.0.1:${port}/-/ready`);
      await response.body?.cancel();
      return response.ok;
    }, { seconds: 30, describe: said });
    const ask = async (path: string): Promise<unknown> =>
      await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json();
    return {
      query: async (expression) =>
        samplesIn(await ask(`query?${new URLSearchParams({ query: expression })}`)),
      troubles: async () => troublesIn(await ask("targets")),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function configuration(
  cluster: Cluster,
  { folder, kubeconfig }: { readonly folder: string; readonly kubeconfig: string },
): Promise<string> {
  const config: unknown = parse(await Deno.readTextFile(kubeconfig));
  const files = {
    ca_file: ["clusters", "0", "cluster", "certificate-authority-data"],
    cert_file: ["users", "0", "user", "client-certificate-data"],
    key_file: ["users", "0", "user", "client-key-data"],
  };
  for (const [file, path] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${file}`, atob(String(at(config, path))), { mode: 0o600 });
  }
  const target = new URL(String(at(config, ["clusters", "0", "cluster", "server"]))).host;
  const through = {
    scheme: "https",
    tls_config: Object.fromEntries(Object.keys(files).map((file) => [file, `${folder}/${file}`])),
  };
  const pod = await controllerPod(cluster);
  const endpoint = at(await readDocument("service-monitor.yaml"), ["spec", "endpoints", "0"]);
  return JSON.stringify({
    global: { scrape_interval: "2s", scrape_timeout: "2s" },
    scrape_configs: [
      ...cluster.nodes.map((node) => ({
        job_name: `kubelet-${node}`,
        metrics_path: `/api/v1/nodes/${node}/proxy/metrics/cadvisor`,
        ...through,
        static_configs: [{ targets: [target], labels: { job: "kubelet", node } }],
      })),
      {
        job_name: "kube-vxlan-controller",
        metrics_path: `/api/v1/namespaces/kube-system/pods/${pod}:9090/proxy${at(endpoint, ["path"])}`,
        ...through,
        // What the operator puts on a target.
        static_configs: [{ targets: [target], labels: { namespace: "kube-system", pod } }],
        metric_relabel_configs: relabelings(at(endpoint, ["metricRelabelings"])),
      },
    ],
  });
}

async function controllerPod({ kubectl }: Cluster): Promise<string> {
  const query = [
    "-l",
    "app.kubernetes.io/name=kube-vxlan-controller",
    "--field-selector=status.phase=Running",
  ];
  const newest = ["--sort-by=.metadata.creationTimestamp", "-o", "jsonpath={.items[-1:].metadata.name}"];
  return await kubectl(["-n", "kube-system", "get", "pods", ...query, ...newest]);
}

/** Prometheus' own words for those of the operator. */
function relabelings(rules: unknown): readonly object[] {
  if (!Array.isArray(rules)) throw new Error("Cannot read metricRelabelings: it is no list");
  return rules.map(({ sourceLabels, regex, targetLabel }) => ({
    source_labels: sourceLabels,
    regex,
    target_label: targetLabel,
  }));
}

function samplesIn(answer: unknown): readonly Sample[] {
  const { status, error, data } = answer as QueryAnswer;
  if (status !== "success" || data === undefined) throw new Error(`Cannot ask Prometheus: ${error}`);
  return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
}

function troublesIn(answer: unknown): string {
  const { data } = answer as TargetsAnswer;
  return data.activeTargets.map(({ scrapeUrl, health, lastError }) => `${scrapeUrl}: ${health} ${lastError}`)
    .join("\n");
}

interface QueryAnswer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}

interface TargetsAnswer {
  readonly data: {
    readonly activeTargets: readonly {
      readonly scrapeUrl: string;
      readonly health: string;
      readonly lastError: string;
    }[];
  };
}
