// Which addresses and routes are refused because packets that carry a network would follow them, and which are not?
import assert from "node:assert/strict";
import type { ObservedRoute } from "../../../lib/overlay/observation.ts";
import { aliasOf, type WantedInterface } from "../../../lib/overlay/wanted.ts";
import {
  aDevice,
  aLink,
  anInterface,
  annotationKey,
  anObservation,
  aRoute,
  aWantedState,
  cidrs,
  planLines,
  routes,
} from "./worlds.ts";

/** As a bridge plugin with host-local addresses sets them. */
const podRoutes = [
  aRoute({ subnet: "0.0.0.0/0", gateway: "10.244.1.1", dev: "eth0" }),
  aRoute({ subnet: "10.244.1.0/24", dev: "eth0" }),
];
/** As flannel does beside them. */
const wayToAllPods = aRoute({ subnet: "10.244.0.0/16", gateway: "10.244.1.1", dev: "eth0" });
const podRoutes6 = [
  aRoute({ subnet: "::/0", gateway: "fd00:10:244::1", dev: "eth0", metric: 1024 }),
  aRoute({ subnet: "fe80::/64", dev: "eth0", metric: 256 }),
];

interface Row {
  readonly it: string;
  readonly addresses?: readonly string[];
  readonly routes?: readonly string[];
  readonly peers?: readonly string[];
  readonly family?: 4 | 6;
  readonly observed?: readonly ObservedRoute[];
  /** What is refused, with what it covers. */
  readonly refused?: readonly string[];
}

const gateway = '10.244.1.1, the gateway on "eth0"';

