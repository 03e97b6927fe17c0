// Which addresses, routes and forwarding entries an interface gets and loses, as tables.
import assert from "node:assert/strict";
import { floodMac } from "../../../lib/overlay/iproute2/render.ts";
import type { ObservedRoute } from "../../../lib/overlay/observation.ts";
import type { WantedInterface } from "../../../lib/overlay/wanted.ts";
import {
  aLink,
  anInterface,
  anObservation,
  aRoute,
  aWantedState,
  cidrs,
  planLines,
  routes,
} from "./worlds.ts";

const outOfReach = "no subnet of the interface holds the gateway. " +
  "Give it an address in the gateway's subnet (ip=), or choose another gateway";

const addressCases: readonly {
  readonly it: string;
  readonly wanted: readonly string[];
  readonly observed: readonly string[];
  readonly ours?: readonly string[];
  readonly lines: readonly string[];
}[] = [
  {
    it: "adds what is missing, IPv6 without waiting for duplicates",
    wanted: ["192.168.10.1/24", "fd01::1/64"],
    observed: [],
    lines: ["address replace 192.168.10.1/24 dev vxeth0", "address replace fd01::1/64 dev vxeth0 nodad"],
  },
  { it: "leaves what is there", wanted: ["192.168.10.1/24"], observed: ["192.168.10.1/24"], lines: [] },
  {
    it: "removes what we set and is not wanted any more, the first of a subnet last",
    wanted: [],
    observed: ["192.168.10.1/24", "192.168.10.2/24", "fd01::1/64"],
    ours: ["192.168.10.1/24", "192.168.10.2/24", "fd01::1/64"],
    lines: [
      "address delete fd01::1/64 dev vxeth0",
      "address delete 192.168.10.2/24 dev vxeth0",
      "address delete 192.168.10.1/24 dev vxeth0",
    ],
  },
  {
    it: "leaves what others set, link-local addresses included",
    wanted: [],
    observed: ["192.168.10.1/24", "fe80::ff:fe00:1/64"],
    lines: [],
  },
  {
    it: "changes the length of an address whoever set it",
    wanted: ["192.168.10.1/16", "fd01::1/48"],
    observed: ["192.168.10.1/24", "fd01::1/64"],
    lines: [
      "address delete fd01::1/64 dev vxeth0",
      "address delete 192.168.10.1/24 dev vxeth0",
      "address replace 192.168.10.1/16 dev vxeth0",
      "address replace fd01::1/48 dev vxeth0 nodad",
    ],
  },
  {
    it: "sets the later addresses of a subnet again when the first goes",
    wanted: ["192.168.10.2/24", "192.168.11.2/24"],
    observed: ["192.168.10.1/24", "192.168.10.2/24", "192.168.11.2/24"],
    ours: ["192.168.10.1/24"],
    lines: ["address delete 192.168.10.1/24 dev vxeth0", "address replace 192.168.10.2/24 dev vxeth0"],
  },
  {
    it: "those of others too, which nobody else would",
    wanted: ["192.168.10.3/24"],
    observed: ["192.168.10.1/24", "192.168.10.100/24", "192.168.10.101/32", "192.168.11.100/24"],
    ours: ["192.168.10.1/24"],
    lines: [
      "address delete 192.168.10.1/24 dev vxeth0",
      "address replace 192.168.10.3/24 dev vxeth0",
      "address replace 192.168.10.100/24 dev vxeth0",
    ],
  },
];

for (const { it, wanted, observed, ours = [], lines } of addressCases) {
  Deno.test(`plan of addresses: ${it}`, () => {
    const planned = planLines({
      wanted: aWantedState([anInterface({ addresses: cidrs(...wanted) })]),
      observed: anObservation([aLink({ addresses: observed })]),
      ours: { vxeth0: ours },
    });
    assert.deepEqual(planned, { lines, obstacles: [] });
  });
}

const kernelRoute = aRoute({ subnet: "192.168.10.0/24" });
const podDefault = aRoute({ subnet: "0.0.0.0/0", gateway: "10.244.1.1", dev: "eth0" });

