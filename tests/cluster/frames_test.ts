// Do frames pass between two nodes whatever covers the pod network, through gateways, to groups and to VTEPs outside?
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { agentContainer, readyPods, type Workload, workloadObject } from "./members.ts";
import type { NodeAccess } from "./node_access.ts";
import { inside } from "./pod_network.ts";
import { say } from "./progress.ts";
import { command, tryCommand } from "./run_command.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "frames";
const network = "frames id=7301";
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
    await t.step("UDP to a group", () => multicast(scene));
    await t.step("a VTEP outside", () => vtep(scene));
    await t.step("a gateway, its end, and another", () => gateway(scene));
  });
});

interface Member {
  readonly name: string;
  readonly ip: string;
  /** Runs a program of this machine in the pod's network. */
  readonly run: (argv: readonly string[]) => Promise<{ readonly code: number; readonly stdout: string }>;
}

interface Scene {
  readonly cluster: Cluster;
  readonly access: NodeAccess;
  readonly a: Member;
  readonly b: Member;
}

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
  assert.ok(await reaches(a, outside), "by its own default route, before");
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
  assert.ok(await reaches(a, outside), "through the gateway");
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
  // The client's kernel has been told to ask anew; the deadline is that of a slow machine.
  await until("the next gateway to serve", () => reaches(a, outside), { seconds: 90 });
  await annotate(cluster, { pod: "a", networks: `${network} ip=10.71.0.1/24` });
  await until("the default route to be what it was", async () => {
    return (await a.run(["ip", "route", "get", outside])).stdout.includes("dev eth0");
  }, { seconds: 20 });
  assert.ok(await reaches(a, outside), "as before");
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

/** One pod on a node. */
async function member(
  cluster: Cluster,
  { name, node, networks }: { readonly name: string; readonly node: string; readonly networks: string },
): Promise<Member> {
  const work: Workload = { namespace, name, networks, replicas: 1, form: "native with a port" };
  const object = JSON.parse(JSON.stringify(workloadObject(work)));
  object.spec.template.spec.nodeName = node;
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  const [pod] = await readyPods(cluster, work);
  assert.ok(pod !== undefined);
  const path = await networkOf(cluster, pod.uid);
  return { name: pod.name, ip: pod.ip, run: (argv) => tryCommand(["nsenter", `--net=${path}`, ...argv]) };
}

/** The file by which a pod's network namespace is entered. */
async function networkOf({ access, nodes }: Cluster, uid: string): Promise<string> {
  for (const { containerdSocket } of access?.layout.nodes ?? []) {
    const ctr = ["ctr", "--address", containerdSocket, "--namespace", "k8s.io", "containers"];
    const filter = `labels."io.kubernetes.pod.uid"==${uid},labels."io.cri-containerd.kind"==sandbox`;
    const [id] = (await command("find the sandbox", [...ctr, "list", "--quiet", filter])).split("\n");
    if (id === undefined || id === "") continue;
    const info = await command("look at the sandbox", [...ctr, "info", id]);
    const path = /"type": "network",\s*"path": "([^"]+)"/.exec(info)?.[1];
    if (path !== undefined) return path;
  }
  throw new Error(`Cannot find the network of pod ${uid} on ${nodes.join(", ")}`);
}

function inNamespace(name: string): (argv: readonly string[]) => Promise<string> {
  return (argv) => command(argv.join(" "), ["nsenter", `--net=/run/netns/${name}`, ...argv]);
}

async function annotate(
  cluster: Cluster,
  { pod, networks }: { readonly pod: string; readonly networks: string },
): Promise<void> {
  const text = `vxlan.travelping.com/networks=${networks}`;
  await cluster.kubectl(["-n", namespace, "annotate", "pod", "-l", `app=${pod}`, "--overwrite", text]);
}

async function rulesOf(cluster: Cluster, pod: string): Promise<string> {
  const name = await cluster.kubectl([
    ...["-n", namespace, "get", "pods", "-l", `app=${pod}`, "-o", "jsonpath={.items[0].metadata.name}"],
  ]);
  const argv = ["ip", "-json", "-details", "rule", "show"];
  return await inside(cluster, { namespace, pod: name, container: agentContainer, argv });
}

/** What was learned must not help. */
async function forget(...members: readonly Member[]): Promise<void> {
  for (const { run } of members) await run(["ip", "neigh", "flush", "dev", "frames"]);
}

async function bothReach(a: Member, b: Member): Promise<void> {
  assert.ok(await reaches(a, "10.71.0.2"), "a reaches b");
  assert.ok(await reaches(b, "10.71.0.1"), "b reaches a");
}

async function reaches({ run }: Member, to: string): Promise<boolean> {
  return (await run(["ping", "-c", "2", "-i", "0.2", "-W", "1", to])).code === 0;
}
