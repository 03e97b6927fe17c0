// Can pods of one author stop the controller, or keep those of another from being served? Each attack beside a rollout.
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { system } from "./fault_deeds.ts";
import { attack, attackHolds, attacking, attacks } from "./hostile_pods.ts";
import { applyWorkload, readyPods, type Workload } from "./members.ts";
import { say } from "./progress.ts";
import { withController } from "./with_controller.ts";

const hostile = "hostile";
const healthy = "hostile-healthy";
const replicas = 3;
/** The limit of k8s.yaml. */
const memoryLimit = 512 * 1024 * 1024;

Deno.test("hostile pods", async (t) => {
  await withController({ namespace: hostile }, async (cluster) => {
    await cluster.kubectl(["create", "namespace", healthy]);
    try {
      const before = await controllerNow(cluster);
      for (const each of attacks) {
        await t.step(each.name, async () => {
          await attack(cluster, { ...each, namespace: hostile, replicas });
          await attackHolds(cluster, { namespace: hostile, name: each.name, replicas });
          await besideThem(cluster, { name: each.name, before });
        });
      }
      await t.step("half-open connections to its port, by the hundred", async () => {
        await halfOpen(cluster, before.ip);
        await besideThem(cluster, { name: "half-open", before });
      });
    } finally {
      await cluster.kubectl.try(["delete", "namespace", healthy, "--timeout=60s"]);
    }
  });
});

/** A rollout of others beside the attack. All of them are served while each hostile pod is still at it. */
async function besideThem(
  cluster: Cluster,
  { name, before }: { readonly name: string; readonly before: Controller },
): Promise<void> {
  const work: Workload = { namespace: healthy, name, networks: "vxeth1", replicas, form: "classic" };
  await applyWorkload(cluster, work);
  await readyPods(cluster, work);
  if (name !== "half-open") {
    assert.equal(
      await attacking(cluster, { namespace: hostile, name }),
      replicas,
      "no hostile pod was let go",
    );
  }
  const now = await controllerNow(cluster);
  say(
    `beside ${name}: ${replicas} of ${replicas} ready; the controller has ${
      Math.round(now.memory / 2 ** 20)
    } MiB`,
  );
  assert.deepEqual([now.restarts, now.id], [0, before.id], "the controller is the same process");
  assert.ok(now.memory < memoryLimit, `${now.memory} bytes`);
  await cluster.kubectl(["-n", healthy, "delete", "deployment", name, "--wait=false"]);
  await cluster.kubectl(["-n", hostile, "delete", "deployment", name, "--wait=false"]);
}

interface Controller {
  readonly id: string;
  readonly ip: string;
  readonly restarts: number;
  /** Bytes, resident. */
  readonly memory: number;
}

async function controllerNow(cluster: Cluster): Promise<Controller> {
  const label = "app.kubernetes.io/name=kube-vxlan-controller";
  const { items } = JSON.parse(await cluster.kubectl([...system, "get", "pods", "-l", label, "-o", "json"]));
  const pods: readonly PodJson[] = items;
  const pod = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  const status = pod?.status.containerStatuses[0];
  assert.ok(pod && status, "there is a controller");
  const path = `/api/v1/namespaces/kube-system/pods/${pod.metadata.name}:9090/proxy/metrics`;
  const metrics = await cluster.kubectl(["get", "--raw", path]);
  const memory = Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]);
  return { id: status.containerID, ip: pod.status.podIP, restarts: status.restartCount, memory };
}

interface PodJson {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly podIP: string;
    readonly containerStatuses: readonly { readonly containerID: string; readonly restartCount: number }[];
  };
}

/** Pods that open connections to the controller's port and send half a request on each. */
async function halfOpen(cluster: Cluster, ip: string): Promise<void> {
  const script =
    `trap "" PIPE; for n in $(seq 300); do exec {fd}<>/dev/tcp/${ip}/9090 && printf 'GET /healthz HTTP/1.1\\r\\n' >&$fd; done
touch /tmp/open; sleep 1000000`;
  const labels = { app: "half-open" };
  const container = {
    name: "crowd",
    image: "aialferov/kube-vxlan-controller-agent",
    imagePullPolicy: "IfNotPresent",
    command: ["bash", "-c", script],
    readinessProbe: { exec: { command: ["test", "-e", "/tmp/open"] }, periodSeconds: 1 },
  };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace: hostile, name: "half-open" },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 0, containers: [container] },
      },
    },
  };
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(deployment));
  await readyPods(cluster, { namespace: hostile, name: "half-open", replicas });
}
