// What is read from captured answers of `ip` and `bridge` (see tests/testdata/overlay/capture.sh), and what
// is refused.
import { ipQuestions } from "../../../lib/overlay/iproute2/questions.ts";
import assert from "node:assert/strict";
import { readRules } from "../../../lib/overlay/iproute2/read_rules.ts";
import { ReadingError } from "../../../lib/overlay/iproute2/fields.ts";
import type {
  KernelState,
  Observation,
  ObservedLink,
  ObservedRoute,
} from "../../../lib/overlay/observation.ts";
import { readFdb, readIp, readRefusals } from "../../../lib/overlay/iproute2/read.ts";
import { permanentNeighbours, readNeighbours } from "../../../lib/overlay/iproute2/read_neighbours.ts";
import { ourRoutes } from "../../../lib/overlay/iproute2/read_routes.ts";
import { isReady, readyMarker } from "../../../lib/overlay/step.ts";
import { aliasOf } from "../../../lib/overlay/wanted.ts";
import { aDevice, anInterface, annotationKey, anObservation, routes } from "../plan/worlds.ts";

const zero = "00:00:00:00:00:00";

/** Everything, as the captured answers tell it. */
const all = ["address show", "route show table all"];
const read = (answers: readonly string[]): KernelState => readIp(answers, all);

function scene(name: string): Observation {
  const lines = (tool: string): readonly string[] =>
    Deno.readTextFileSync(new URL(`../../testdata/overlay/${name}.${tool}`, import.meta.url)).trim().split(
      "\n",
    );
  return { ...read(lines("ip")), fdb: readFdb(lines("bridge")) };
}

function linkOf(name: string, link: string): ObservedLink | undefined {
  return scene(name).links.find((candidate) => candidate.name === link);
}

Deno.test("reading: of links that are alike in many pods the parts are kept once, and what differs is read as it is", () => {
  const [first, second] = [linkOf("member", "vxeth0"), linkOf("member", "vxeth0")];
  assert.ok(first?.vxlan !== undefined && first === second);
  const line = (mac: string): string =>
    JSON.stringify([{
      ifindex: 2,
      ifname: "a",
      mtu: 1400,
      address: mac,
      flags: ["UP"],
      ifalias: "x",
      addr_info: [],
    }]);
  const [one, other, again] = ["02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:01"]
    .map((mac) => read([line(mac), "[]"]).links[0]);
  assert.deepEqual([one?.mac, other?.mac, again?.mac], [
    "02:00:00:00:00:01",
    "02:00:00:00:00:02",
    "02:00:00:00:00:01",
  ]);
  assert.deepEqual(one, again);
});

Deno.test("reading: large links are kept for nobody, for pods choose how large theirs are", () => {
  const line = (addresses: number): string => {
    const all = Array.from({ length: addresses }, (_, at) => ({
      ...{ family: "inet", local: `10.0.${at >> 8}.${at & 255}`, prefixlen: 24, scope: "global" },
    }));
    return JSON.stringify([{ ifindex: 2, ifname: "large", mtu: 1400, flags: ["UP"], addr_info: all }]);
  };
  const twice = (addresses: number): boolean =>
    read([line(addresses), "[]"]).links[0] === read([line(addresses), "[]"]).links[0];
  assert.deepEqual([twice(2), twice(2_000), twice(2)], [true, false, true]);
});

Deno.test("reading: a namespace without anything", () => {
  assert.deepEqual(scene("bare"), {
    links: [{
      index: 1,
      name: "lo",
      altnames: [],
      mtu: 65536,
      mac: zero,
      up: false,
      alias: "",
      kind: "",
      addresses: [],
    }],
    routes: [],
    fdb: [],
  });
});

Deno.test("reading: a fresh pod has both families in one answer, and no forwarding entries of ours", () => {
  const { links, routes, fdb } = scene("fresh");
  assert.deepEqual(links.map(({ name, up, kind, addresses }) => ({ name, up, kind, addresses })), [
    {
      name: "eth0",
      up: true,
      kind: "veth",
      addresses: ["10.244.1.5/24", "fd00:10:244:1::5/64", "fe80::42:aff:fef4:105/64"],
    },
    { name: "lo", up: true, kind: "", addresses: ["127.0.0.1/8", "::1/128"] },
  ]);
  assert.deepEqual(routes.filter(({ table }) => table === "main").map(routeText), [
    "0.0.0.0/0 via 10.244.1.1 dev eth0",
    "10.244.1.0/24 dev eth0",
    "fd00:10:244:1::/64 dev eth0 metric 256",
    "fe80::/64 dev eth0 metric 256",
    "::/0 via fd00:10:244:1::1 dev eth0 metric 1024",
  ]);
  assert.deepEqual(fdb, []);
});

