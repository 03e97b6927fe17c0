// Does a real Prometheus tell the bytes of a network, by what docs and dashboard ask it?
import assert from "node:assert/strict";
import { readPanels } from "../ops/monitoring_files.ts";
import type { Cluster } from "./cluster.ts";
import { namespace } from "./example_pods.ts";
import { say } from "./progress.ts";
import { prometheusProgram, startPrometheus } from "./prometheus.ts";
import { until } from "./until.ts";

/** Of the pods of examples/first.yaml, from cAdvisor's counters of interfaces and our series. */
export async function trafficIsCounted(cluster: Cluster): Promise<void> {
  const { kubeconfig, access } = cluster;
  if (prometheusProgram === undefined || access === undefined || kubeconfig === undefined) {
    return say("SKIPPED, Prometheus (Debian package) or a cluster of our own is missing: traffic by network");
  }
  const panel = (await readPanels()).find(({ title }) => title === "Traffic of networks");
  const queries = (panel?.targets ?? []).map((one) =>
    one.replaceAll("$__rate_interval", "5m").replaceAll("$job", "kube-vxlan-controller")
  );
  assert.equal(queries.length, 2, "received and sent");
  await using prometheus = await startPrometheus(cluster, { program: prometheusProgram, kubeconfig });
  const counter =
    `container_network_receive_bytes_total{namespace="${namespace}",pod="blue",interface="lab"}`;
  let found = "";
  await until("traffic of network lab, received and sent", async () => {
    const argv = ["ping", "-c", "5", "-i", "0.2", "-s", "1000", "192.168.10.2"];
    await cluster.kubectl.try(["-n", namespace, "exec", "red", "-c", "app", "--", ...argv]);
    const answers = await Promise.all(queries.map((query) => prometheus.query(query)));
    const rates = answers.map((samples) => samples.find(({ labels }) => labels["network"] === "lab")?.value);
    const [received] = await prometheus.query(counter);
    found = `${rates.join(" and ")} bytes a second, blue has received ${received?.value} bytes on lab`;
    return rates.every((rate) => rate !== undefined && rate > 0) && Number(received?.value) >= 5_000;
  }, { seconds: 60, describe: async () => `${found}\n${await prometheus.troubles()}` });
  say(`traffic of network lab: ${found}`);
}