const routeCases: readonly {
  readonly it: string;
  readonly wanted: readonly string[];
  readonly observed: readonly ObservedRoute[];
  readonly changes?: Partial<WantedInterface>;
  readonly isDown?: boolean;
  readonly lines?: readonly string[];
  readonly obstacles?: readonly string[];
}[] = [
  {
    it: "adds what is missing",
    wanted: ["192.168.20.0/24 via 192.168.10.2", "fd02::/64 via fd01::2"],
    observed: [kernelRoute, podDefault],
    lines: [
      "route add 192.168.20.0/24 via 192.168.10.2 dev vxeth0 proto 86",
      "route add fd02::/64 via fd01::2 dev vxeth0 proto 86",
    ],
  },
  {
    it: "leaves what is there",
    wanted: ["192.168.20.0/24 via 192.168.10.2"],
    observed: [aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.10.2", ours: true })],
  },
  {
    it: "takes an equal route that the predecessor set",
    wanted: ["192.168.20.0/24 via 192.168.10.2"],
    observed: [aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.10.2" })],
  },
  {
    it: "removes ours that are not wanted any more",
    wanted: [],
    observed: [
      aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.10.2", ours: true }),
      aRoute({ subnet: "192.168.21.0/24", ours: true }),
    ],
    lines: [
      "route delete 192.168.20.0/24 via 192.168.10.2 dev vxeth0 proto 86",
      "route delete 192.168.21.0/24 dev vxeth0 proto 86",
    ],
  },
  {
    it: "leaves those of others, of other devices and of other tables",
    wanted: [],
    observed: [
      kernelRoute,
      aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.10.2" }),
      aRoute({ subnet: "192.168.21.0/24", gateway: "10.244.1.9", dev: "eth0", ours: true }),
      aRoute({ subnet: "192.168.22.0/24", gateway: "192.168.10.2", table: "100", ours: true }),
    ],
  },
  {
    it: "changes a gateway by deleting first",
    wanted: ["192.168.20.0/24 via 192.168.10.3"],
    observed: [aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.10.2", ours: true })],
    lines: [
      "route delete 192.168.20.0/24 via 192.168.10.2 dev vxeth0 proto 86",
      "route add 192.168.20.0/24 via 192.168.10.3 dev vxeth0 proto 86",
    ],
  },
  {
    it: "tells of a foreign route to the same subnet",
    wanted: ["192.168.20.0/24 via 192.168.10.3"],
    observed: [aRoute({ subnet: "192.168.20.0/24", gateway: "10.244.1.9", dev: "eth0" })],
    obstacles: [
      'conflict: Cannot add route 192.168.20.0/24 via 192.168.10.3 to interface "vxeth0": ' +
      'the pod has a route to 192.168.20.0/24 via 10.244.1.9 on "eth0". Choose another subnet',
    ],
  },
  {
    it: "adds a route beside one of another metric or table",
    wanted: ["192.168.20.0/24 via 192.168.10.3", "fd01::/64 via fd01::3"],
    observed: [
      aRoute({ subnet: "192.168.20.0/24", gateway: "10.244.1.9", dev: "eth0", metric: 50 }),
      aRoute({ subnet: "192.168.20.0/24", gateway: "10.244.1.9", dev: "eth0", table: "100" }),
      aRoute({ subnet: "fd01::/64", metric: 256 }),
    ],
    lines: [
      "route add 192.168.20.0/24 via 192.168.10.3 dev vxeth0 proto 86",
      "route add fd01::/64 via fd01::3 dev vxeth0 proto 86",
    ],
  },
  {
    it: "tells of a gateway that is no neighbour",
    wanted: ["192.168.20.0/24 via 192.168.99.3"],
    observed: [],
    obstacles: [
      'setup-failed: Cannot add route 192.168.20.0/24 via 192.168.99.3 to interface "vxeth0": ' +
      outOfReach,
    ],
  },
  {
    it: "tells of a gateway that is no neighbour any more, and leaves the route that stands",
    wanted: ["192.168.20.0/24 via 192.168.99.3", "fd02::/64 via fd09::3"],
    observed: [
      aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.99.3", ours: true }),
      aRoute({ subnet: "fd02::/64", gateway: "fd09::3", ours: true, metric: 1024 }),
    ],
    obstacles: [
      'setup-failed: Cannot add route 192.168.20.0/24 via 192.168.99.3 to interface "vxeth0" again should it go: ' +
      outOfReach,
      'setup-failed: Cannot add route fd02::/64 via fd09::3 to interface "vxeth0" again should it go: ' +
      outOfReach,
    ],
  },
  {
    it: "does not ask how others made a route that does what is wanted",
    wanted: ["192.168.20.0/24 via 192.168.99.3"],
    observed: [aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.99.3" })],
  },
  {
    it: "takes a gateway that a direct route or a link-local address makes a neighbour",
    wanted: ["192.168.20.0/24 via 192.168.99.3", "fd02::/64 via fe80::1"],
    observed: [aRoute({ subnet: "192.168.99.0/24" })],
    lines: [
      "route add 192.168.20.0/24 via 192.168.99.3 dev vxeth0 proto 86",
      "route add fd02::/64 via fe80::1 dev vxeth0 proto 86",
    ],
  },
  {
    it: "lets routes wait for a link that somebody else brings up",
    wanted: ["192.168.20.0/24 via 192.168.10.2"],
    observed: [],
    changes: { up: false },
    isDown: true,
  },
  {
    it: "adds routes once somebody else has brought the link up",
    wanted: ["192.168.20.0/24 via 192.168.10.2"],
    observed: [],
    changes: { up: false },
    lines: ["route add 192.168.20.0/24 via 192.168.10.2 dev vxeth0 proto 86"],
  },
  {
    it: "adds routes and IPv6 addresses again when a link has been down",
    wanted: ["192.168.20.0/24 via 192.168.10.2"],
    observed: [],
    isDown: true,
    lines: ["link set dev vxeth0 up", "route add 192.168.20.0/24 via 192.168.10.2 dev vxeth0 proto 86"],
  },
];

for (const { it, wanted, observed, changes, isDown, lines = [], obstacles = [] } of routeCases) {
  Deno.test(`plan of routes: ${it}`, () => {
    const addresses = ["192.168.10.1/24", "fd01::1/64"];
    const planned = planLines({
      wanted: aWantedState([
        anInterface({ addresses: cidrs(...addresses), routes: routes(...wanted), ...changes }),
      ]),
      observed: anObservation([aLink({ addresses, up: isDown !== true })], { routes: observed }),
    });
    assert.deepEqual(planned, { lines, obstacles });
  });
}

Deno.test("plan of routes: routes that go with the last IPv4 address are added again", () => {
  const planned = planLines({
    wanted: aWantedState([anInterface({
      addresses: cidrs("192.168.10.9/24"),
      routes: routes("192.168.20.0/24 via 192.168.10.2"),
    })]),
    observed: anObservation([aLink({ addresses: ["192.168.10.1/24"] })], {
      routes: [kernelRoute, aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.10.2", ours: true })],
    }),
    ours: { vxeth0: ["192.168.10.1/24"] },
  });
  assert.deepEqual(planned.lines, [
    "address delete 192.168.10.1/24 dev vxeth0",
    "address replace 192.168.10.9/24 dev vxeth0",
    "route add 192.168.20.0/24 via 192.168.10.2 dev vxeth0 proto 86",
  ]);
});

Deno.test("plan of routes: where an address is still to come, by DHCP say, the gateway is believed to be on the link", () => {
  const planned = planLines({
    wanted: aWantedState([
      anInterface({
        routes: routes("192.168.20.0/24 via 192.168.10.2", "fd02::/64 via fd01::2", "fd03::/64 via fe80::2"),
      }),
    ]),
    observed: anObservation([aLink({ addresses: ["192.168.10.1/24"] })], { routes: [kernelRoute] }),
    ours: { vxeth0: ["192.168.10.1/24"] },
  });
  assert.deepEqual(planned, {
    lines: [
      "address delete 192.168.10.1/24 dev vxeth0",
      "route add 192.168.20.0/24 via 192.168.10.2 dev vxeth0 onlink proto 86",
      "route add fd02::/64 via fd01::2 dev vxeth0 onlink proto 86",
      "route add fd03::/64 via fe80::2 dev vxeth0 proto 86",
    ],
    obstacles: [],
  });
});

Deno.test("plan of routes: of two addresses that goes in whose subnet the gateway is", () => {
  const planned = planLines({
    wanted: aWantedState([anInterface({
      addresses: cidrs("192.168.10.1/24"),
      routes: routes("192.168.20.0/24 via 192.168.11.2"),
    })]),
    observed: anObservation([aLink({ addresses: ["192.168.10.1/24", "192.168.11.1/24"] })], {
      routes: [
        kernelRoute,
        aRoute({ subnet: "192.168.11.0/24" }),
        aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.11.2", ours: true }),
      ],
    }),
    ours: { vxeth0: ["192.168.10.1/24", "192.168.11.1/24"] },
  });
  assert.deepEqual(planned, {
    lines: ["address delete 192.168.11.1/24 dev vxeth0"],
    obstacles: [
      'setup-failed: Cannot add route 192.168.20.0/24 via 192.168.11.2 to interface "vxeth0" again should it go: ' +
      outOfReach,
    ],
  });
});

Deno.test("plan of routes: one that stands, made before any address was there, is told once the first is in another subnet", () => {
  const planned = planLines({
    wanted: aWantedState([anInterface({
      addresses: cidrs("192.168.10.1/24"),
      routes: routes("192.168.20.0/24 via 192.168.11.2"),
    })]),
    observed: anObservation([aLink({ addresses: [] })], {
      routes: [aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.11.2", ours: true })],
    }),
  });
  assert.deepEqual(planned, {
    lines: ["address replace 192.168.10.1/24 dev vxeth0"],
    obstacles: [
      'setup-failed: Cannot add route 192.168.20.0/24 via 192.168.11.2 to interface "vxeth0" again should it go: ' +
      outOfReach,
    ],
  });
});

Deno.test("plan of routes: an address of the pool that is still to come is waited for", () => {
  const planned = planLines({
    wanted: aWantedState([
      anInterface({
        routes: routes("192.168.20.0/24 via 192.168.10.2"),
        pool: { subnets: [], asked: true, open: true },
      }),
    ]),
    observed: anObservation([aLink({ addresses: [] })]),
  });
  assert.deepEqual(planned, {
    lines: [],
    obstacles: [
      'setup-failed: Cannot add route 192.168.20.0/24 via 192.168.10.2 to interface "vxeth0": ' +
      outOfReach,
    ],
  });
});

Deno.test("plan of routes: a route moves from one interface to another", () => {
  const both = (first: string, second: string): readonly WantedInterface[] => [
    anInterface({ name: "a", addresses: cidrs("192.168.10.1/24"), routes: routes(...texts(first)) }),
    anInterface({
      name: "b",
      vni: 101,
      addresses: cidrs("192.168.11.1/24"),
      routes: routes(...texts(second)),
    }),
  ];
  const texts = (text: string): readonly string[] => text === "" ? [] : [text];
  const alias = (name: string): string => anInterface({ name }).alias;
  const observed = anObservation([
    aLink({ name: "a", alias: alias("a"), addresses: ["192.168.10.1/24"] }),
    aLink({
      name: "b",
      alias: alias("b"),
      vxlan: { vni: 101, port: 8472, family: 4, dev: "eth0" },
      addresses: ["192.168.11.1/24"],
    }),
  ], {
    routes: [aRoute({ subnet: "192.168.20.0/24", gateway: "192.168.11.2", dev: "b", ours: true })],
  });
  const moved = planLines({
    wanted: aWantedState(both("192.168.20.0/24 via 192.168.10.2", "")),
    observed,
  });
  assert.deepEqual(moved.lines, [
    "route delete 192.168.20.0/24 via 192.168.11.2 dev b proto 86",
    "route add 192.168.20.0/24 via 192.168.10.2 dev a proto 86",
  ]);
  const twice = planLines({
    wanted: aWantedState(both("192.168.30.0/24 via 192.168.10.2", "192.168.30.0/24 via 192.168.11.2")),
    observed: { ...observed, routes: [] },
  });
  assert.deepEqual(twice, {
    lines: ["route add 192.168.30.0/24 via 192.168.10.2 dev a proto 86"],
    obstacles: [
      'conflict: Cannot add route 192.168.30.0/24 via 192.168.11.2 to interface "b": ' +
      'interface "a" has a route to the same subnet',
    ],
  });
});

const fdbCases: readonly {
  readonly it: string;
  readonly wanted: readonly string[];
  /** `DST`, or `DST MAC` for an entry of a single MAC. */
  readonly observed: readonly string[];
  readonly plan: readonly string[];
}[] = [
  { it: "adds a peer that has appeared", wanted: ["10.0.0.2"], observed: [], plan: ["append 10.0.0.2"] },
  { it: "forgets a peer that has gone", wanted: [], observed: ["10.0.0.2"], plan: ["delete 10.0.0.2"] },
  { it: "leaves a good table alone", wanted: ["10.0.0.2"], observed: ["10.0.0.2"], plan: [] },
  {
    it: "leaves what was learned of a peer",
    wanted: ["10.0.0.2"],
    observed: ["10.0.0.2", "10.0.0.2 02:00:00:00:00:02"],
    plan: [],
  },
  {
    it: "takes no learned entry for the flood entry",
    wanted: ["10.0.0.2"],
    observed: ["10.0.0.2 02:00:00:00:00:02"],
    plan: ["append 10.0.0.2"],
  },
  {
    it: "forgets what was learned of one that has gone",
    wanted: [],
    observed: ["10.0.0.2 02:00:00:00:00:02", "10.0.0.2"],
    plan: ["delete 10.0.0.2", "delete 10.0.0.2 02:00:00:00:00:02"],
  },
  {
    it: "appends before it deletes, each in order",
    wanted: ["10.0.0.4", "10.0.0.5"],
    observed: ["10.0.0.3", "10.0.0.2"],
    plan: ["append 10.0.0.4", "append 10.0.0.5", "delete 10.0.0.2", "delete 10.0.0.3"],
  },
];

for (const { it, wanted, observed, plan } of fdbCases) {
  Deno.test(`plan of forwarding entries: ${it}`, () => {
    const fdb = observed.map((text) => {
      const [dst = "", mac = "00:00:00:00:00:00"] = text.split(" ");
      return { dev: "vxeth0", mac, dst };
    });
    const foreign = { dev: "theirs", mac: "00:00:00:00:00:00", dst: "10.0.0.99" };
    const planned = planLines({
      wanted: aWantedState([anInterface({ peers: wanted })]),
      observed: anObservation([aLink()], { fdb: [foreign, ...fdb] }),
    });
    assert.deepEqual(planned.lines.map(inShort), plan);
  });
}

/** `bridge fdb append 00:00:00:00:00:00 dst 10.0.0.2 dev vxeth0` as `append 10.0.0.2`. */
function inShort(line: string): string {
  const [, , command, mac, , dst] = line.split(" ");
  return [command, dst, ...(mac === "00:00:00:00:00:00" ? [] : [mac])].join(" ");
}

for (
  const { it, changes, link = {}, deleted } of [
    { it: "of a network that cannot be resolved", changes: { untouchable: ["vxeth0"] }, deleted: true },
    { it: "of which a name that cannot be read may speak", changes: { mayRemove: false }, deleted: true },
    {
      it: "that has a fixed remote, so it is not of our making",
      changes: { mayRemove: false },
      link: { remote: "10.0.0.3" },
      deleted: false,
    },
    {
      it: "of another controller",
      changes: { mayRemove: false, annotationKey: "other/networks" },
      deleted: false,
    },
  ]
) {
  Deno.test(`contents, a link ${it} ${deleted ? "loses what leads to nobody" : "is left alone"}`, () => {
    const asked: object[] = [];
    const wanted = aWantedState([], {
      ...changes,
      own: new Set(["10.0.0.9"]),
      maySendTo: (network) => {
        asked.push(network);
        return ["10.0.0.2", "203.0.113.7"];
      },
    });
    const [own, meant, gone] = [["10.0.0.9"], ["10.0.0.2", "203.0.113.7"], ["10.0.0.3", "10.0.0.4"]];
    const fdb = [...own, ...meant, ...gone].map((dst) => ({
      dev: "vxeth0",
      mac: floodMac,
      dst,
    }));
    const vxlan = { vni: 9, port: 4789, family: 4, dev: "eth0", ...link } as const;
    const observed = anObservation([aLink({ vxlan, addresses: ["10.1.0.1/24"] })], { fdb });
    const expected = [...gone, ...own].map((dst) => `bridge fdb delete ${floodMac} dst ${dst} dev vxeth0`);
    assert.deepEqual(planLines({ wanted, observed }), { lines: deleted ? expected : [], obstacles: [] });
    assert.deepEqual(asked, deleted ? [{ name: "vxeth0", family: 4 }] : []);
  });
}
