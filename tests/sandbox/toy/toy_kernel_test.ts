// Does the toy kernel do what the real one does? The same scripts run in both; where they differ, the toy is
// wrong.
import assert from "node:assert/strict";
import type { Observation } from "../../../lib/overlay/observation.ts";
import { createToyNamespace, type ToyNamespace } from "./kernel.ts";
import { permanentNeighbours } from "../../../lib/overlay/iproute2/read_neighbours.ts";
import { observeToy } from "./observation.ts";
import {
  type Batch,
  type BatchResult,
  namespaceCommand,
  type Run,
  runInNamespace,
} from "../../overlay/iproute2/real_namespace.ts";

const eth0 = { mac: "02:42:0a:f4:01:05", mtu: 1500, addresses: ["10.244.1.5/24", "fd00:1::5/64"] };
const eth0p = { mac: "02:42:0a:f4:01:06", mtu: 1400, addresses: [] };

const setUp = `
  ip link set lo up && ip link add eth0 address ${eth0.mac} type veth peer name eth0p address ${eth0p.mac} &&
  ip link set eth0p mtu ${eth0p.mtu} && ip link set eth0 up && ip link set eth0p up &&
  ip address add 10.244.1.5/24 dev eth0 && ip address add fd00:1::5/64 dev eth0 nodad &&
  ip route add default via 10.244.1.1`;

const vx = "link add name vx address 02:00:00:00:00:01 type vxlan id 6 dev eth0 dstport 8472";
const vx6 = `${vx} local fd00:1::5`;
/** Everything, not only what somebody wants to know. */
const questions = ["address show", permanentNeighbours, "route show table all"];
const zero = "00:00:00:00:00:00";

