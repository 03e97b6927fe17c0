// How do the nodes reach each other, and how does this machine reach them? Namespaces, a bridge, routes, one NAT rule.
import { command, tryCommand } from "./run_command.ts";
import type { Layout, NodeLayout } from "./layout.ts";

/** Makes the namespaces, links and routes. What of it a failure leaves behind is for the teardown. */
export async function makeNodeNetworks(cluster: Layout): Promise<void> {
  const underlay = cluster.underlayNamespace;
  await ip(["netns", "add", underlay]);
  await batch(underlay, ["link set lo up", "link add br0 type bridge", "link set br0 up"]);
  for (const [index, node] of cluster.nodes.entries()) await makeNode(cluster, { node, number: index + 1 });
  await makeManagementLink(cluster);
}

/** A number 0..255 whose 10.253.N.0/30 no link of this machine uses. */
export async function freeManagementNumber(): Promise<number> {
  const text = await command("list the addresses of this machine", ["ip", "-4", "-json", "address", "show"]);
  const used = new Set([...text.matchAll(/"10\.253\.(\d+)\.\d+"/g)].map((match) => Number(match[1])));
  for (let number = 0; number < 256; number++) if (!used.has(number)) return number;
  throw new Error("Cannot start a test cluster: all of 10.253.0.0/16 is in use on this machine");
}

/** Removes what `makeNodeNetworks` made, or as much of it as there is. */
export async function removeNodeNetworks(name: string): Promise<void> {
  await tryCommand(["ip", "link", "delete", `${name}-mgmt`]);
  const { stdout } = await tryCommand(["ip", "netns", "list"]);
  for (const namespace of stdout.split("\n").map((line) => line.split(" ")[0] ?? "")) {
    if (namespace.startsWith(`${name}-`)) await tryCommand(["ip", "netns", "delete", namespace]);
  }
}

async function makeNode(
  cluster: Layout,
  { node, number }: { readonly node: NodeLayout; readonly number: number },
): Promise<void> {
  await ip(["netns", "add", node.namespace]);
  const port = `node${number}`;
  await batch(node.namespace, [
    "link set lo up",
    `link add eth0 type veth peer name ${port} netns ${cluster.underlayNamespace}`,
    `address add ${node.address}/24 dev eth0`,
    "link set eth0 up",
    ...cluster.nodes.filter((other) => other.name !== node.name)
      .map((other) => `route add ${other.podSubnet} via ${other.address}`),
    ...ipv6Lines(cluster, node),
  ]);
  await batch(cluster.underlayNamespace, [`link set ${port} master br0 up`]);
  const inNode = ["nsenter", `--net=/run/netns/${node.namespace}`];
  await command("forward packets", [...inNode, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
  if (node.ipv6 !== undefined) {
    await command("forward IPv6", [...inNode, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1"]);
  }
  // The one Service that the controller needs; there is no kube-proxy.
  await command("translate the service address", [
    ...[...inNode, "iptables", "-w", "-t", "nat", "-A", "PREROUTING"],
    ...["-d", `${cluster.apiServer.service}/32`, "-p", "tcp", "--dport", "443"],
    ...["-j", "DNAT", "--to-destination", new URL(cluster.apiServer.node).host],
  ]);
}

function ipv6Lines(cluster: Layout, { name, ipv6 }: NodeLayout): readonly string[] {
  if (ipv6 === undefined) return [];
  const others = cluster.nodes.filter((other) => other.name !== name);
  return [
    `address add ${ipv6.address}/64 dev eth0 nodad`,
    ...others.flatMap((other) =>
      other.ipv6 === undefined ? [] : [`route add ${other.ipv6.podSubnet} via ${other.ipv6.address}`]
    ),
  ];
}

async function makeManagementLink(cluster: Layout): Promise<void> {
  const [first] = cluster.nodes;
  if (!first) throw new Error("Cannot start a test cluster: it has no nodes");
  const { here, there } = cluster.managementAddress;
  const link = cluster.managementLink;
  await ip(["link", "add", link, "type", "veth", "peer", "name", "mgmt", "netns", first.namespace]);
  await ip(["address", "add", `${here}/30`, "dev", link]);
  await ip(["link", "set", link, "up"]);
  await batch(first.namespace, [`address add ${there}/30 dev mgmt`, "link set mgmt up"]);
}

async function ip(args: readonly string[]): Promise<void> {
  await command(`ip ${args.slice(0, 2).join(" ")}`, ["ip", ...args]);
}

async function batch(namespace: string, lines: readonly string[]): Promise<void> {
  const stdin = lines.map((line) => `${line}\n`).join("");
  await command(`set up the namespace ${namespace}`, ["ip", "-netns", namespace, "-batch", "-"], { stdin });
}
