// Does the little kubelet run pods as a real one does? One suite for both data planes.
import assert from "node:assert/strict";
import { availablePlanes } from "./available_planes.ts";
import { field, type KubeObject, listField, textField } from "../store/kube_object.ts";
import { pods } from "../api/resources.ts";
import { Sandbox, type SandboxOptions, startSandbox } from "../sandbox.ts";
import { waitFor } from "../tools/waiting.ts";

const timing = { backoff: 10, probePeriod: 20 };

function story(
  name: string,
  tell: (sandbox: Sandbox) => Promise<void>,
  options: SandboxOptions = {},
): void {
  for (const dataPlane of availablePlanes) {
    Deno.test(`${name} (${dataPlane})`, async () => {
      await using sandbox = await startSandbox({ dataPlane, timing, ...options });
      await tell(sandbox);
    });
  }
}

function applyPod(sandbox: Sandbox, spec: unknown, name = "p"): void {
  sandbox.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec }));
}

function status(pod: KubeObject | undefined, container: string): unknown {
  const all = field(pod, "status");
  return [...listField(all, "initContainerStatuses"), ...listField(all, "containerStatuses")]
    .find((one) => textField(one, "name") === container);
}

function stateOf(pod: KubeObject | undefined, container: string): string {
  return Object.keys(field(status(pod, container), "state") ?? {})[0] ?? "none";
}

function becomes(sandbox: Sandbox, container: string, state: string): Promise<KubeObject> {
  const holds = (pod: KubeObject): boolean => stateOf(pod, container) === state;
  return sandbox.waitForPod({ name: "p" }, { what: `has ${container} ${state}`, holds });
}

const main = { name: "c", image: "x" };

story("a pod comes to run, with address, node and conditions", async (sandbox) => {
  applyPod(sandbox, { containers: [main] });
  const pod = await sandbox.waitForPhase({ name: "p" }, "Running");
  const podStatus = field(pod, "status");
  assert.match(textField(podStatus, "podIP"), /^10\.244\./);
  assert.equal(textField(field(pod, "spec"), "nodeName"), "node1");
  const conditions = listField(podStatus, "conditions").map((
    one,
  ) => [textField(one, "type"), textField(one, "status")]);
  assert.deepEqual(Object.fromEntries(conditions)["Ready"], "True");
  assert.match(textField(status(pod, "c"), "containerID"), /^containerd:\/\/[0-9a-f]{64}$/);
});

story("init containers run in order, and each waits for its TERM", async (sandbox) => {
  const init = ["one", "two"].map((name) => ({ name, image: "aialferov/kube-vxlan-controller-agent" }));
  applyPod(sandbox, { initContainers: init, containers: [main] });
  const waiting = await becomes(sandbox, "one", "running");
  assert.match(textField(field(waiting, "status"), "podIP"), /^10\./, "the address is known by then");
  assert.deepEqual([stateOf(waiting, "two"), stateOf(waiting, "c")], ["waiting", "waiting"]);
  await sandbox.exec({ name: "p", container: "one" }, ["kill", "-TERM", "1"]);
  const second = await becomes(sandbox, "two", "running");
  assert.deepEqual([stateOf(second, "one"), stateOf(second, "c")], ["terminated", "waiting"]);
  await sandbox.exec({ name: "p", container: "two" }, ["kill", "-TERM", "1"]);
  await sandbox.waitForPhase({ name: "p" }, "Running");
});

story("an agent of old waits for its file", async (sandbox) => {
  const init = { name: "one", image: "aialferov/kube-vxlan-controller-agent:old" };
  applyPod(sandbox, { initContainers: [init], containers: [main] });
  await becomes(sandbox, "one", "running");
  await sandbox.exec({ name: "p", container: "one" }, ["kill", "-TERM", "1"]);
  assert.equal(stateOf(sandbox.find(pods, { name: "p" }), "one"), "running");
  await sandbox.exec({ name: "p", container: "one" }, ["touch", "/run/terminate"]);
  await sandbox.waitForPhase({ name: "p" }, "Running");
});

