// How each step is written and told, and that nothing but the grammar ever gets into a line.
import assert from "node:assert/strict";
import fc from "fast-check";
import { describe } from "../../../lib/overlay/step_text.ts";
import { floodMac, render } from "../../../lib/overlay/iproute2/render.ts";
import type { Step } from "../../../lib/overlay/step.ts";
import { temporaryName } from "../../../lib/overlay/wanted.ts";
import { tries } from "../../tools/by_chance.ts";

const add = {
  kind: "add-link",
  interfaceName: "vxeth0",
  temporary: "kvx0",
  vni: 100,
  port: 8472,
  family: 4,
  underlay: "eth0",
  mac: "02:00:00:00:00:01",
  why: "it does not exist",
} as const;

const made = temporaryName("kvx0", { interfaceName: "vxeth0", chance: 0 });

const cases: readonly { readonly step: Step; readonly line: string; readonly told: string }[] = [
  {
    step: {
      kind: "set-neighbour",
      interfaceName: "vxeth0",
      address: "192.168.10.2",
      mac: "02:00:00:00:00:02",
    },
    line: "ip: neigh replace 192.168.10.2 lladdr 02:00:00:00:00:02 dev vxeth0 nud permanent protocol 86",
    told: "set neighbour 192.168.10.2 (02:00:00:00:00:02) on vxeth0",
  },
  {
    step: { kind: "forget-neighbour", interfaceName: "vxeth0", address: "fd00::2", permanent: true },
    line: "ip: neigh flush to fd00::2 dev vxeth0 nud permanent",
    told: "forget fd00::2 on vxeth0",
  },
  {
    step: { kind: "forget-neighbour", interfaceName: "vxeth0" },
    line: "ip: neigh flush dev vxeth0",
    told: "forget all neighbours on vxeth0",
  },
  {
    step: { kind: "replace-fdb", interfaceName: "vxeth0", mac: "02:00:00:00:00:02", dst: "10.0.0.2" },
    line: "bridge: fdb replace 02:00:00:00:00:02 dst 10.0.0.2 dev vxeth0 self permanent",
    told: "send frames for 02:00:00:00:00:02 to 10.0.0.2 on vxeth0",
  },
  {
    step: { kind: "delete-link", interfaceName: "vxeth0", why: "its VNI is 7, not 100" },
    line: "ip: link delete dev vxeth0",
    told: "delete interface vxeth0: its VNI is 7, not 100",
  },
  {
    step: add,
    line: `ip: link add name ${made} address 02:00:00:00:00:01 type vxlan id 100 dev eth0 dstport 8472`,
    told: "create interface vxeth0 (VNI 100 on eth0, port 8472): it does not exist",
  },
  {
    step: { ...add, mtu: 1400, family: 6, local: "fd00::5", master: "br0" },
    line:
      `ip: link add name ${made} address 02:00:00:00:00:01 master br0 mtu 1400 type vxlan id 100 dev eth0 dstport 8472 ` +
      "local fd00::5",
    told: "create interface vxeth0 (VNI 100 on eth0, port 8472): it does not exist",
  },
  {
    step: { kind: "name-link", interfaceName: "vxeth0", temporary: "kvx0", vni: 100, alias: "x", up: true },
    line: `ip: link set dev ${made} name vxeth0 alias x up type vxlan id 100`,
    told: "mark interface vxeth0 as ours, give it its name and bring it up",
  },
  {
    step: { kind: "name-link", interfaceName: "vxeth0", temporary: "kvx0", vni: 100, alias: "x", up: false },
    line: `ip: link set dev ${made} name vxeth0 alias x type vxlan id 100`,
    told: "mark interface vxeth0 as ours and give it its name",
  },
  {
    step: {
      kind: "set-alias",
      interfaceName: "vxeth0",
      alias: "kube-vxlan-controller:network=a,annotation=b.c/d",
    },
    line: "ip: link set dev vxeth0 alias kube-vxlan-controller:network=a,annotation=b.c/d",
    told: "mark interface vxeth0 as ours",
  },
  {
    step: { kind: "set-up", interfaceName: "vxeth0", index: 7 },
    line: "ip: link set dev if0000000007 up",
    told: "bring interface vxeth0 up",
  },
  {
    step: { kind: "delete-route", interfaceName: "vxeth0", index: 2147483647, subnet: "10.0.0.0/8" },
    line: "ip: route delete 10.0.0.0/8 dev if00002147483647 proto 86",
    told: "remove route 10.0.0.0/8 from vxeth0",
  },
  {
    step: { kind: "append-fdb", interfaceName: "vxeth0", index: 7, dst: "10.0.0.2" },
    line: `bridge: fdb append ${floodMac} dst 10.0.0.2 dev vxeth0`,
    told: "add peer 10.0.0.2 to vxeth0",
  },
  {
    step: { kind: "set-underlay", interfaceName: "vxeth0", vni: 100, underlay: "tun0" },
    line: "ip: link set dev vxeth0 type vxlan id 100 dev tun0",
    told: "move interface vxeth0 to device tun0",
  },
  {
    step: { kind: "set-mtu", interfaceName: "vxeth0", mtu: 1400 },
    line: "ip: link set dev vxeth0 mtu 1400",
    told: "set MTU of vxeth0 to 1400",
  },
  {
    step: { kind: "set-mac", interfaceName: "vxeth0", mac: "02:00:00:00:00:01" },
    line: "ip: link set dev vxeth0 address 02:00:00:00:00:01",
    told: "set MAC address of vxeth0 to 02:00:00:00:00:01",
  },
  {
    step: { kind: "set-up", interfaceName: "vxeth0" },
    line: "ip: link set dev vxeth0 up",
    told: "bring interface vxeth0 up",
  },
  {
    step: { kind: "add-address", interfaceName: "vxeth0", cidr: "192.168.10.1/24", family: 4 },
    line: "ip: address replace 192.168.10.1/24 dev vxeth0",
    told: "add address 192.168.10.1/24 to vxeth0",
  },
  {
    step: { kind: "add-address", interfaceName: "vxeth0", cidr: "fd01::1/64", family: 6 },
    line: "ip: address replace fd01::1/64 dev vxeth0 nodad",
    told: "add address fd01::1/64 to vxeth0",
  },
  {
    step: { kind: "delete-address", interfaceName: "vxeth0", cidr: "192.168.10.1/24" },
    line: "ip: address delete 192.168.10.1/24 dev vxeth0",
    told: "remove address 192.168.10.1/24 from vxeth0",
  },
  {
    step: { kind: "add-route", interfaceName: "vxeth0", subnet: "fd02::/64", gateway: "fd01::2" },
    line: "ip: route add fd02::/64 via fd01::2 dev vxeth0 proto 86",
    told: "add route fd02::/64 via fd01::2 on vxeth0",
  },
  {
    step: { kind: "delete-route", interfaceName: "vxeth0", subnet: "10.0.0.0/8", gateway: "192.168.10.2" },
    line: "ip: route delete 10.0.0.0/8 via 192.168.10.2 dev vxeth0 proto 86",
    told: "remove route 10.0.0.0/8 via 192.168.10.2 from vxeth0",
  },
  {
    step: { kind: "delete-route", interfaceName: "vxeth0", subnet: "0.0.0.0/0" },
    line: "ip: route delete 0.0.0.0/0 dev vxeth0 proto 86",
    told: "remove route 0.0.0.0/0 from vxeth0",
  },
  {
    step: { kind: "append-fdb", interfaceName: "vxeth0", dst: "10.0.0.2" },
    line: "bridge: fdb append 00:00:00:00:00:00 dst 10.0.0.2 dev vxeth0",
    told: "add peer 10.0.0.2 to vxeth0",
  },
  {
    step: { kind: "delete-fdb", interfaceName: "vxeth0", mac: floodMac, dst: "10.0.0.2" },
    line: "bridge: fdb delete 00:00:00:00:00:00 dst 10.0.0.2 dev vxeth0",
    told: "remove peer 10.0.0.2 from vxeth0",
  },
  {
    step: { kind: "delete-fdb", interfaceName: "vxeth0", mac: "02:00:00:00:00:02", dst: "fd00::2" },
    line: "bridge: fdb delete 02:00:00:00:00:02 dst fd00::2 dev vxeth0",
    told: "remove entry 02:00:00:00:00:02 of fd00::2 from vxeth0",
  },
  {
    step: { kind: "set-ready" },
    line: "ip: link set dev lo alias kube-vxlan-controller:ready",
    told: "mark the pod as ready",
  },
];

