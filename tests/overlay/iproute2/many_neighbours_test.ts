// neigh=static with 60 members on one real kernel: nothing has to be found out, and what is set fills no table of the node.
import assert from "node:assert/strict";
import { readFdb, readIp } from "../../../lib/overlay/iproute2/read.ts";
import { render } from "../../../lib/overlay/iproute2/render.ts";
import { permanentNeighbours } from "../../../lib/overlay/iproute2/read_neighbours.ts";
import { fdbSteps } from "../../../lib/overlay/plan/fdb.ts";
import { PeerChanges } from "../../../lib/overlay/plan/peers.ts";
import { neighbourSteps } from "../../../lib/overlay/plan/static_neighbours.ts";
import type { WantedInterface } from "../../../lib/overlay/wanted.ts";
import { anInterface, aWantedState } from "../plan/worlds.ts";
import { namespaceCommand } from "./real_namespace.ts";

/** gc_thresh3 is 1024 where nobody has raised it: 33 members that talk to each other are more. */
const members = Array.from({ length: 60 }, (_, at) => at + 1);

const podIp = (at: number): string => `10.44.0.${at}`;
const address = (at: number): string => `10.1.0.${at}`;
const mac = (at: number): string => `02:00:00:00:01:${at.toString(16).padStart(2, "0")}`;

const isRoot = (await namespaceCommand())?.[1] === "-n";

/** One talker is enough to see that they are found out without it: more might fill the table that all tests share. */
for (const [neigh, talkers] of [["static", members.slice(0, 6)], [undefined, [1]]] as const) {
  Deno.test({
    name: `60 members on a kernel, ${neigh ?? "without neigh=static"}: neighbours that are found out${
      isRoot ? "" : " (needs root)"
    }`,
    ignore: !isRoot,
    fn: async () => {
      const network: WantedInterface = anInterface({
        ...(neigh !== undefined && { neigh }),
        peers: members.map(podIp).sort(),
        neighbours: members.map((at) => ({ address: address(at), mac: mac(at), dst: podIp(at) })),
      });
      const output = await inNamespaces(scriptOf(network, talkers));
      const [, heard, found, fresh, kernel, fdb] = output.split("@\n").map((part) => part.trim());
      if (neigh === "static") assert.equal(found, "0");
      else assert.ok(Number(found) > 0, "none was found out");
      assert.match(fresh ?? "", /REACHABLE|DELAY|STALE/, "a neighbour that nobody has set is found");
      // How many of these fit into the table depends on what else runs.
      if (neigh === undefined) return;
      assert.equal(heard, "yes", "each has heard them all");
      const own = new Set([podIp(1)]);
      const state = readIp((kernel ?? "").split("\n"), ["address show", permanentNeighbours]);
      const ours = state.neighbours?.filter(({ ours }) => ours);
      assert.equal(ours?.length, members.length - 1);
      const [link] = state.links.filter(({ name }) => name === network.interfaceName);
      assert.ok(link !== undefined);
      const { additions, deletions, obstacles } = neighbourSteps([{ wanted: network, link }], {
        ...state,
        own,
      });
      const entries = fdbSteps([{ wanted: network }], { fdb: readFdb([fdb ?? ""]), own });
      assert.deepEqual([additions, deletions, obstacles, entries], [[], [], [], {
        appends: [],
        deletions: [],
      }]);
    },
  });
}

