// Do frames pass between two nodes whatever covers the pod network, through gateways, to groups and to VTEPs outside?
import assert from "node:assert/strict";
import { crowd } from "./frames_crowd.ts";
import {
  annotate,
  bothReach,
  doesReach,
  forget,
  type Member,
  member,
  namespace,
  network,
  reaches,
  rulesOf,
  type Scene,
} from "./frames_scene.ts";
import type { NodeAccess } from "./node_access.ts";
import { say, seconds } from "./progress.ts";
import { command } from "./run_command.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

/** An address of the underlay's namespace, to which pods have their default route only. */
const outside = "198.51.100.7";

Deno.test("frames pass: what covers the pod network, gateways, groups, VTEPs outside", async (t) => {
  await withController({ namespace }, async (cluster) => {
    const { access } = cluster;
    if (access === undefined) return say("SKIPPED: the test needs the machine of the cluster");
    const [first, second] = await Promise.all([
      member(cluster, { name: "a", node: "node1", networks: `${network} ip=10.71.0.1/24` }),
      member(cluster, { name: "b", node: "node2", networks: `${network} ip=10.71.0.2/24` }),
    ]);
    const scene = { cluster, access, a: first, b: second };
    await makeOutside(access);
    for (const asked of coverings(access)) {
      await t.step(`${asked}: before, with it, after`, () => covered(scene, asked));
    }
    await t.step("64 networks on two ports: before, with a covering route, after", () => crowd(scene));
    await t.step("UDP to a group", () => multicast(scene));
    await t.step("a VTEP outside", () => vtep(scene));
    await t.step("a gateway, its end, and another", () => gateway(scene));
  });
});

function coverings({ layout }: NodeAccess): readonly string[] {
  const range = layout.nodes[0]?.podSubnet.replace(/\.\d+\.0\/24$/, ".0.0/16");
  return [
    "route=0.0.0.0/1:10.71.0.2 route=128.0.0.0/1:10.71.0.2",
    `route=${range}:10.71.0.2`,
    `ip=${range?.replace("0.0/16", "250.9/16")}`,
    "gateway=10.71.0.2",
  ];
}

async function covered({ cluster, a, b }: Scene, asked: string): Promise<void> {
  await bothReach(a, b);
  await annotate(cluster, { pod: "a", networks: `${network} ip=10.71.0.1/24 ${asked}` });
  await until(`rules for ${asked}`, async () => (await rulesOf(cluster, "a")).includes('"dport":8472'), {
    seconds: 20,
  });
  await forget(a, b);
  await bothReach(a, b);
  await annotate(cluster, { pod: "a", networks: `${network} ip=10.71.0.1/24` });
  await until("the rules to go", async () => !(await rulesOf(cluster, "a")).includes('"86"'), {
    seconds: 20,
  });
  await forget(a, b);
  await bothReach(a, b);
}

async function multicast({ cluster, a, b }: Scene): Promise<void> {
  for (const [pod, host] of [["a", 1], ["b", 2]] as const) {
    await annotate(cluster, { pod, networks: `${network} ip=10.71.0.${host}/24 route=224.0.0.0/4` });
  }
  await until("groups to be on the link", async () => {
    const ways = await Promise.all([a, b].map(({ run }) => run(["ip", "route", "get", "239.7.7.7"])));
    return ways.every(({ stdout }) => stdout.includes("dev frames"));
  }, { seconds: 20 });
  const heard = b.run([...deno, listener]);
  let isDone = false;
  heard.finally(() => isDone = true);
  await until("the group's packet", async () => {
    await a.run([...deno, sender("239.7.7.7")]);
    return isDone;
  }, { seconds: 30 });
  assert.equal((await heard).stdout.trim(), "10.71.0.1");
}

const deno = [Deno.execPath(), "eval", "--unstable-net"];
const listener = `
const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 7007, reuseAddress: true });
await socket.joinMulticastV4("239.7.7.7", "10.71.0.2");
const [, from] = await socket.receive();
console.log(from.hostname);
Deno.exit(0);`;

function sender(to: string): string {
  return `
const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
await socket.send(new Uint8Array([1]), { transport: "udp", hostname: "${to}", port: 7007 });`;
}