Deno.test("reading: a member's links over IPv4 and IPv6", () => {
  assert.deepEqual(linkOf("member", "vxeth0"), {
    index: 3,
    name: "vxeth0",
    altnames: [],
    mtu: 1400,
    mac: "02:00:00:00:01:05",
    up: true,
    alias: aliasOf("vxeth0", annotationKey),
    kind: "vxlan",
    vxlan: { vni: 100, port: 8472, family: 4, dev: "eth0" },
    addresses: ["192.168.10.5/24", "fd01::5/64", "fe80::ff:fe00:105/64"],
  });
  const overIpv6 = linkOf("member", "vxeth1");
  assert.deepEqual(overIpv6?.vxlan, {
    vni: 101,
    port: 4789,
    family: 6,
    dev: "eth0",
    local: "fd00:10:244:1::5",
  });
  assert.deepEqual([overIpv6?.up, overIpv6?.mtu, overIpv6?.addresses], [false, 1430, []]);
});

Deno.test("reading: a member's routes say which are ours; hosts get their length", () => {
  const routes = scene("member").routes.filter(({ dev, gateway }) =>
    dev === "vxeth0" && gateway !== undefined
  );
  assert.deepEqual(routes.map((route) => `${routeText(route)}${route.ours ? " ours" : ""}`), [
    "192.168.20.0/24 via 192.168.10.6 dev vxeth0 ours",
    "192.168.30.1/32 via 192.168.10.6 dev vxeth0",
    "fd02::/64 via fd01::6 dev vxeth0 metric 1024 ours",
  ]);
});

Deno.test("reading: a member's forwarding entries, learned ones beside ours", () => {
  assert.deepEqual(scene("member").fdb, [
    { dev: "vxeth0", mac: "02:00:00:00:01:06", dst: "10.244.1.6" },
    { dev: "vxeth0", mac: zero, dst: "10.244.1.6", permanent: true },
    { dev: "vxeth0", mac: zero, dst: "10.244.2.7", permanent: true },
    { dev: "vxeth1", mac: zero, dst: "fd00:10:244:2::7", permanent: true },
  ]);
  const floods = scene("many").fdb.filter(({ dev, mac }) => dev === "vxeth0" && mac === zero);
  assert.equal(floods.length, 202);
});

Deno.test("reading: down and up again, a link keeps its IPv4 address and entries and loses the rest", () => {
  const seen = (name: string): unknown => {
    const { routes, fdb } = scene(name);
    const isOfVx = ({ dev }: { readonly dev: string }): boolean => dev === "vxeth0";
    const addresses = linkOf(name, "vxeth0")?.addresses.filter((text) => !text.startsWith("fe80"));
    const gateways = routes.filter(isOfVx).filter(({ gateway }) => gateway !== undefined).length;
    return {
      up: linkOf(name, "vxeth0")?.up,
      addresses,
      gateways,
      floods: fdb.filter(isOfVx).filter(({ mac }) => mac === zero).length,
    };
  };
  assert.deepEqual(seen("down"), { up: false, addresses: ["192.168.10.5/24"], gateways: 0, floods: 2 });
  assert.deepEqual(seen("up"), { up: true, addresses: ["192.168.10.5/24"], gateways: 0, floods: 2 });
});