story("a native sidecar holds the pod back until its probe passes", async (sandbox) => {
  const command = ["grep", "-q", "kube-vxlan-controller:ready", "/sys/class/net/lo/ifalias"];
  const agent = {
    name: "agent",
    image: "aialferov/kube-vxlan-controller-agent",
    restartPolicy: "Always",
    startupProbe: { exec: { command }, periodSeconds: 1, failureThreshold: 1000 },
  };
  applyPod(sandbox, { initContainers: [agent], containers: [main] });
  const gated = await becomes(sandbox, "agent", "running");
  assert.deepEqual([field(status(gated, "agent"), "started"), stateOf(gated, "c")], [false, "waiting"]);
  await sandbox.exec({ name: "p" }, ["ip", "link", "set", "lo", "alias", "kube-vxlan-controller:ready"]);
  const open = await sandbox.waitForPhase({ name: "p" }, "Running");
  assert.deepEqual([field(status(open, "agent"), "started"), stateOf(open, "agent")], [true, "running"]);
});

story("a probe that fails too often restarts its container", async (sandbox) => {
  const startupProbe = { exec: { command: ["false"] }, failureThreshold: 2 };
  applyPod(sandbox, {
    initContainers: [{ name: "s", image: "x", restartPolicy: "Always", startupProbe }],
    containers: [main],
  });
  const holds = (pod: KubeObject): boolean => Number(field(status(pod, "s"), "restartCount")) > 0;
  await sandbox.waitForPod({ name: "p" }, { what: "has restarted its sidecar", holds });
  assert.equal(stateOf(sandbox.find(pods, { name: "p" }), "c"), "waiting");
});

story("a killed container starts anew in the same namespace", async (sandbox) => {
  applyPod(sandbox, { containers: [main] });
  const before = await sandbox.waitForPhase({ name: "p" }, "Running");
  await sandbox.exec({ name: "p" }, ["ip", "link", "set", "lo", "alias", "kept"]);
  await sandbox.kubelet.killContainer({ name: "p" }, "c");
  const holds = (pod: KubeObject): boolean =>
    Number(field(status(pod, "c"), "restartCount")) === 1 && stateOf(pod, "c") === "running";
  const after = await sandbox.waitForPod({ name: "p" }, { what: "has restarted", holds });
  assert.notEqual(
    textField(status(after, "c"), "containerID"),
    textField(status(before, "c"), "containerID"),
  );
  const last = field(field(status(after, "c"), "lastState"), "terminated");
  assert.equal(field(last, "exitCode"), 137);
  assert.equal((await sandbox.exec({ name: "p" }, ["cat", "/sys/class/net/lo/ifalias"])).stdout, "kept\n");
});

story("a recreated sandbox: another address and an empty namespace under the same uid", async (sandbox) => {
  applyPod(sandbox, { containers: [main] });
  const before = await sandbox.waitForPhase({ name: "p" }, "Running");
  await sandbox.exec({ name: "p" }, ["ip", "link", "set", "lo", "alias", "lost"]);
  await sandbox.kubelet.recreateSandbox({ name: "p" });
  const ip = (pod: KubeObject): string => textField(field(pod, "status"), "podIP");
  const holds = (pod: KubeObject): boolean => ip(pod) !== ip(before) && stateOf(pod, "c") === "running";
  const after = await sandbox.waitForPod({ name: "p" }, { what: "runs at another address", holds });
  assert.equal(after.metadata.uid, before.metadata.uid);
  assert.equal((await sandbox.exec({ name: "p" }, ["cat", "/sys/class/net/lo/ifalias"])).stdout, "");
});