for (const { step, line, told } of cases) {
  Deno.test(`rendering: ${line}`, () => {
    const { tool, text } = render(step, { chance: 0 });
    assert.equal(`${tool}: ${text}`, line);
    assert.equal(describe(step), told);
  });
}

const refused: readonly { readonly it: string; readonly step: Step; readonly message: string }[] = [
  {
    it: "a name with a blank",
    step: { kind: "set-up", interfaceName: "a b" },
    message: 'Cannot render a command: "a b" is not an interface name',
  },
  {
    it: "a name with a new line at its end",
    step: { kind: "set-up", interfaceName: "a\n" },
    message: 'Cannot render a command: "a\\n" is not an interface name',
  },
  {
    it: "a name that is an option",
    step: { kind: "delete-link", interfaceName: "-batch", why: "" },
    message: 'Cannot render a command: "-batch" is not an interface name',
  },
  {
    it: "a name of 16 bytes",
    step: { kind: "set-up", interfaceName: "a".repeat(16) },
    message: 'Cannot render a command: "aaaaaaaaaaaaaaaa" is not an interface name',
  },
  {
    it: "an alias with a blank",
    step: { kind: "set-alias", interfaceName: "a", alias: "two words" },
    message: 'Cannot render a command: "two words" is not an alias',
  },
  {
    it: "a VNI out of range",
    step: { ...add, vni: 16777216 },
    message: "Cannot render a command: 16777216 is not a VNI (1..16777215)",
  },
  {
    it: "a port that is no number",
    step: { ...add, port: NaN },
    message: "Cannot render a command: null is not a port (1..65535)",
  },
  {
    it: "a local address of another family",
    step: { ...add, local: "10.0.0.1", family: 6 },
    message: 'Cannot render a command: "10.0.0.1" is not a canonical address',
  },
  {
    it: "an address that is not canonical",
    step: { kind: "append-fdb", interfaceName: "a", dst: "FD00::1" },
    message: 'Cannot render a command: "FD00::1" is not a canonical address',
  },
  {
    it: "half an address",
    step: { kind: "append-fdb", interfaceName: "a", dst: "10.1" },
    message: 'Cannot render a command: "10.1" is not a canonical address',
  },
  {
    it: "an address without a length",
    step: { kind: "delete-address", interfaceName: "a", cidr: "10.0.0.1" },
    message: 'Cannot render a command: "10.0.0.1" is not a canonical address with its prefix length',
  },
  {
    it: "a MAC in capitals",
    step: { kind: "set-mac", interfaceName: "a", mac: "02:AA:00:00:00:00" },
    message: 'Cannot render a command: "02:AA:00:00:00:00" is not a MAC address',
  },
];