Deno.test("reading: foreign links of all kinds", () => {
  const links = scene("foreign").links.map(({ name, kind, mac }) =>
    `${name} ${kind} ${mac === "" ? "-" : ""}`
  );
  assert.deepEqual(links.map((text) => text.trim()), [
    "br0 bridge",
    "eth0 veth",
    "lo",
    "mac0 macvlan",
    "tap0 tun",
    "tun0 tun -",
    "veth1 veth",
    "veth2 veth",
    "vx-external vxlan",
    "vx-group vxlan",
    "vx-local vxlan",
    "vx-nodev vxlan",
    "vx-remote vxlan",
    "vx-remote6 vxlan",
  ]);
  assert.deepEqual(linkOf("foreign", "vx-remote")?.alias, 'somebody\'s own, "quoted"');
  assert.deepEqual(linkOf("foreign", "tun0")?.addresses, ["172.31.0.1/32"]);
  const vxlans = scene("foreign").links.flatMap(({ name, vxlan }) =>
    vxlan === undefined ? [] : [[name, vxlan]]
  );
  assert.deepEqual(Object.fromEntries(vxlans), {
    "vx-external": { vni: 0, port: 8473, family: 4, dev: "eth0" },
    "vx-group": { vni: 9, port: 8472, family: 4, dev: "eth0", remote: "239.1.1.1" },
    "vx-local": { vni: 8, port: 8472, family: 4, local: "10.244.1.5" },
    "vx-nodev": { vni: 7, port: 8472, family: 4 },
    "vx-remote": { vni: 10, port: 8472, family: 4, dev: "eth0", remote: "10.244.1.7" },
    "vx-remote6": { vni: 11, port: 8472, family: 6, dev: "eth0", remote: "fd00:10:244:1::7" },
  });
});

Deno.test("reading: foreign routes of all kinds and tables", () => {
  const { routes } = scene("foreign");
  const others = routes.filter(({ table, subnet }) => table !== "local" && !subnet.startsWith("fe80"));
  assert.deepEqual(others.map((route) => `${routeText(route)} table ${route.table}`), [
    "192.0.2.0/24 via 10.244.1.9 dev eth0 table 100",
    "0.0.0.0/0 dev tun0 table 200",
    "0.0.0.0/0 via 10.244.1.9 dev eth0 table 201",
    "0.0.0.0/0 via 10.244.1.1 dev eth0 table main",
    "10.244.1.0/24 dev eth0 table main",
    "172.31.0.2/32 dev tun0 table main",
    "192.0.2.0/24 via 10.244.1.9 dev eth0 metric 50 table main",
    "192.0.2.200/32 via 10.244.1.9 dev eth0 table main",
    "198.18.0.0/15 via fd00:10:244:1::9 dev eth0 table main",
    "198.51.100.0/24 dev  table main",
    "203.0.113.0/24 via 10.244.1.9 dev eth0 table main",
    "203.0.113.0/24 via 10.244.1.10 dev eth0 table main",
    "::/0 dev tun0 metric 1024 table 200",
    "2001:db8:1::/48 via fd00:10:244:1::9 dev eth0 metric 1024 table main",
    "2001:db8:1::/48 via fd00:10:244:1::a dev eth0 metric 1024 table main",
    "2001:db8:2::1/128 via fd00:10:244:1::9 dev eth0 metric 1024 table main",
    "2001:db8:dead::/48 dev lo metric 1024 table main",
    "fd00:10:244:1::/64 dev eth0 metric 256 table main",
    "::/0 via fd00:10:244:1::1 dev eth0 metric 1024 table main",
  ]);
});

Deno.test("reading: entries with a port, VNI or device of their own are left out", () => {
  assert.deepEqual(scene("foreign").fdb, [
    { dev: "vx-remote", mac: "02:aa:00:00:00:01", dst: "10.244.1.8", permanent: true },
  ]);
});

const link = { ifname: "vx", ifindex: 3, mtu: 1450, flags: ["UP"] };
const route = { dst: "10.0.0.0/8", dev: "eth0" };