const ends = [
  { it: "all well", command: ["true"], restartPolicy: "Never", phase: "Succeeded" },
  { it: "with an error", command: ["false"], restartPolicy: "Never", phase: "Failed" },
  { it: "well, where errors restart", command: ["true"], restartPolicy: "OnFailure", phase: "Succeeded" },
];
for (const { it, phase, restartPolicy, command } of ends) {
  story(`a pod finishes ${it}, and keeps its address in the status`, async (sandbox) => {
    const sidecar = { name: "s", image: "x", restartPolicy: "Always" };
    applyPod(sandbox, { restartPolicy, initContainers: [sidecar], containers: [{ ...main, command }] });
    const holds = (pod: KubeObject): boolean =>
      textField(field(pod, "status"), "phase") === phase && stateOf(pod, "s") === "terminated";
    const pod = await sandbox.waitForPod({ name: "p" }, { what: `is ${phase}`, holds });
    assert.match(textField(field(pod, "status"), "podIP"), /^10\./);
    sandbox.delete(pods, { name: "p" });
    assert.equal(sandbox.find(pods, { name: "p" }), undefined, "nothing runs, so it goes at once");
  });
}

story("a deleted pod ends its containers, says so, and then is gone", async (sandbox) => {
  applyPod(sandbox, { containers: [main] });
  await sandbox.waitForPhase({ name: "p" }, "Running");
  const seen: string[] = [];
  const stop = sandbox.store.log.subscribe(({ type, object }) =>
    seen.push(`${type} ${stateOf(object, "c")}`)
  );
  sandbox.delete(pods, { name: "p" });
  assert.ok(sandbox.find(pods, { name: "p" })?.metadata.deletionTimestamp);
  await waitFor(() => sandbox.find(pods, { name: "p" }) === undefined, { what: "the pod is gone" });
  stop();
  assert.deepEqual(seen, ["MODIFIED running", "MODIFIED terminated", "DELETED terminated"]);
});

story("a container that is deaf to TERM is killed when its grace is over", async (sandbox) => {
  applyPod(sandbox, { containers: [{ name: "c", image: "aialferov/kube-vxlan-controller-agent:old" }] });
  await sandbox.waitForPhase({ name: "p" }, "Running");
  const { uid } = sandbox.store.get({ resource: pods, namespace: "default", name: "p" }).metadata;
  const exited = sandbox.kubelet.containerOf(uid, "c")?.exited;
  sandbox.delete(pods, { name: "p", graceSeconds: 1 });
  await waitFor(() => sandbox.find(pods, { name: "p" }) === undefined, { what: "the pod is gone" });
  assert.equal(await exited, 137);
});

story("an address asked for is given again", async (sandbox) => {
  applyPod(sandbox, { containers: [main] });
  const ip = textField(field(await sandbox.waitForPhase({ name: "p" }, "Running"), "status"), "podIP");
  sandbox.delete(pods, { name: "p" });
  await waitFor(() => sandbox.find(pods, { name: "p" }) === undefined, { what: "the pod is gone" });
  sandbox.kubelet.reuseIp(ip);
  applyPod(sandbox, { containers: [main] }, "q");
  const other = await sandbox.waitForPhase({ name: "q" }, "Running");
  assert.equal(textField(field(other, "status"), "podIP"), ip);
});

story("pods reach each other, over IPv4 and IPv6, and nobody else", async (sandbox) => {
  for (const name of ["p", "q"]) applyPod(sandbox, { containers: [main] }, name);
  await sandbox.waitForPhase({ name: "p" }, "Running");
  const other = field(await sandbox.waitForPhase({ name: "q" }, "Running"), "status");
  const ips = listField(other, "podIPs").map((one) => textField(one, "ip"));
  assert.equal(ips.length, 2);
  for (const ip of ips) assert.equal((await ping(sandbox, ip)).code, 0, ip);
  assert.notEqual((await ping(sandbox, "10.244.77.77")).code, 0, "nobody");
}, { dualStack: true });

function ping(sandbox: Sandbox, address: string): Promise<{ readonly code: number }> {
  return sandbox.exec({ name: "p" }, ["ping", "-c", "1", "-W", "1", address]);
}