const rows: readonly Row[] = [
  {
    it: "a route to the pods' range",
    routes: ["10.244.0.0/16 via 192.168.10.2"],
    peers: ["10.244.2.7"],
    refused: [`route=10.244.0.0/16:192.168.10.2 covers ${gateway}`],
  },
  {
    it: "a route that is wider than the pods' range",
    routes: ["10.0.0.0/8 via 192.168.10.2"],
    peers: ["10.244.2.7"],
    refused: [`route=10.0.0.0/8:192.168.10.2 covers ${gateway}`],
  },
  {
    it: "a quarter of everything, and not the quarters without pods",
    routes: ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"].map((subnet) =>
      `${subnet} via 192.168.10.2`
    ),
    refused: [`route=0.0.0.0/2:192.168.10.2 covers ${gateway}`],
  },
  {
    it: "a route to the pods of another node",
    routes: ["10.244.2.0/24 via 192.168.10.2"],
    peers: ["10.244.1.9", "10.244.2.7"],
    refused: ["route=10.244.2.0/24:192.168.10.2 covers 10.244.2.7, the pod IP of a peer"],
  },
  {
    it: "a route to one peer",
    routes: ["10.244.2.7/32 via 192.168.10.2"],
    peers: ["10.244.2.7"],
    refused: ["route=10.244.2.7/32:192.168.10.2 covers 10.244.2.7, the pod IP of a peer"],
  },
  {
    it: "a route to the underlay's gateway, with no peer yet",
    routes: ["10.244.1.1/32 via 192.168.10.2"],
    refused: [`route=10.244.1.1/32:192.168.10.2 covers ${gateway}`],
  },
  {
    it: "an address whose subnet holds a peer",
    addresses: ["10.244.2.200/24"],
    peers: ["10.244.2.7"],
    refused: ["ip=10.244.2.200/24 covers 10.244.2.7, the pod IP of a peer"],
  },
  {
    it: "an address whose subnet holds the underlay's gateway",
    addresses: ["10.244.1.200/24"],
    refused: [`ip=10.244.1.200/24 covers ${gateway}`],
  },
  {
    it: "an address that is a peer's pod IP",
    addresses: ["10.244.2.7/32"],
    peers: ["10.244.2.7"],
    refused: ["ip=10.244.2.7/32 covers 10.244.2.7, the pod IP of a peer"],
  },
  {
    it: "IPv6 over IPv6",
    addresses: ["fd00:10:244::99/64", "fd01::1/64"],
    routes: ["fd00:10::/32 via fd01::2", "fd00:10:244:0:8000::/66 via fd01::2"],
    family: 6,
    peers: ["fd00:10:244::7"],
    observed: podRoutes6,
    refused: [
      'ip=fd00:10:244::99/64 covers fd00:10:244::1, the gateway on "eth0"',
      'route=fd00:10::/32:fd01::2 covers fd00:10:244::1, the gateway on "eth0"',
    ],
  },
  ...["10.244.2.6/31", "10.244.2.0/29", "10.244.0.0/14", "10.128.0.0/9", "8.0.0.0/6"].map((subnet) => ({
    it: `a route to ${subnet}`,
    routes: [`${subnet} via 192.168.10.2`],
    peers: ["10.244.2.7"],
    observed: [],
    refused: [`route=${subnet}:192.168.10.2 covers 10.244.2.7, the pod IP of a peer`],
  })),
  ...["10.244.2.8/31", "10.244.2.8/29", "10.240.0.0/14", "10.0.0.0/9", "12.0.0.0/6"].map((subnet) => ({
    it: `a route to ${subnet}`,
    routes: [`${subnet} via 192.168.10.2`],
    peers: ["10.244.2.7"],
    observed: [],
  })),
  ...["fd00:10:244::/48", "fd00:10:244::6/127", "fc00::/7", "fd00:10:244::7/128", "fd00:10:200::/41"].map((
    subnet,
  ) => ({
    it: `a route to ${subnet}`,
    addresses: ["fd01::1/64"],
    routes: [`${subnet} via fd01::2`],
    family: 6 as const,
    peers: ["fd00:10:244::7"],
    observed: [],
    refused: [`route=${subnet}:fd01::2 covers fd00:10:244::7, the pod IP of a peer`],
  })),
  ...["fd00:10:244:1::/64", "fd00:10:244::8/127", "fe00::/8", "2000::/3", "fd00:10:280::/41"].map((
    subnet,
  ) => ({
    it: `a route to ${subnet}`,
    addresses: ["fd01::1/64"],
    routes: [`${subnet} via fd01::2`],
    family: 6 as const,
    peers: ["fd00:10:244::7"],
    observed: [],
  })),
  { it: "the range beside", routes: ["10.245.0.0/16 via 192.168.10.2"], peers: ["10.244.2.7"] },
  {
    it: "half of a node's range, without peers in it",
    routes: ["10.244.2.128/25 via 192.168.10.2"],
    peers: ["10.244.2.7", "10.244.2.127"],
  },
  {
    it: "addresses around the peer's",
    routes: ["10.244.2.6/32 via 192.168.10.2", "10.244.2.8/32 via 192.168.10.2"],
    peers: ["10.244.2.7"],
  },
  { it: "an address beside the pods' range", addresses: ["10.243.255.1/16"], peers: ["10.244.2.7"] },
  {
    it: "IPv6 of any kind over IPv4",
    addresses: ["fd00:10:244::99/64"],
    routes: ["fd00::/8 via fd00:10:244::2", "2000::/3 via fd00:10:244::2"],
    peers: ["10.244.2.7"],
    observed: [...podRoutes, ...podRoutes6],
  },
  {
    it: "IPv4 of any kind over IPv6",
    routes: ["10.0.0.0/8 via 192.168.10.2"],
    family: 6,
    peers: ["fd00:10:244::7"],
    observed: [...podRoutes, ...podRoutes6],
  },
  {
    it: "a wide route where the network plugin has a narrower one to all pods",
    routes: ["10.0.0.0/8 via 192.168.10.2"],
    peers: ["10.244.2.7"],
    observed: [...podRoutes, wayToAllPods],
  },
  {
    it: "but not one that is narrower still",
    routes: ["10.244.2.0/24 via 192.168.10.2"],
    peers: ["10.244.2.7"],
    observed: [...podRoutes, wayToAllPods],
    refused: ["route=10.244.2.0/24:192.168.10.2 covers 10.244.2.7, the pod IP of a peer"],
  },
  {
    it: "link-local addresses, though the gateway has one",
    addresses: ["fe80::99/64"],
    family: 6,
    peers: ["fd00:10:244::7"],
    observed: [aRoute({ subnet: "::/0", gateway: "fe80::1", dev: "eth0", metric: 1024 })],
  },
  {
    it: "the gateway of a device that carries no network",
    routes: ["10.99.0.0/16 via 192.168.10.2"],
    peers: ["10.244.2.7"],
    observed: [...podRoutes, aRoute({ subnet: "10.98.0.0/16", gateway: "10.99.0.1", dev: "net1" })],
  },
];

for (const { it, peers = [], family = 4, observed = podRoutes, refused = [], ...asked } of rows) {
  Deno.test(`plan of what covers the underlay: ${refused.length > 0 ? "refuses" : "allows"} ${it}`, () => {
    const wanted = anInterface({
      ...(family === 6 ? { family, local: "fd00:10:244::5" } : {}),
      addresses: cidrs("192.168.10.1/24", ...(asked.addresses ?? [])),
      routes: routes(...asked.routes ?? []),
      peers,
    });
    const planned = planLines({
      wanted: aWantedState([wanted]),
      observed: anObservation([
        aLink({
          mtu: family === 6 ? 1430 : 1450,
          vxlan: {
            vni: 100,
            port: 8472,
            dev: "eth0",
            family,
            ...(family === 6 ? { local: "fd00:10:244::5" } : {}),
          },
        }),
      ], { routes: observed }),
    });
    assert.deepEqual(planned.obstacles.map(short), [...refused], "refused");
    for (const text of [...wanted.addresses, ...wanted.routes].map(commandOf)) {
      const isRefused = refused.some((one) => one.includes(text.split(" ")[2] ?? ""));
      assert.equal(planned.lines.some((line) => line.startsWith(`${text} `)), !isRefused, text);
    }
    assert.equal(planned.lines.filter((line) => line.startsWith("bridge fdb append")).length, peers.length);
  });
}

