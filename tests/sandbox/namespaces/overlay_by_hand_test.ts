// Can pods of the sandbox carry an overlay at all? One made by hand, without the product, on both data planes.
import assert from "node:assert/strict";
import { availablePlanes } from "../kubelet/available_planes.ts";
import { Sandbox, startSandbox } from "../sandbox.ts";
import { podIpOf } from "../sandbox_invariant.ts";

const forward = { securityContext: { sysctls: [{ name: "net.ipv4.ip_forward", value: "1" }] } };

for (const dataPlane of availablePlanes) {
  Deno.test(`an overlay by hand: a and b reach each other through gw, while gw forwards (${dataPlane})`, async () => {
    await using sandbox = await startSandbox({ dataPlane });
    for (const [name, spec] of Object.entries({ a: {}, b: {}, gw: forward, deaf: {} })) {
      applyPod(sandbox, name, spec);
    }
    for (const name of ["a", "b", "gw", "deaf"]) await sandbox.waitForPhase({ name }, "Running");
    const ip = (pod: string): string => podIpOf(sandbox, { pod });
    for (const gateway of ["gw", "deaf"]) {
      await link(sandbox, {
        pod: "a",
        vni: 101,
        to: [ip(gateway)],
        cidr: "192.168.11.2/29",
        route: "192.168.12.0/29 via 192.168.11.1",
      });
      await link(sandbox, {
        pod: "b",
        vni: 102,
        to: [ip(gateway)],
        cidr: "192.168.12.2/29",
        route: "192.168.11.0/29 via 192.168.12.1",
      });
      await link(sandbox, { pod: gateway, vni: 101, to: [ip("a")], cidr: "192.168.11.1/29" });
      await link(sandbox, { pod: gateway, vni: 102, to: [ip("b")], cidr: "192.168.12.1/29" });
      const [there, back, neighbour] = [
        await ping(sandbox, "a", "192.168.12.2"),
        await ping(sandbox, "b", "192.168.11.2"),
        await ping(sandbox, "a", "192.168.11.1"),
      ];
      const forwards = gateway === "gw";
      assert.deepEqual([there, back, neighbour], [forwards, forwards, true], gateway);
      for (const [pod, vni] of [["a", 101], ["b", 102], [gateway, 101], [gateway, 102]] as const) {
        await run(sandbox, pod, `ip link delete vx${vni}`);
      }
    }
  });
}

function applyPod(sandbox: Sandbox, name: string, spec: Record<string, unknown>): void {
  const containers = [{ name: "c", image: "x" }];
  sandbox.apply(
    JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { ...spec, containers } }),
  );
}

async function link(
  sandbox: Sandbox,
  made: {
    readonly pod: string;
    readonly vni: number;
    readonly to: readonly string[];
    readonly cidr: string;
    readonly route?: string;
  },
): Promise<void> {
  const { pod, vni, to, cidr, route } = made;
  await run(sandbox, pod, `ip link add vx${vni} type vxlan id ${vni} dev eth0 dstport 8472`);
  await run(sandbox, pod, `ip link set vx${vni} up`);
  await run(sandbox, pod, `ip address add ${cidr} dev vx${vni}`);
  if (route !== undefined) await run(sandbox, pod, `ip route add ${route} dev vx${vni}`);
  for (const dst of to) {
    await run(sandbox, pod, `bridge fdb append 00:00:00:00:00:00 dst ${dst} dev vx${vni}`);
  }
}

async function run(sandbox: Sandbox, pod: string, command: string): Promise<void> {
  const { code, stderr } = await sandbox.exec({ name: pod }, command.split(" "));
  assert.equal(code, 0, `${pod}: ${command}: ${stderr}`);
}

async function ping(sandbox: Sandbox, pod: string, address: string): Promise<boolean> {
  return (await sandbox.exec({ name: pod }, ["ping", "-c", "1", "-W", "1", address])).code === 0;
}