const refused: readonly { readonly it: string; readonly read: () => unknown; readonly message: string }[] = [
  {
    it: "text that is no JSON",
    read: () => read(["Error: argument", "[]"]),
    message: 'Cannot read links: expected JSON, found "Error: argument"',
  },
  {
    it: "an object in place of an array",
    read: () => read(["{}", "[]"]),
    message: "Cannot read links: expected an array, found {}",
  },
  {
    it: "a number in place of an object",
    read: () => read(["[]", "[1]"]),
    message: "Cannot read routes, entry 1: expected an object, found 1",
  },
  {
    it: "a link without a name",
    read: () => read([JSON.stringify([link, { ...link, ifname: undefined }]), "[]"]),
    message: 'Cannot read links, entry 2: expected text as "ifname", found nothing',
  },
  {
    it: "altnames that are no texts",
    read: () => read([JSON.stringify([{ ...link, altnames: "vy" }]), "[]"]),
    message: 'Cannot read links, entry 1: expected an array of texts as "altnames", found "vy"',
  },
  {
    it: "flags that are no texts",
    read: () => read([JSON.stringify([{ ...link, flags: [1] }]), "[]"]),
    message: 'Cannot read links, entry 1: expected an array of texts as "flags", found [1]',
  },
  {
    it: "a VNI that is text",
    read: () =>
      read([
        JSON.stringify([{ ...link, linkinfo: { info_kind: "vxlan", info_data: { id: "7", port: 8472 } } }]),
        "[]",
      ]),
    message: 'Cannot read links, entry 1, linkinfo, info_data: expected a whole number as "id", found "7"',
  },
  {
    it: "an address that is none",
    read: () =>
      read([
        JSON.stringify([{ ...link, addr_info: [{ family: "inet", local: "10.1", prefixlen: 8 }] }]),
        "[]",
      ]),
    message:
      'Cannot read links, entry 1, addr_info, entry 1: expected an IP address as "local", found "10.1"',
  },
  {
    it: "a subnet that is none",
    read: () => read(["[]", JSON.stringify([{ ...route, dst: "somewhere" }])]),
    message: 'Cannot read routes, entry 1: expected a subnet as "dst", found "somewhere"',
  },
  {
    it: "a gateway that is none",
    read: () => read(["[]", JSON.stringify([{ ...route, gateway: "$(id)" }])]),
    message: 'Cannot read routes, entry 1: expected an IP address as "gateway", found "$(id)"',
  },
  {
    it: "an entry without its device, as `fdb show dev X` prints it",
    read: () => readFdb([JSON.stringify([{ mac: zero, dst: "10.0.0.2" }])]),
    message: 'Cannot read forwarding entries, entry 1: expected text as "ifname", found nothing',
  },
  {
    it: "long foreign text only in part",
    read: () => readFdb(["x".repeat(1000)]),
    message: `Cannot read forwarding entries: expected JSON, found "${"x".repeat(79)}…`,
  },
  {
    it: "an answer too few",
    read: () => read(["[]"]),
    message: 'Cannot read the answers to "address show", "route show table all": expected 2 lines, found 1',
  },
];

for (const { it, read, message } of refused) {
  Deno.test(`reading refuses ${it}`, () => {
    assert.throws(
      read,
      (error) => error instanceof ReadingError && assert.equal(error.message, message) === undefined,
    );
  });
}

Deno.test("reading: other names, the bridge that a link is a port of, and what it stands on", () => {
  const named = JSON.stringify([{ ...link, altnames: ["vy", "vz"], master: "br0", link: "east" }]);
  const [read] = readIp([named], ["address show"]).links;
  assert.deepEqual([read?.altnames, read?.master, read?.lower], [["vy", "vz"], "br0", "east"]);
});

Deno.test("reading: routes that were asked for as ours are ours, though their protocol is not said again", () => {
  const questions = ["address show", ourRoutes, "route show table all exact 10.0.0.0/8"];
  const told = { ...route, gateway: "10.0.0.1" };
  const { routes } = readIp([
    "[]",
    `[${JSON.stringify(told)}]`,
    `[${JSON.stringify({ ...told, protocol: "86" })}]`,
  ], questions);
  assert.deepEqual(routes, [
    { subnet: "10.0.0.0/8", gateway: "10.0.0.1", dev: "eth0", ours: true, table: "main", metric: 0 },
  ]);
});

Deno.test("questions: only routes that have to do with what is wanted, each asked for once", () => {
  const one = anInterface({ routes: routes("10.1.0.0/24 via 192.168.0.9", "fd01::/64 via fd00::9") });
  const two = anInterface({ name: "two", routes: routes("10.2.0.0/24 via 192.168.0.9") });
  assert.deepEqual(ipQuestions({ interfaces: [one, two] }), [
    "address show",
    permanentNeighbours,
    "route show table all proto 86",
    "route show table all exact 0.0.0.0/0",
    "route show table all exact ::/0",
    "route show table all exact 10.1.0.0/24",
    "route show table all exact fd01::/64",
    "route show table all exact 10.2.0.0/24",
    "route show table all match 192.168.0.9",
    "route show table all match fd00::9",
  ]);
  assert.deepEqual(ipQuestions({ interfaces: [] }), [
    "address show",
    permanentNeighbours,
    "route show table all proto 86",
  ]);
});

Deno.test("reading leaves out the empty objects that older iproute2 prints", () => {
  assert.deepEqual(read([JSON.stringify([{}, link, {}]), "[{}]"]).links.map(({ name }) => name), ["vx"]);
});