async function vtep({ cluster, access, a, b }: Scene): Promise<void> {
  const there = inNamespace(access.layout.underlayNamespace);
  const make = "ip link add vtep type vxlan id 7301 dev br0 dstport 8472 local";
  await there([...make.split(" "), outside]);
  for (const line of ["address add 10.71.0.77/24 dev vtep", "link set vtep up"]) {
    await there(["ip", ...line.split(" ")]);
  }
  for (const { ip } of [a, b]) {
    await there(["bridge", "fdb", "append", "00:00:00:00:00:00", "dst", ip, "dev", "vtep"]);
  }
  assert.equal(await reaches(a, "10.71.0.77"), false, "nobody floods to it yet");
  for (const [pod, host] of [["a", 1], ["b", 2]] as const) {
    await annotate(cluster, { pod, networks: `${network} ip=10.71.0.${host}/24 peer=${outside}` });
  }
  for (const member of [a, b]) {
    await until("the VTEP to answer", () => reaches(member, "10.71.0.77"), { seconds: 20 });
  }
  await there(["ip", "link", "del", "vtep"]);
}

async function gateway({ cluster, access, a, b }: Scene): Promise<void> {
  const networks = `${network} ip=10.71.0.1/24 gateway=10.71.0.2 except=10.96.0.0/12`;
  await annotate(cluster, { pod: "b", networks: `${network} ip=10.71.0.2/24` });
  await makeNat(b);
  await doesReach(a, outside);
  await annotate(cluster, { pod: "a", networks });
  await until("the gateway to be asked", async () => {
    return (await a.run(["ip", "route", "get", outside])).stdout.includes("dev frames");
  }, { seconds: 20 });
  const node = inNamespace(`${access.layout.name}-node1`);
  const count = "PREROUTING -d 198.51.100.0/24 -s 10.0.0.0/8".split(" ");
  await node(["iptables", "-w", "-t", "raw", "-I", ...count]);
  const leaked = async (): Promise<number> => {
    const listed = await node(["iptables", "-w", "-t", "raw", "-L", "PREROUTING", "-v", "-n", "-x"]);
    return Number(/^ *(\d+) .*198\.51\.100\.0\/24/m.exec(listed)?.[1]);
  };
  await doesReach(a, outside);
  assert.equal(await leaked(), 0, "nothing went by eth0");
  // By eth0: a reply to the node, as to a probe of the kubelet, and the API server's Service.
  await node(["ping", "-c", "2", "-i", "0.2", "-W", "1", a.ip]);
  assert.equal(
    (await a.run([...deno, `(await Deno.connect({ hostname: "10.96.0.1", port: 443 })).close()`])).code,
    0,
  );

  await cluster.kubectl(["-n", namespace, "delete", "deployment", "b"]);
  await until("the gateway to be gone", async () => !await reaches(a, outside), { seconds: 60 });
  for (let go = 0; go < 3; go++) assert.equal(await reaches(a, outside), false);
  assert.equal(await leaked(), 0, "nothing leaked without the gateway");
  await a.run(["ping", "-c", "1", "-W", "1", "-I", a.ip, outside]);
  assert.equal(await leaked(), 1, "the counter counts: who is bound to the pod IP leaves by eth0");

  const next = await member(cluster, { name: "c", node: "node2", networks: `${network} ip=10.71.0.2/24` });
  await makeNat(next);
  // The client's kernel has been told to ask anew, so it finds it as soon as it asks.
  const start = performance.now();
  await until("the next gateway to serve", () => reaches(a, outside), { seconds: 20 });
  say(`the next gateway serves ${seconds(start)} after it is ready`);
  await annotate(cluster, { pod: "a", networks: `${network} ip=10.71.0.1/24` });
  await until("the default route to be what it was", async () => {
    return (await a.run(["ip", "route", "get", outside])).stdout.includes("dev eth0");
  }, { seconds: 20 });
  await doesReach(a, outside);
  await node(["iptables", "-w", "-t", "raw", "-D", ...count]);
}

/** A container of the gateway's own would do this. */
async function makeNat({ run }: Member): Promise<void> {
  await run(["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
  const { code } = await run(
    "iptables -w -t nat -A POSTROUTING -s 10.71.0.0/24 -o eth0 -j MASQUERADE".split(" "),
  );
  assert.equal(code, 0);
}

/** The namespace between the nodes gets an address, and ways to the pods. */
async function makeOutside({ layout }: NodeAccess): Promise<void> {
  const there = inNamespace(layout.underlayNamespace);
  await there(["ip", "address", "add", `${outside}/24`, "dev", "br0"]);
  for (const { namespace: node, address, podSubnet } of layout.nodes) {
    await inNamespace(node)(["ip", "route", "replace", "198.51.100.0/24", "dev", "eth0"]);
    await there(["ip", "route", "replace", `${address}/32`, "dev", "br0"]);
    await there(["ip", "route", "replace", podSubnet, "via", address, "dev", "br0", "onlink"]);
  }
}

function inNamespace(name: string): (argv: readonly string[]) => Promise<string> {
  return (argv) => command(argv.join(" "), ["nsenter", `--net=/run/netns/${name}`, ...argv]);
}