Deno.test("plan of what covers the underlay: says what, where and what to do", () => {
  const wanted = anInterface({
    addresses: cidrs("192.168.10.1/24", "10.244.2.200/24"),
    routes: routes("10.244.2.0/25 via 192.168.10.2"),
    peers: ["10.244.2.7"],
  });
  const { obstacles } = planLines({ wanted: aWantedState([wanted]), observed: anObservation([]) });
  const why =
    "the subnet covers 10.244.2.7, the pod IP of a peer; packets that carry the network would go into it " +
    "instead.";
  assert.deepEqual(obstacles, [
    `conflict: Cannot give interface "vxeth0" of network "vxeth0" its ip=10.244.2.200/24: ${why} ` +
    "In the annotation, choose an address whose subnet leaves the pod network out",
    `conflict: Cannot give interface "vxeth0" of network "vxeth0" its route=10.244.2.0/25:192.168.10.2: ${why} ` +
    "In the annotation, or the ConfigMap if it is from there, choose smaller subnets that leave the pod network out",
  ]);
});

Deno.test("plan of what covers the underlay: packets go by the pod's default whatever dev= says", () => {
  const wanted = anInterface({
    underlay: "net1",
    addresses: cidrs("192.168.10.1/24"),
    routes: routes("10.244.1.1/32 via 192.168.10.2"),
  });
  const observed = anObservation([aDevice("net1")], { routes: podRoutes });
  const planned = planLines({ wanted: aWantedState([wanted]), observed });
  assert.deepEqual(planned.obstacles.map(short), [`route=10.244.1.1/32:192.168.10.2 covers ${gateway}`]);
});

Deno.test("plan of what covers the underlay: a network may carry another, with gateways of its own", () => {
  const below = anInterface({
    addresses: cidrs("192.168.10.1/24"),
    routes: routes("10.9.0.0/16 via 192.168.10.2"),
  });
  const above = anInterface({ name: "above", vni: 101, underlay: below.interfaceName });
  const observed = anObservation([aLink({ addresses: ["192.168.10.1/24"] })], {
    routes: [...podRoutes, aRoute({ subnet: "10.9.0.0/16", gateway: "192.168.10.2", ours: true })],
  });
  assert.deepEqual(planLines({ wanted: aWantedState([above, below]), observed }).obstacles, []);
});

Deno.test("plan of what covers the underlay: a network is also cut off by the routes of another", () => {
  const red = anInterface({ name: "red", peers: ["10.244.2.7"] });
  const blue = anInterface({
    name: "blue",
    vni: 101,
    addresses: cidrs("192.168.10.1/24"),
    routes: routes("10.244.2.0/24 via 192.168.10.2"),
  });
  const planned = planLines({ wanted: aWantedState([blue, red]), observed: anObservation([]) });
  assert.deepEqual(planned.obstacles.map(short), [
    "route=10.244.2.0/24:192.168.10.2 covers 10.244.2.7, the pod IP of a peer",
  ]);
});

Deno.test("plan of what covers the underlay: what is there goes when a peer comes that it covers", () => {
  const asked: Partial<WantedInterface> = {
    addresses: cidrs("192.168.10.1/24", "10.244.2.200/24"),
    routes: routes("10.244.3.0/24 via 192.168.10.2"),
  };
  const observed = anObservation([
    aLink({ addresses: ["192.168.10.1/24", "10.244.2.200/24"], alias: aliasOf("vxeth0", annotationKey) }),
  ], { routes: [aRoute({ subnet: "10.244.3.0/24", gateway: "192.168.10.2", ours: true })] });
  const ours = { vxeth0: ["192.168.10.1/24", "10.244.2.200/24"] };
  const before = planLines({ wanted: aWantedState([anInterface(asked)]), observed, ours });
  assert.deepEqual(before, { lines: [], obstacles: [] });
  const peers = ["10.244.2.7", "10.244.3.7"];
  const after = planLines({ wanted: aWantedState([anInterface({ ...asked, peers })]), observed, ours });
  assert.deepEqual(after.lines, [
    "route delete 10.244.3.0/24 via 192.168.10.2 dev vxeth0 proto 86",
    "address delete 10.244.2.200/24 dev vxeth0",
    ...peers.map((peer) => `bridge fdb append 00:00:00:00:00:00 dst ${peer} dev vxeth0`),
  ]);
  assert.equal(after.obstacles.length, 2);
});

/** `route=… covers …` out of an obstacle. */
function short(obstacle: string): string {
  return obstacle.replace(/^conflict: .* its (\S+): the subnet covers (.*); packets .*$/, "$1 covers $2");
}

function commandOf(one: WantedInterface["addresses"][number] | WantedInterface["routes"][number]): string {
  return "gateway" in one
    ? `route add ${one.subnet.address}/${one.subnet.prefix}`
    : `address replace ${one.address}/${one.prefix}`;
}