Deno.test("refusals are told by line; what is not complete yet is left out", () => {
  const stderr = "RTNETLINK answers: File exists\nCommand failed -:8\nCommand failed -:9\n" +
    'Error: first.\n  second\nCommand failed -:12\nCannot find device "nosuch"\n';
  assert.deepEqual(readRefusals(stderr), [
    { line: 8, message: "RTNETLINK answers: File exists" },
    { line: 9, message: "refused without a reason" },
    { line: 12, message: "Error: first.; second" },
  ]);
  assert.deepEqual(readRefusals(""), []);
});

Deno.test("a pod is ready when lo carries the marker, and only lo", () => {
  const marked = { alias: readyMarker };
  assert.equal(isReady(anObservation()), false);
  assert.equal(isReady(anObservation([aDevice("vxeth0", marked)])), false);
  assert.equal(isReady({ links: [aDevice("lo", marked)] }), true);
  assert.equal(isReady({ links: [aDevice("lo", { alias: `${readyMarker}x` })] }), false);
});

function routeText({ subnet, gateway, dev, metric }: ObservedRoute): string {
  const via = gateway === undefined ? "" : ` via ${gateway}`;
  return `${subnet}${via} dev ${dev}${metric === 0 ? "" : ` metric ${metric}`}`;
}

Deno.test("rules: those of ours in the words that set them, all others as they are, none of the kernel's own", () => {
  const rules = [
    { priority: 0, src: "all", table: "local", protocol: "kernel" },
    { priority: 100, src: "10.1.0.0", srclen: 16, fwmark: "0x1", table: "100", protocol: "boot" },
    { priority: 1000, src: "all", l3mdev: null, table: "1000", protocol: "kernel" },
    { priority: 8600, src: "10.244.1.5", table: "main", protocol: "86" },
    { priority: 8601, src: "all", ipproto: "udp", dport: 8472, table: "main", protocol: "86" },
    // Without an /etc/protocols, in the words of several versions.
    { priority: 8601, src: "all", ipproto: "17", dport: 8473, table: "main", protocol: "86" },
    { priority: 8601, src: "all", ipproto: "ipproto-17", dport: 8474, table: "main", protocol: "86" },
    { priority: 8602, src: "all", dst: "10.96.0.0", dstlen: 12, table: "main", protocol: "86" },
    { priority: 8602, src: "all", dst: "10.0.0.7", table: "main", protocol: "86" },
    { priority: 8866, src: "all", table: "main", suppress_prefixlen: 0, protocol: "86" },
    { priority: 8867, src: "all", table: "86", protocol: "86" },
  ];
  assert.deepEqual(
    readRules(JSON.stringify(rules), 4).map(({ priority, ours, says }) => [priority, ours, says]),
    [
      [100, false, '{"src":"10.1.0.0","srclen":16,"fwmark":"0x1","table":"100"}'],
      [8600, true, "from 10.244.1.5 lookup main"],
      [8601, true, "ipproto 17 dport 8472 lookup main"],
      [8601, true, "ipproto 17 dport 8473 lookup main"],
      [8601, true, "ipproto 17 dport 8474 lookup main"],
      [8602, true, "to 10.96.0.0/12 lookup main"],
      [8602, true, "to 10.0.0.7/32 lookup main"],
      [8866, true, "lookup main suppress_prefixlength 0"],
      [8867, true, "lookup 86"],
    ],
  );
});

Deno.test("reading: neighbours that somebody has set, ours by their protocol; those without a MAC are left out", () => {
  const line =
    '[{"dst":"10.9.0.5","dev":"vx","lladdr":"02:00:00:00:00:0A","state":["PERMANENT"],"protocol":"86"},' +
    '{"dst":"fd00:0:0::6","dev":"vx","lladdr":"02:00:00:00:00:06","state":["PERMANENT"]},{},' +
    '{"dst":"10.9.0.7","dev":"tun0","state":["PERMANENT"]}]';
  assert.deepEqual(readNeighbours(line), [
    { dev: "vx", address: "10.9.0.5", mac: "02:00:00:00:00:0a", ours: true },
    { dev: "vx", address: "fd00::6", mac: "02:00:00:00:00:06", ours: false },
  ]);
  assert.throws(() => readNeighbours('[{"dev":"vx","lladdr":"02:00:00:00:00:06"}]'), ReadingError);
});
