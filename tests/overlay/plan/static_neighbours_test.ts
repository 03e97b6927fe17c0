// What is set with neigh=static, what of it goes again, and what is left to others.
import assert from "node:assert/strict";
import type { Observation } from "../../../lib/overlay/observation.ts";
import type { WantedInterface } from "../../../lib/overlay/wanted.ts";
import { PeerChanges } from "../../../lib/overlay/plan/peers.ts";
import { render } from "../../../lib/overlay/iproute2/render.ts";
import { aLink, anInterface, anObservation, aWantedState, planLines } from "./worlds.ts";

const [peer, mac] = ["10.0.0.2", "02:00:00:00:00:02"];
const flood = { dev: "vxeth0", mac: "00:00:00:00:00:00", dst: peer, permanent: true } as const;
const unicast = { ...flood, mac } as const;
const set = { dev: "vxeth0", address: "10.1.0.2", mac, ours: true };
const neighbours = [{ address: "10.1.0.2", mac, dst: peer }, { address: "fd01::2", mac, dst: peer }];
const links = [aLink({ addresses: ["10.1.0.1/24"] })];
const dual = [aLink({ addresses: ["10.1.0.1/24", "fe80::1/64"] })];
const set6 = { ...set, address: "fd01::2" };

const cases: readonly {
  readonly it: string;
  readonly wanted?: Partial<WantedInterface>;
  readonly observed: Partial<Observation>;
  readonly lines: readonly string[];
  readonly obstacle?: RegExp;
}[] = [
  {
    it: "an address of each family and the way to its MAC",
    observed: { links: dual },
    lines: [
      "neigh replace 10.1.0.2 lladdr 02:00:00:00:00:02 dev vxeth0 nud permanent protocol 86",
      "neigh replace fd01::2 lladdr 02:00:00:00:00:02 dev vxeth0 nud permanent protocol 86",
      "bridge fdb replace 02:00:00:00:00:02 dst 10.0.0.2 dev vxeth0 self permanent",
    ],
  },
  {
    it: "no IPv6 on a link that has none; a learned entry is replaced",
    observed: { links, fdb: [flood, { dev: "vxeth0", mac, dst: peer }] },
    lines: [
      "neigh replace 10.1.0.2 lladdr 02:00:00:00:00:02 dev vxeth0 nud permanent protocol 86",
      "bridge fdb replace 02:00:00:00:00:02 dst 10.0.0.2 dev vxeth0 self permanent",
    ],
  },
  {
    it: "nothing when it is there",
    observed: { links: dual, neighbours: [set, set6], fdb: [flood, unicast] },
    lines: [],
  },
  {
    it: "again after the link was down",
    observed: { links, fdb: [flood, unicast] },
    lines: ["neigh replace 10.1.0.2 lladdr 02:00:00:00:00:02 dev vxeth0 nud permanent protocol 86"],
  },
  {
    it: "another MAC",
    observed: {
      links,
      neighbours: [{ ...set, mac: "02:00:00:00:00:99" }],
      fdb: [flood, unicast, { ...unicast, mac: "02:00:00:00:00:99" }],
    },
    lines: [
      "neigh replace 10.1.0.2 lladdr 02:00:00:00:00:02 dev vxeth0 nud permanent protocol 86",
      "bridge fdb delete 02:00:00:00:00:99 dst 10.0.0.2 dev vxeth0",
    ],
  },
  {
    it: "a wrong one that cannot be set right, for the link has no IPv6, goes",
    observed: { links, neighbours: [set, { ...set6, mac: "02:00:00:00:00:99" }], fdb: [flood, unicast] },
    lines: ["neigh flush to fd01::2 dev vxeth0 nud permanent"],
  },
  {
    it: "somebody else's is left alone, and said when it is wrong",
    observed: {
      links,
      neighbours: [{ ...set, mac: "02:00:00:00:00:99", ours: false }],
      fdb: [flood, unicast],
    },
    lines: [],
    obstacle:
      /^conflict: Cannot set the neighbour 10\.1\.0\.2 of network "vxeth0" to 02:00:00:00:00:02: .*ip neigh del 10\.1\.0\.2 dev vxeth0$/,
  },
  {
    it: "somebody else's that is right",
    observed: { links, neighbours: [{ ...set, ours: false }], fdb: [flood, unicast] },
    lines: [],
  },
  {
    it: "a peer that went",
    wanted: { peers: [], neighbours: [] },
    observed: { links: dual, neighbours: [set, set6], fdb: [flood, unicast] },
    lines: [
      "neigh flush to 10.1.0.2 dev vxeth0 nud permanent",
      "neigh flush to fd01::2 dev vxeth0 nud permanent",
      "bridge fdb delete 00:00:00:00:00:00 dst 10.0.0.2 dev vxeth0",
      "bridge fdb delete 02:00:00:00:00:02 dst 10.0.0.2 dev vxeth0",
    ],
  },
];