for (const { it, step, message } of refused) {
  Deno.test(`rendering refuses ${it}`, () => assert.throws(() => render(step, { chance: 0 }), { message }));
}

/** Good values and hostile ones, so that some steps render and some do not. */
function text(...good: readonly string[]): fc.Arbitrary<string> {
  const hostile = [
    "",
    " ",
    "a b",
    "x\nlink delete dev eth0",
    "$(id)",
    "-batch",
    "10.1",
    "é",
    "a;b",
    "0145",
    "\u202e",
  ];
  return fc.oneof(fc.constantFrom(...good), fc.constantFrom(...hostile), fc.string({ unit: "binary" }));
}

const names = text("vxeth0", "eth0", "a.b-c_d");
const addresses = text("10.0.0.2", "fd00::2");
const subnets = text("10.0.0.0/8", "fd00::/64", "0.0.0.0/0", "::/0");
const macs = text("02:00:00:00:00:01");
const numbers = fc.oneof(fc.integer({ min: 1, max: 70000 }), fc.double(), fc.integer());
const families = fc.constantFrom(4, 6);

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("delete-link"), interfaceName: names, why: fc.string() }),
  fc.record({
    kind: fc.constant("add-link"),
    interfaceName: names,
    temporary: names,
    master: names,
    vni: numbers,
    port: numbers,
    family: families,
    local: addresses,
    underlay: names,
    mac: macs,
    mtu: numbers,
    why: fc.string(),
  }, {
    requiredKeys: ["kind", "interfaceName", "temporary", "vni", "port", "family", "underlay", "mac", "why"],
  }),
  fc.record({
    kind: fc.constant("set-alias"),
    interfaceName: names,
    alias: text("kube-vxlan-controller:a=b,c=d/e"),
  }),
  fc.record({ kind: fc.constant("set-underlay"), interfaceName: names, vni: numbers, underlay: names }),
  fc.record({ kind: fc.constant("set-mtu"), interfaceName: names, mtu: numbers }),
  fc.record({ kind: fc.constant("set-mac"), interfaceName: names, mac: macs }),
  fc.record({ kind: fc.constant("set-up"), interfaceName: names }),
  fc.record({ kind: fc.constant("add-address"), interfaceName: names, cidr: subnets, family: families }),
  fc.record({ kind: fc.constant("delete-address"), interfaceName: names, cidr: subnets }),
  fc.record({ kind: fc.constant("add-route"), interfaceName: names, subnet: subnets, gateway: addresses }),
  fc.record(
    { kind: fc.constant("delete-route"), interfaceName: names, subnet: subnets, gateway: addresses },
    {
      requiredKeys: ["kind", "interfaceName", "subnet"],
    },
  ),
  fc.record({ kind: fc.constant("append-fdb"), interfaceName: names, dst: addresses }),
  fc.record({ kind: fc.constant("delete-fdb"), interfaceName: names, mac: macs, dst: addresses }),
);

Deno.test("rendering: whatever a step holds, a line has only words of the grammar, or there is none", () => {
  let rendered = 0;
  fc.assert(
    fc.property(steps, (step) => {
      const line = rendering(step);
      if (line === undefined) return;
      rendered++;
      assert.match(
        line,
        /^(link|address|route|fdb) (add|append|delete|replace|set)( [A-Za-z0-9:][A-Za-z0-9_.:,=/-]*)+$/,
      );
    }),
    tries(5000),
  );
  assert.ok(rendered > 100, `only ${rendered} lines were rendered: the test shows too little`);
});

function rendering(step: Step): string | undefined {
  try {
    return render(step, { chance: 0 }).text;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Cannot render a command: ")) return undefined;
    throw error;
  }
}