/** A line of `ip`, unless it begins with `bridge`. Lines of one tool in a row are one batch. */
const scripts: readonly { readonly it: string; readonly lines: readonly string[] }[] = [
  {
    it: "makes a link",
    lines: [vx, "link set dev vx alias some:alias,with=signs/and.more", "link set dev vx up"],
  },
  { it: "makes a link over IPv6", lines: [vx6, "link set dev vx up"] },
  { it: "ignores an alias in link add", lines: [vx.replace("type", "alias hello type")] },
  { it: "gives a link the MTU asked for", lines: [vx.replace("type", "mtu 1300 type")] },
  { it: "clamps an MTU that is too large at creation", lines: [vx.replace("type", "mtu 9000 type")] },
  {
    it: "refuses one that is too large later",
    lines: [vx, "link set dev vx mtu 1451", "link set dev vx mtu 1450"],
  },
  { it: "refuses an MTU that is too small", lines: [vx, "link set dev vx mtu 67"] },
  { it: "takes port 0 as 8472", lines: [vx.replace("8472", "0")] },
  { it: "refuses a name that is taken", lines: [vx, vx.replace("id 6", "id 7")] },
  { it: "refuses a VNI and port that are taken", lines: [vx, vx.replace("name vx", "name vy")] },
  {
    it: "takes a VNI with another port or family",
    lines: [
      vx,
      vx.replace("name vx", "name vy").replace("8472", "4789"),
      vx6.replace("name vx", "name vz"),
    ],
  },
  {
    it: "ends at a link on a missing device",
    lines: [vx.replace("eth0", "nosuch"), "link set dev lo alias late"],
  },
  { it: "ends at an id that is too large", lines: [vx.replace("id 6", "id 16777216")] },
  { it: "reads an id with a leading 0 as octal", lines: [vx.replace("id 6", "id 0145")] },
  { it: "refuses a multicast MAC", lines: [vx.replace("02:00", "03:00")] },
  {
    it: "deletes and makes again in one session",
    lines: [vx, "link delete dev vx", vx.replace("id 6", "id 7")],
  },
  { it: "refuses to delete what is not there", lines: ["link delete dev vx", "link delete dev lo"] },
  { it: "ends at an alias over 255 bytes", lines: [`link set dev lo alias ${"a".repeat(256)}`] },
  { it: "takes an alias of 255 bytes", lines: [`link set dev lo alias ${"a".repeat(255)}`] },
  { it: "ends at an alias of two words", lines: ["link set dev lo alias two words"] },
  {
    it: "moves a link to another device, clamping its MTU",
    lines: [vx, "link set dev vx type vxlan id 6 dev eth0p", "link set dev vx mtu 1351"],
  },
  {
    it: "moves a link over IPv6, keeping its local address",
    lines: [vx6, "link set dev vx up", "link set dev vx type vxlan id 6 dev eth0p"],
  },
  {
    it: "leaves the MTU when a link moves to a device with a larger one",
    lines: [vx.replace("eth0", "eth0p"), "link set dev vx type vxlan id 6 dev eth0"],
  },
  { it: "does not change a VNI", lines: [vx, "link set dev vx type vxlan id 7 dev eth0"] },
  { it: "does not put a link on itself", lines: [vx, "link set dev vx type vxlan id 6 dev vx"] },
  {
    it: "does not put links on each other in a circle",
    lines: [
      vx,
      vx.replace("vx", "vy").replace("id 6", "id 7").replace("eth0", "vx"),
      "link set dev vx type vxlan id 6 dev vy",
    ],
  },
  {
    it: "gives a link its name last, and refuses one that is taken",
    lines: [
      vx.replace("vx", "tmp"),
      "link set dev tmp alias ours",
      "link set dev tmp name eth0",
      "link set dev tmp name vx",
      "link set dev vx up",
      "address replace 192.168.10.1/24 dev vx",
    ],
  },
  ...["id 7", "id 6 dev nosuch", "id 6"].map((type) => ({
    it: `marks, names and brings up a link with one line, or does none of it: ${type}`,
    lines: [vx.replace("vx", "tmp"), `link set dev tmp name vx alias ours up type vxlan ${type}`],
  })),
  {
    it: "takes an index for a link, and the word for no other link whose name is its beginning",
    lines: [
      vx,
      vx.replace("vx", "if0000000000000").replace("id 6", "id 7"),
      "link set dev if0000000004 mtu 1300",
      "link set dev if0000000004 address 02:00:00:00:00:09",
      "link set dev if0000000004 alias found",
      "link set dev if0000000004 up",
      "address replace 192.168.10.1/24 dev if00000000000004",
      "address replace 192.168.11.1/24 dev if00000000000004",
      "address delete 192.168.11.1/24 dev if00000000000004",
      "route add 192.168.20.0/24 via 192.168.10.2 dev if00000000000004 proto 86",
      "route add 192.168.21.0/24 via 192.168.10.2 dev if00000000000004 proto 86",
      "route delete 192.168.21.0/24 via 192.168.10.2 dev if00000000000004 proto 86",
      "link set dev if0000000004 type vxlan id 6 dev eth0p",
      `bridge fdb append ${zero} dst 10.244.1.6 dev if00000000000004`,
    ],
  },
  {
    it: "does nothing to another link of the name when that of the index has gone",
    lines: [
      vx,
      "link delete dev if0000000004",
      vx,
      "link set dev vx up",
      "address replace 192.168.10.1/24 dev vx",
      "link set dev if0000000004 mtu 1300",
      "link set dev if0000000004 up",
      "link set dev if0000000004 type vxlan id 6 dev eth0p",
      "address replace 192.168.11.1/24 dev if00000000000004",
      "address delete 192.168.10.1/24 dev if00000000000004",
      "route add 192.168.20.0/24 via 192.168.10.2 dev if00000000000004 proto 86",
      "link delete dev if0000000004",
      `bridge fdb append ${zero} dst 10.244.1.6 dev if00000000000004`,
    ],
  },
  {
    it: "neither marks, names nor brings up a link of another kind, one whose name is taken, or none",
    lines: [
      vx.replace("vx", "tmp"),
      "link set dev eth0p name vx alias ours up type vxlan id 6",
      "link property add dev eth0p altname vy",
      "link set dev tmp name vy alias ours up type vxlan id 6",
      "link set dev tmp name eth0 alias ours up type vxlan id 6",
      "link set dev nosuch name vx alias ours up type vxlan id 6",
    ],
  },
  {
    it: "marks, names and brings up a link over IPv6, which stays as it was made",
    lines: [
      vx6.replace("vx", "tmp").replace("type", "mtu 1300 type"),
      "link set dev tmp name vx alias ours up type vxlan id 6",
    ],
  },
  {
    it: "refuses a name that is another one of a link, which is found by it",
    lines: [
      "link property add dev eth0p altname vx",
      vx,
      vx.replace("vx", "tmp"),
      "link set dev tmp name vx",
      "link set dev vx alias found",
      "link property add dev eth0 altname vx",
    ],
  },
  {
    it: "makes a link a port of a bridge, at once or later, until that goes",
    lines: [
      "link add name br0 address 02:00:00:00:00:0b type bridge",
      vx.replace("type", "master br0 type"),
      vx.replace("name vx", "name vy").replace("id 6", "id 7"),
      "link set dev vy master br0",
      "link set dev vy master eth0",
      "link set dev vy nomaster",
      // It follows its ports, which nobody here cares for.
      "link set dev br0 mtu 1450",
    ],
  },
  {
    it: "frees the ports of a bridge that goes",
    lines: [
      "link add name br0 address 02:00:00:00:00:0b type bridge",
      vx.replace("type", "master br0 type"),
      "link delete dev br0",
    ],
  },
  {
    it: "ends at a master that is not there",
    lines: [vx.replace("type", "master br0 type"), "link set dev lo alias late"],
  },
  {
    it: "changes the MAC of a link that is up",
    lines: [vx, "link set dev vx up", "link set dev vx address 02:00:00:00:00:09"],
  },
  {
    it: "takes a stacked link along",
    lines: [vx, vx.replace("vx", "vy").replace("id 6", "id 7").replace("eth0", "vx"), "link delete dev vx"],
  },
  {
    it: "adds addresses, each once",
    lines: [
      vx,
      "link set dev vx up",
      "address add 192.168.10.1/24 dev vx",
      "address add 192.168.10.1/24 dev vx",
      "address replace 192.168.10.1/24 dev vx",
      "address replace 192.168.10.1/16 dev vx",
      "address add fd01::1/64 dev vx nodad",
      "address add fd01::1/64 dev vx nodad",
      "address replace fd01::1/64 dev vx nodad",
      "address replace fd01::1/48 dev vx nodad",
      "address add fd01::1/48 dev vx nodad",
    ],
  },
  {
    it: "keeps addresses of a link that is not up yet",
    lines: [vx, "address replace 192.168.10.1/24 dev vx", "address replace fd01::1/64 dev vx nodad"],
  },
  {
    it: "deletes only an address that is there with that length",
    lines: [
      vx,
      "address replace 192.168.10.1/24 dev vx",
      "address replace fd01::1/64 dev vx nodad",
      "address delete 192.168.10.1/25 dev vx",
      "address delete 192.168.10.2/24 dev vx",
      "address delete fd01::1/48 dev vx",
      "address delete fd01::1/64 dev vx",
    ],
  },
  {
    it: "loses the later addresses of a subnet with the first",
    lines: [
      vx,
      "link set dev vx up",
      "address replace 192.168.10.1/24 dev vx",
      "address replace 192.168.10.2/24 dev vx",
      "address replace 192.168.10.3/25 dev vx",
      "address delete 192.168.10.1/24 dev vx",
    ],
  },
  {
    it: "loses a later address alone",
    lines: [
      vx,
      "address replace 192.168.10.1/24 dev vx",
      "address replace 192.168.10.2/24 dev vx",
      "address delete 192.168.10.2/24 dev vx",
    ],
  },
  {
    it: "adds routes through neighbours only",
    lines: [
      vx,
      "route add 192.168.20.0/24 via 192.168.10.2 dev vx proto 86",
      "link set dev vx up",
      "route add 192.168.20.0/24 via 192.168.10.2 dev vx proto 86",
      "address replace 192.168.10.1/24 dev vx",
      "address replace fd01::1/64 dev vx nodad",
      "route add 192.168.20.0/24 via 192.168.10.2 dev vx proto 86",
      "route add fd02::/64 via fd01::2 dev vx proto 86",
      "route add 172.16.1.1/32 via 192.168.10.2 dev vx proto 86",
      "route add fd03::1/128 via fd01::2 dev vx proto 86",
      "route add fd04::/64 via fd09::2 dev vx proto 86",
      "route add fd05::/64 via fe80::1 dev vx proto 86",
      "route add 172.16.2.1/24 via 192.168.10.2 dev vx proto 86",
    ],
  },
  {
    it: "refuses a second route to a subnet, but not default routes of another metric or family",
    lines: [
      vx,
      "link set dev vx up",
      "address replace 192.168.10.1/24 dev vx",
      "address replace fd01::1/64 dev vx nodad",
      "route add 192.168.20.0/24 via 192.168.10.2 dev vx proto 86",
      "route add 192.168.20.0/24 via 192.168.10.3 dev vx proto 86",
      "route add 192.168.20.0/24 via 10.244.1.9 dev eth0 proto 86",
      "route add fd02::/64 via fd01::2 dev vx proto 86",
      "route add fd02::/64 via fd01::3 dev vx proto 86",
      "route add fd02::/64 via fd00:1::3 dev eth0 proto 86",
      "route add 0.0.0.0/0 via 192.168.10.2 dev vx proto 86",
      "route add ::/0 via fd01::2 dev vx proto 86",
      "route add 192.168.10.0/24 via 192.168.10.2 dev vx proto 86",
      "route add fd01::/64 via fd01::2 dev vx proto 86",
    ],
  },
  {
    it: "ends at a gateway of another family",
    lines: ["route add 10.9.0.0/16 via fd00:1::9 dev eth0 proto 86", "link set dev lo alias late"],
  },
  {
    it: "deletes only a route that is there with that gateway and protocol",
    lines: [
      "route add 10.9.0.0/16 via 10.244.1.9 dev eth0 proto 86",
      "route delete 10.9.0.0/16 via 10.244.1.8 dev eth0 proto 86",
      "route delete 10.9.0.0/16 via 10.244.1.9 dev eth0 proto 87",
      "route delete 10.9.0.0/16 via 10.244.1.9 dev eth0p proto 86",
      "route add 10.8.0.0/16 via 10.244.1.9 dev eth0 proto 86",
      "route delete 10.8.0.0/16 dev eth0 proto 86",
      "route delete 10.7.0.0/16 dev eth0 proto 86",
      "route delete 0.0.0.0/0 via 10.244.1.1 dev eth0 proto 86",
    ],
  },
  {
    it: "keeps gateway routes until the last IPv4 address goes",
    lines: [
      vx,
      "link set dev vx up",
      "address replace 192.168.10.1/24 dev vx",
      "address replace 192.168.11.1/24 dev vx",
      "address replace fd01::1/64 dev vx nodad",
      "route add 192.168.20.0/24 via 192.168.10.2 dev vx proto 86",
      "route add fd02::/64 via fd01::2 dev vx proto 86",
      "address delete 192.168.10.1/24 dev vx",
      "address delete fd01::1/64 dev vx",
    ],
  },
  {
    it: "drops IPv4 routes with the last IPv4 address",
    lines: [
      vx,
      "link set dev vx up",
      "address replace 192.168.10.1/24 dev vx",
      "route add 192.168.20.0/24 via 192.168.10.2 dev vx proto 86",
      "address delete 192.168.10.1/24 dev vx",
    ],
  },
  {
    it: "loses routes and IPv6 addresses when a link goes down",
    lines: [
      vx,
      "link set dev vx up",
      "address replace 192.168.10.1/24 dev vx",
      "address replace fd01::1/64 dev vx nodad",
      "route add 192.168.20.0/24 via 192.168.10.2 dev vx proto 86",
      "route add fd02::/64 via fd01::2 dev vx proto 86",
      "link set dev vx down",
      "link set dev vx up",
    ],
  },
  {
    it: "takes no IPv6 address below an MTU of 1280",
    lines: [
      vx,
      "link set dev vx up",
      "address replace fd01::1/64 dev vx nodad",
      "link set dev vx mtu 1279",
      "address replace fd01::2/64 dev vx nodad",
      "link set dev vx mtu 1280",
      "address replace fd01::3/64 dev vx nodad",
    ],
  },
  {
    it: "refuses what is about a missing device",
    lines: [
      "link set dev vx up",
      "address replace 192.168.10.1/24 dev vx",
      "route add 10.9.0.0/16 via 10.244.1.9 dev vx proto 86",
      "route delete 10.9.0.0/16 dev vx proto 86",
      `bridge fdb append ${zero} dst 10.244.1.6 dev vx`,
      `bridge fdb delete ${zero} dst 10.244.1.6 dev vx`,
    ],
  },
  {
    it: "ends at an address that is none",
    lines: ["address replace 192.168.10.300/24 dev eth0", "link set dev lo alias late"],
  },
  { it: "does not know other objects", lines: ["nonsense show", "link set dev lo alias later"] },
  { it: "ends at an unknown command", lines: ["link nonsense", "link set dev lo alias late"] },
  {
    it: "appends and deletes forwarding entries",
    lines: [
      vx,
      `bridge fdb append ${zero} dst 10.244.1.6 dev vx`,
      `bridge fdb append ${zero} dst 10.244.1.6 dev vx`,
      `bridge fdb append ${zero} dst 10.244.1.7 dev vx`,
      "bridge fdb append 02:00:00:00:00:07 dst 10.244.1.7 dev vx",
      `bridge fdb delete ${zero} dst 10.244.1.9 dev vx`,
      "bridge fdb delete 02:00:00:00:00:08 dst 10.244.1.9 dev vx",
      `bridge fdb add ${zero} dst 10.244.1.8 dev vx`,
      `bridge fdb append ${zero} dst fd00:1::6 dev vx`,
      `bridge fdb delete ${zero} dst 10.244.1.6 dev vx`,
    ],
  },
  {
    it: "replaces forwarding entries",
    lines: [
      vx,
      "bridge fdb replace 02:00:00:00:00:07 dst 10.244.1.7 dev vx self permanent",
      "bridge fdb replace 02:00:00:00:00:07 dst 10.244.1.7 dev vx self permanent",
      "bridge fdb replace 02:00:00:00:00:07 dst 10.244.1.8 dev vx self permanent",
      "bridge fdb append 02:00:00:00:00:09 dst 10.244.1.7 dev vx",
      "bridge fdb append 02:00:00:00:00:09 dst 10.244.1.8 dev vx",
      "bridge fdb replace 02:00:00:00:00:09 dst 10.244.1.8 dev vx self permanent",
      "bridge fdb replace 02:00:00:00:00:09 dst 10.244.1.9 dev vx self permanent",
      "bridge fdb replace 02:00:00:00:00:09 dst fd00:1::9 dev vx self permanent",
    ],
  },
  ...["vx down", "vx up", "vx mtu 1270", "vx address 02:00:00:00:00:02", "eth0 down"].map((change) => ({
    it: `keeps permanent neighbours, or loses them: ${change}`,
    lines: [
      vx,
      "link set vx up",
      "neigh replace 192.168.10.7 lladdr 02:00:00:00:00:07 dev vx nud permanent protocol 86",
      "neigh replace fd00::7 lladdr 02:00:00:00:00:07 dev vx nud permanent protocol 86",
      "neigh replace 192.168.10.8 lladdr 02:00:00:00:00:07 dev vx nud permanent",
      "neigh replace 192.168.10.8 lladdr 02:00:00:00:00:08 dev vx nud permanent protocol 86",
      "neigh replace 192.168.10.9 lladdr 02:00:00:00:00:09 dev vx nud permanent",
      "neigh flush to 192.168.10.9 dev vx nud permanent",
      "neigh flush to 192.168.10.10 dev vx nud permanent",
      `link set ${change}`,
    ],
  })),
  {
    it: "ends at a neighbour of IPv6 on a link without",
    lines: [
      vx,
      "link set vx mtu 1270",
      "neigh replace 192.168.10.7 lladdr 02:00:00:00:00:07 dev vx nud permanent protocol 86",
      "neigh replace fd00::7 lladdr 02:00:00:00:00:07 dev vx nud permanent protocol 86",
      "link set dev lo alias late",
    ],
  },
  {
    it: "deletes the last forwarding entry",
    lines: [
      vx,
      `bridge fdb append ${zero} dst 10.244.1.6 dev vx`,
      `bridge fdb delete ${zero} dst 10.244.1.6 dev vx`,
      `bridge fdb delete ${zero} dst 10.244.1.6 dev vx`,
    ],
  },
  {
    it: "has forwarding entries over IPv6",
    lines: [
      vx6,
      `bridge fdb append ${zero} dst fd00:1::6 dev vx`,
      `bridge fdb append ${zero} dst 10.244.1.6 dev vx`,
    ],
  },
  {
    it: "flushes neighbours, be there any or none, but for permanent ones",
    lines: [
      vx,
      "neigh replace 192.168.10.7 lladdr 02:00:00:00:00:07 dev vx nud reachable",
      "neigh replace 192.168.10.8 lladdr 02:00:00:00:00:08 dev vx nud permanent",
      "neigh flush to 192.168.10.7 dev vx",
      "neigh flush to fd00::9 dev vx",
      "neigh flush to 192.168.10.8 dev vx",
      "neigh flush to 192.168.10.8 dev nosuch",
      "neigh delete 192.168.10.8 dev vx",
      "neigh delete 192.168.10.7 dev vx",
      "link set dev lo alias late",
    ],
  },
  {
    it: "ends at a destination that is none",
    lines: [
      vx,
      `bridge fdb append ${zero} dst 10.244.1.300 dev vx`,
      `bridge fdb append ${zero} dst 10.244.1.6 dev vx`,
    ],
  },
  {
    it: "refuses an entry on lo and a MAC that is none",
    lines: [
      vx,
      `bridge fdb append ${zero} dst 10.244.1.6 dev lo`,
      "bridge fdb append 00:00 dst 10.244.1.6 dev vx",
    ],
  },
  {
    it: "keeps entries when a link goes down or moves",
    lines: [
      vx,
      `bridge fdb append ${zero} dst 10.244.1.6 dev vx`,
      "link set dev vx up",
      "link set dev vx down",
      "link set dev vx type vxlan id 6 dev eth0p",
    ],
  },
];