/** Everything in one go: the namespaces go with the one in which they are mounted. */
function scriptOf(network: WantedInterface, talkers: readonly number[]): string {
  return [
    "set -e; mount -t tmpfs tmpfs /run; mkdir /run/netns",
    "ip link add hub type bridge mcast_snooping 0 forward_delay 0; ip link set hub up",
    ...members.map((at) => `ip netns add m${at}`),
    ...members.flatMap((at) => [
      `ip link add eth0 netns m${at} address ${underlayMac(at)} type veth peer name p${at}`,
      `ip link set p${at} master hub up`,
    ]),
    ...members.map((at) => batch(at, "ip", linesOf(at))),
    ...members.map((at) => {
      const { ip, bridge } = peerLines(at, network);
      return `${batch(at, "bridge", bridge)}\n${ip.length === 0 ? "" : batch(at, "ip", ip)}`;
    }),
    // The other end says that nobody listens there. What is lost on a slow machine is sent again.
    `hear() { ip netns exec m$1 awk '/^Udp:/ { n = $3 } END { exit n < ${talkers.length} }' /proc/net/snmp; }`,
    `all() { for at in ${members.join(" ")}; do hear $at || return 1; done; }`,
    "talk() {",
    ...talkers.map((at) =>
      inMember(at, `for to in ${members.map(address).join(" ")}; do ${send("$to")}; done`)
    ),
    "}",
    `for round in $(seq ${network.neigh === undefined ? 3 : 50}); do talk 2>&1 || true; all && break; done`,
    "echo @; all && echo yes || true",
    "echo @",
    `{ for at in ${members.join(" ")}; do ip -n m$at -o neigh show dev vxeth0 nud all; done; } | ` +
    "grep -cv -e PERMANENT -e NOARP || true",
    "echo @",
    // Two that know nothing of each other.
    "ip netns add x; ip netns add y; ip link add v netns x type veth peer name v netns y",
    "ip -n x address add 10.2.0.1/24 dev v; ip -n y address add 10.2.0.2/24 dev v",
    "ip -n x link set v up; ip -n y link set v up",
    // Other tests may fill the table for a while.
    `for try in $(seq 600); do ip netns exec x bash -c '${send("10.2.0.2")}' >&2 || true; sleep 0.1`,
    "ip -n x neigh show to 10.2.0.2 | grep lladdr && break; done",
    "echo @",
    inMember(
      1,
      "ip -json -details address show; ip -json -details neigh show nud permanent dev vxeth0; echo @; bridge -json fdb show",
    )
      .replace(" dev vxeth0", ""),
  ].join("\n");
}

function underlayMac(at: number): string {
  return `02:00:00:00:02:${at.toString(16).padStart(2, "0")}`;
}

/** Its eth0 knows the others: how pods find each other's IPs is a matter of the network plugin. */
function linesOf(at: number): readonly string[] {
  return [
    "link set lo up",
    `address add ${podIp(at)}/24 dev eth0`,
    "link set eth0 up",
    ...members.map((other) =>
      `neigh replace ${podIp(other)} lladdr ${underlayMac(other)} dev eth0 nud permanent`
    ),
    `link add vxeth0 address ${mac(at)} type vxlan id 100 dev eth0 dstport 8472`,
    `address add ${address(at)}/24 dev vxeth0`,
    "link set vxeth0 up",
  ];
}

/** What the controller would send for a network of which nothing is known yet. */
function peerLines(
  at: number,
  network: WantedInterface,
): { readonly ip: readonly string[]; readonly bridge: readonly string[] } {
  const wanted = aWantedState([network], { own: new Set([podIp(at)]) });
  const { appends } = new PeerChanges().steps(wanted, {
    kernel: { links: [] },
    peers: new Map([["vxeth0", { peers: [], neighbours: [] }]]),
  });
  const lines = appends.map((step) => render(step, { chance: 0 }));
  const of = (wantedTool: string): readonly string[] =>
    lines.flatMap(({ tool, text }) => tool === wantedTool ? [text] : []);
  return { ip: of("ip"), bridge: of("bridge") };
}

function batch(at: number, tool: "ip" | "bridge", lines: readonly string[]): string {
  return `${tool} -n m${at} -batch - <<'LINES'\n${lines.join("\n")}\nLINES`;
}

function inMember(at: number, command: string): string {
  return `ip netns exec m${at} bash -c '${command}'`;
}

/** A datagram to a port where nobody listens. */
function send(to: string): string {
  return `echo > /dev/udp/${to}/9`;
}

async function inNamespaces(script: string): Promise<string> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, script);
    const { success, stdout, stderr } = await new Deno.Command("unshare", {
      args: ["-n", "-m", "bash", file],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (success) return new TextDecoder().decode(stdout);
    throw new Error(new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(file);
  }
}
