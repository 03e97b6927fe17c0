// Can pods of one author stop the controller, or keep those of another from being served? Each attack beside a rollout.
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { type ControllerNow, controllerNow } from "./controller_now.ts";
import { system } from "./fault_deeds.ts";
import { fatPods } from "./fat_pods.ts";
import { attack, attackHolds, attacking, attacks } from "./hostile_pods.ts";
import { controllerLog, controllerReady } from "./install_controller.ts";
import { applyWorkload, readyPods, seedAgentImage, type Workload } from "./members.ts";
import { say } from "./progress.ts";
import { newNamespace } from "./test_namespace.ts";
import { toggling } from "./toggling_pod.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const hostile = "hostile";
const healthy = "hostile-healthy";
const replicas = 3;
/** The limit of k8s.yaml. */
const memoryLimit = 512 * 1024 * 1024;

Deno.test("hostile pods", async (t) => {
  await withController({ namespace: hostile }, async (cluster) => {
    await newNamespace(cluster, healthy);
    try {
      let before = await controllerNow(cluster);
      await t.step("a limit of memory is one here, and the controller has that of k8s.yaml", async () => {
        await endsWhoTakesTooMuch(cluster);
        if (before.memory === undefined) {
          say("NOT SEEN: the nodes are not ours, so the kernel cannot be asked");
        } else assert.equal(before.memory.limit, memoryLimit);
      });
      for (const each of attacks) {
        await t.step(each.name, async () => {
          await attack(cluster, { ...each, namespace: hostile, replicas });
          await attackHolds(cluster, { namespace: hostile, name: each.name, replicas });
          await besideThem(cluster, { name: each.name, before });
          assert.equal(
            await attacking(cluster, { namespace: hostile, name: each.name }),
            replicas,
            "none was let go",
          );
          await cluster.kubectl(["-n", hostile, "delete", "deployment", each.name, "--wait=false"]);
        });
      }
      await t.step("half requests, and answers that nobody reads, by the hundred", async () => {
        await crowd(cluster, before.ip);
        await besideThem(cluster, { name: "crowd", before });
        await cluster.kubectl(["-n", hostile, "delete", "deployment", "crowd", "--wait=false"]);
      });
      await t.step("one pod that claims the addresses of others by turns", async () => {
        await toggling(cluster, { namespace: healthy, thieves: hostile });
      });
      await t.step("nine pods of 8.4 MB each: beside them, and a start with them there", async () => {
        await fatPods(cluster, hostile);
        await besideThem(cluster, { name: "fat", before });
        assert.match(await controllerLog(cluster), /hostile\/fat-/, "it says whom it cannot read");
        await cluster.kubectl([...system, "delete", "pod", before.pod]);
        await controllerReady(cluster);
        before = await controllerNow(cluster);
        await besideThem(cluster, { name: "fat-again", before });
      });
    } finally {
      await cluster.kubectl.try(["delete", "namespace", healthy, "--timeout=180s"]);
    }
  });
});

/** A rollout of others beside the attack, which goes on. All of them are served. */
async function besideThem(
  cluster: Cluster,
  { name, before }: { readonly name: string; readonly before: ControllerNow },
): Promise<void> {
  const work: Workload = { namespace: healthy, name, networks: "vxeth1", replicas, form: "classic" };
  await applyWorkload(cluster, work);
  await readyPods(cluster, work);
  const now = await controllerNow(cluster);
  const peak = now.memory === undefined ? "" : `, at most ${mebibytes(now.memory.peak)} until now`;
  say(
    `beside ${name}: ${replicas} of ${replicas} ready; the controller has ${mebibytes(now.resident)}${peak}`,
  );
  assert.deepEqual([now.restarts, now.id], [0, before.id], "the controller is the same process");
  assert.ok(now.resident < memoryLimit, `${now.resident} bytes`);
  assert.equal(now.memory?.killed ?? 0, 0, "nothing in its container was ended for want of memory");
  await cluster.kubectl(["-n", healthy, "delete", "deployment", name, "--wait=false"]);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** Else all that is said of limits here would mean nothing. It gives up by itself where nobody ends it. */
async function endsWhoTakesTooMuch(cluster: Cluster): Promise<void> {
  const pod = {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { namespace: hostile, name: "greedy" } },
    spec: {
      restartPolicy: "Never",
      containers: [{
        ...{ name: "greedy", image: seedAgentImage, imagePullPolicy: "IfNotPresent" },
        command: ["bash", "-c", "ulimit -v 1048576; exec tail /dev/zero"],
        resources: { limits: { memory: "64Mi" } },
      }],
    },
  };
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(pod));
  const path = "{.status.containerStatuses[*].state.terminated.exitCode}";
  let code = "";
  await until("a container that takes more than its limit to end", async () => {
    code = await cluster.kubectl(["-n", hostile, "get", "pod", "greedy", "-o", `jsonpath=${path}`]);
    return code !== "";
  }, { seconds: 90 });
  assert.equal(code, "137", "it was killed");
}

/** Pods that open connections to the controller's port: every other sends half a request, the others read no answer. */
async function crowd(cluster: Cluster, ip: string): Promise<void> {
  const script =
    `trap "" PIPE; for n in $(seq 150); do exec {fd}<>/dev/tcp/${ip}/9090 && printf 'GET /healthz HTTP/1.1\\r\\n' >&$fd
exec {fd}<>/dev/tcp/${ip}/9090 && printf 'GET /metrics HTTP/1.1\\r\\n\\r\\n' >&$fd; done
touch /tmp/open; sleep 1000000`;
  const labels = { app: "crowd" };
  const container = {
    name: "crowd",
    image: seedAgentImage,
    imagePullPolicy: "IfNotPresent",
    command: ["bash", "-c", script],
    readinessProbe: { exec: { command: ["test", "-e", "/tmp/open"] }, periodSeconds: 1 },
  };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace: hostile, name: "crowd" },
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
  await readyPods(cluster, { namespace: hostile, name: "crowd", replicas });
}