const command = await namespaceCommand();
if (command === undefined) {
  // deno-lint-ignore no-console
  console.warn(
    "The toy kernel is not compared with the real one: no network namespace can be made here (tried unshare -n and -Urnm)",
  );
}

for (const { it, lines } of scripts) {
  Deno.test({
    name: `toy kernel as the real one: ${it}`,
    ignore: command === undefined,
    fn: async () => {
      const batches = batchesOf(lines);
      const real = await runInNamespace(command ?? [], { setUp, batches, questions });
      const toy = runInToy(batches);
      assert.deepEqual(toy.results, real.results);
      assert.deepEqual(comparable(toy.observed), comparable(real.observed));
    },
  });
}

function batchesOf(lines: readonly string[]): readonly Batch[] {
  const batches: { tool: Batch["tool"]; lines: string[] }[] = [];
  for (const line of lines) {
    const tool = line.startsWith("bridge ") ? "bridge" : "ip";
    const text = line.replace(/^bridge /, "");
    const last = batches.at(-1);
    if (last?.tool === tool) last.lines.push(text);
    else batches.push({ tool, lines: [text] });
  }
  return batches;
}

function runInToy(batches: readonly Batch[]): Run {
  const toy = createToyNamespace({ eth0p, eth0: { ...eth0, gateways: ["10.244.1.1"] } });
  return {
    results: batches.map((batch) => runBatch(toy, batch)),
    observed: observeToy(toy, undefined, questions),
  };
}

function runBatch(toy: ToyNamespace, { tool, lines }: Batch): BatchResult {
  const session = toy.batch(tool);
  const refused: number[] = [];
  for (const [position, line] of lines.entries()) {
    const reply = session.line(line);
    if (reply.ended !== undefined) break;
    if (reply.stderr !== undefined) refused.push(position + 1);
  }
  return { refused, status: session.end() };
}

/** Without the local routing table, which the toy does not have, and in an order of its own. */
/** The kernel gives a link its fe80 address in its own time: on a busy machine it may not be there yet, or already. */
function comparable(observed: Observation): unknown {
  const settled = (address: string): boolean => !address.startsWith("fe80:");
  const sorted = (items: readonly unknown[]): readonly string[] =>
    items.map((item) => JSON.stringify(Object.entries(item ?? {}).sort())).sort();
  return {
    links: observed.links.map((link) => ({ ...link, addresses: link.addresses.filter(settled).sort() })),
    routes: sorted(observed.routes.filter(({ table, subnet }) => table === "main" && settled(subnet))),
    fdb: sorted(observed.fdb),
    rules: sorted(observed.rules ?? []),
    neighbours: sorted(observed.neighbours ?? []),
  };
}