for (const { it, wanted, observed, lines, obstacle } of cases) {
  Deno.test(`neigh=static: ${it}`, () => {
    const planned = planLines({
      wanted: aWantedState([anInterface({ neigh: "static", peers: [peer], neighbours, ...wanted })]),
      observed: {
        ...anObservation(observed.links, { fdb: [flood] }),
        ...observed,
        links: anObservation(observed.links).links,
      },
    });
    assert.deepEqual(planned.lines, lines);
    assert.equal(planned.obstacles.length, obstacle === undefined ? 0 : 1);
    if (obstacle !== undefined) assert.match(planned.obstacles[0] ?? "", obstacle);
  });
}

Deno.test("without neigh=static: what we set goes, what others set stays", () => {
  const theirs = { ...set, address: "10.1.0.3", ours: false };
  const planned = planLines({
    wanted: aWantedState([anInterface({ peers: [peer], neighbours })]),
    observed: anObservation(links, {
      neighbours: [set, theirs, { ...set, dev: "theirs" }],
      fdb: [flood, unicast, { ...unicast, mac: "02:00:00:00:00:55" }],
    }),
  });
  assert.deepEqual(planned.lines, [
    "neigh flush to 10.1.0.2 dev vxeth0 nud permanent",
    "bridge fdb delete 02:00:00:00:00:02 dst 10.0.0.2 dev vxeth0",
  ]);
});

const changes = [
  {
    it: "one that comes costs three lines",
    from: { neigh: "static", peers: [], neighbours: [] },
    to: { neigh: "static", peers: [peer], neighbours: neighbours.slice(0, 1) },
    lines: [
      "fdb append 00:00:00:00:00:00 dst 10.0.0.2 dev vxeth0",
      "fdb replace 02:00:00:00:00:02 dst 10.0.0.2 dev vxeth0 self permanent",
      "neigh replace 10.1.0.2 lladdr 02:00:00:00:00:02 dev vxeth0 nud permanent protocol 86",
    ],
  },
  {
    it: "one that goes costs three",
    from: { neigh: "static", peers: [peer], neighbours: neighbours.slice(0, 1) },
    to: { neigh: "static", peers: [], neighbours: [] },
    lines: [
      "fdb delete 00:00:00:00:00:00 dst 10.0.0.2 dev vxeth0",
      "fdb delete 02:00:00:00:00:02 dst 10.0.0.2 dev vxeth0",
      "neigh flush to 10.1.0.2 dev vxeth0 nud permanent",
    ],
  },
  {
    it: "one that is replaced under its address",
    from: { neigh: "static", peers: [peer], neighbours: neighbours.slice(0, 1) },
    to: {
      neigh: "static",
      peers: ["10.0.0.3"],
      neighbours: [{ address: "10.1.0.2", mac: "02:00:00:00:00:03", dst: "10.0.0.3" }],
    },
    lines: [
      "fdb append 00:00:00:00:00:00 dst 10.0.0.3 dev vxeth0",
      "fdb replace 02:00:00:00:00:03 dst 10.0.0.3 dev vxeth0 self permanent",
      "neigh replace 10.1.0.2 lladdr 02:00:00:00:00:03 dev vxeth0 nud permanent protocol 86",
      "fdb delete 00:00:00:00:00:00 dst 10.0.0.2 dev vxeth0",
      "fdb delete 02:00:00:00:00:02 dst 10.0.0.2 dev vxeth0",
    ],
  },
  {
    it: "the option comes",
    from: { peers: [peer], neighbours },
    to: { neigh: "static", peers: [peer], neighbours },
    lines: [
      "fdb replace 02:00:00:00:00:02 dst 10.0.0.2 dev vxeth0 self permanent",
      "neigh replace 10.1.0.2 lladdr 02:00:00:00:00:02 dev vxeth0 nud permanent protocol 86",
      "neigh replace fd01::2 lladdr 02:00:00:00:00:02 dev vxeth0 nud permanent protocol 86",
    ],
  },
  {
    it: "the option goes",
    from: { neigh: "static", peers: [peer], neighbours },
    to: { peers: [peer], neighbours },
    lines: [
      "fdb delete 02:00:00:00:00:02 dst 10.0.0.2 dev vxeth0",
      "neigh flush to 10.1.0.2 dev vxeth0 nud permanent",
      "neigh flush to fd01::2 dev vxeth0 nud permanent",
    ],
  },
] as const;

for (const { it, from, to, lines } of changes) {
  Deno.test(`neigh=static, what is known of the pod: ${it}`, () => {
    const { appends, deletions, forgets } = new PeerChanges().steps(aWantedState([anInterface(to)]), {
      kernel: { links: dual },
      peers: new Map([["vxeth0", from]]),
    });
    assert.deepEqual(
      [...appends, ...deletions, ...forgets].map((step) => render(step, { chance: 0 }).text),
      lines,
    );
  });
}

Deno.test("neigh=static: an interface sets none of its own", () => {
  const planned = planLines({
    wanted: aWantedState([anInterface({ neigh: "static", peers: [peer], neighbours })], {
      own: new Set([peer]),
    }),
    observed: anObservation(dual),
  });
  assert.deepEqual(planned.lines, []);
});
