// Does the invariant checker see every way in which an overlay can fail to hold?
import assert from "node:assert/strict";
import { type ExpectedMember, lookThrough, violations } from "./invariant.ts";
import { createToyNamespace, type ToyNamespace } from "./toy/kernel.ts";

const members: readonly ExpectedMember[] = [
  {
    pod: "a",
    podIp: "10.0.0.1",
    network: "net",
    vni: 7,
    addresses: ["192.168.0.1/24"],
    routes: ["192.168.9.0/24 via 192.168.0.2"],
  },
  { pod: "b", podIp: "10.0.0.2", network: "net", vni: 7 },
];
const alias = "kube-vxlan-controller:network=net,annotation=key";
const good: Readonly<Record<string, readonly string[]>> = {
  a: [
    "ip link add net type vxlan id 7 dev eth0 dstport 8472",
    `ip link set net alias ${alias}`,
    "ip link set net up",
    "ip address add 192.168.0.1/24 dev net",
    "ip route add 192.168.9.0/24 via 192.168.0.2 dev net",
    "bridge fdb append 00:00:00:00:00:00 dst 10.0.0.2 dev net",
  ],
  b: [
    "ip link add net type vxlan id 7 dev eth0 dstport 8472",
    "ip link set net up",
    "bridge fdb append 00:00:00:00:00:00 dst 10.0.0.1 dev net",
  ],
  c: [],
};

const cases: readonly {
  readonly it: string;
  /** What somebody does to pod a (or c) afterwards. */
  readonly then: readonly string[];
  readonly pod?: string;
  readonly found: readonly string[];
}[] = [
  { it: "holds", then: [], found: [] },
  {
    it: "an entry is missing",
    then: ["bridge fdb delete 00:00:00:00:00:00 dst 10.0.0.2 dev net"],
    found: ["a net lacks the entry to 10.0.0.2 (b)"],
  },
  {
    it: "an entry too many",
    then: ["bridge fdb append 00:00:00:00:00:00 dst 10.0.0.9 dev net"],
    found: ["a net has the entry 00:00:00:00:00:00 to 10.0.0.9, who is no peer"],
  },
  {
    it: "a learned entry for a stranger",
    then: ["bridge fdb append 02:00:00:00:00:09 dst 10.0.0.9 dev net"],
    found: ["a net has the entry 02:00:00:00:00:09 to 10.0.0.9, who is no peer"],
  },
  { it: "no interface", then: ["ip link delete net"], found: ["a lacks the interface net of net"] },
  {
    it: "down, and so without its routes",
    then: ["ip link set net down"],
    found: ["a net is down", "a net lacks the route 192.168.9.0/24 via 192.168.0.2"],
  },
  {
    it: "an address is missing, and with it the way to the gateway",
    then: ["ip address delete 192.168.0.1/24 dev net"],
    found: ["a net lacks the address 192.168.0.1/24", "a net lacks the route 192.168.9.0/24 via 192.168.0.2"],
  },
  {
    it: "an interface in a bystander",
    pod: "c",
    then: ["ip link add net type vxlan id 7 dev eth0 dstport 8472", `ip link set net alias ${alias}`],
    found: [`c has the interface net (${alias}), which nobody expects`],
  },
  {
    it: "a foreign interface in a bystander",
    pod: "c",
    then: ["ip link add other type vxlan id 8 dev eth0 dstport 8472"],
    found: [],
  },
];

for (const { it, then, found, pod = "a" } of cases) {
  Deno.test(`invariant: ${it}`, async () => {
    const pods = new Map(
      Object.entries(good).map(([name, commands]) => [name, namespaceWith(name, commands)]),
    );
    run(pods.get(pod), then);
    const observe = lookThrough((name, argv) => Promise.resolve(pods.get(name)?.run(argv).stdout ?? ""));
    assert.deepEqual(await violations({ members, bystanders: ["c"], observe }), found);
  });
}

Deno.test("invariant: another VNI or port than expected", async () => {
  const pods = new Map(Object.entries(good).map(([name, commands]) => [name, namespaceWith(name, commands)]));
  const observe = lookThrough((name, argv) => Promise.resolve(pods.get(name)?.run(argv).stdout ?? ""));
  const other = members.map((member) => ({ ...member, vni: 8, port: 4789 }));
  const found = await violations({ members: other, observe });
  assert.deepEqual(found.filter((text) => text.startsWith("b")), [
    "b net has VNI 7, not 8",
    "b net has port 8472, not 4789",
  ]);
});

function namespaceWith(name: string, commands: readonly string[]): ToyNamespace {
  const number = name.charCodeAt(0) - 96;
  const addresses = [`10.0.0.${number}/24`];
  const namespace = createToyNamespace({ eth0: { mac: `02:00:00:00:00:0${number}`, mtu: 1500, addresses } });
  run(namespace, commands);
  return namespace;
}

function run(namespace: ToyNamespace | undefined, commands: readonly string[]): void {
  for (const command of commands) {
    const result = namespace?.run(command.split(" "));
    assert.equal(result?.code, 0, `${command}: ${result?.stderr}`);
  }
}
