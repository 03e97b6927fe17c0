// Worlds made by chance: what is wanted, and a namespace that earlier wishes, crashes and other people have
// left behind.
import fc from "fast-check";
import {
  aliasOf,
  type Neighbour,
  temporaryName,
  temporaryStart,
  type WantedInterface,
  type WantedState,
} from "../../../lib/overlay/wanted.ts";
import { anInterface, annotationKey, aWantedState, cidrs, routes } from "./worlds.ts";

/**
 * A world: an earlier wish of which some steps were carried out, what others did then, and the wish of today.
 */
export interface World {
  readonly before: WantedState;
  /** How many steps of the earlier plan were carried out. */
  readonly done: number;
  /** Commands of others, as argv. */
  readonly events: readonly string[];
  readonly learned: readonly { readonly dev: string; readonly mac: string; readonly dst: string }[];
  readonly wanted: WantedState;
}

/** Small pools, so that old and new wishes and foreign things meet. */
const interfaceNames = ["vx0", "vx1", "vx2", "vx3"] as const;
const networkNames = ["red", "green", "blue"] as const;
/** The last two are covered by an address and by a route that an interface may be asked to have. */
const peers = {
  4: ["10.0.0.2", "10.0.0.3", "10.0.0.10", "10.1.2.3", "192.168.102.50", "172.18.0.50"],
  6: ["fd00::2", "fd00::3", "fd00::a"],
};
/** Some have two addresses, some share one or a MAC. */
const neighbours: readonly Neighbour[] = [...peers[4].slice(0, 4), ...peers[6]].flatMap((dst, at) => [
  { address: `192.168.0.${20 + at}`, mac: `02:00:00:00:01:0${at}`, dst },
  { address: `fd01::${20 + at % 3}`, mac: `02:00:00:00:01:0${at === 3 ? 2 : at}`, dst },
]);
const foreignAlias = aliasOf("red", "vxlan.openvnf.org/networks");

/** Any world. */
export function worlds(): fc.Arbitrary<World> {
  return fc.record({
    before: wantedStates(),
    done: fc.oneof(fc.constant(1000), fc.nat({ max: 12 })),
    events: fc.array(events(), { maxLength: 5 }),
    learned: fc.array(
      fc.record({
        dev: fc.constantFrom(...interfaceNames),
        mac: fc.constantFrom("02:00:00:00:00:77", "02:00:00:00:00:78"),
        dst: fc.constantFrom(...peers[4], ...peers[6]),
      }),
      { maxLength: 4 },
    ),
    wanted: wantedStates(),
  });
}

function wantedStates(): fc.Arbitrary<WantedState> {
  const distinct = {
    selector: (value: string | number): string | number => value,
    minLength: 3,
    maxLength: 3,
  };
  return fc.record({
    count: fc.constantFrom(0, 1, 2, 3, 3, 3),
    names: mostly(["vx0", "vx1", "vx2"], fc.uniqueArray(fc.constantFrom(...interfaceNames), distinct)),
    vnis: mostly([1, 2, 3], fc.uniqueArray(fc.integer({ min: 1, max: 5 }), distinct)),
    shapes: fc.array(shapes(), { minLength: 3, maxLength: 3 }),
    mayRemove: fc.boolean(),
    untouchable: fc.subarray([...networkNames]),
  }).map(({ count, names, vnis, shapes, mayRemove, untouchable }) => {
    const interfaces = networkNames.slice(0, count).map((name, position) => ({
      ...anInterface({ name }),
      ...shapes[position],
      interfaceName: names[position] ?? "",
      vni: vnis[position] ?? 0,
      ...inSubnet(position, shapes[position]),
    }));
    const wanted = new Set<string>(interfaces.map(({ name }) => name));
    return aWantedState(interfaces.sort((a, b) => a.interfaceName < b.interfaceName ? -1 : 1), {
      mayRemove,
      untouchable: untouchable.filter((network) => !wanted.has(network)),
      maySendTo: () => ["10.0.0.2"],
    });
  });
}

/** Two wishes have enough in common then that a link is changed in place and not always replaced. */
function mostly<T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
}

type Shape = Partial<WantedInterface> & {
  readonly hosts: readonly number[];
  readonly gateways: readonly number[];
};

function shapes(): fc.Arbitrary<Shape> {
  return fc.record({
    family: mostly(4, fc.constantFrom(4, 6)),
    port: mostly(8472, fc.constantFrom(8472, 4789)),
    underlay: mostly("eth0", fc.constantFrom("eth1", "eth1", "vx0", "vx1", "vx2")),
    mtu: fc.constantFrom(undefined, 1300, 1320),
    mac: fc.constantFrom("02:00:00:00:00:01", "02:00:00:00:00:02"),
    up: fc.constantFrom(true, true, false),
    hosts: fc.subarray([1, 2, 3]),
    gateways: fc.subarray([0, 1, 2]),
    peers4: fc.subarray(peers[4]),
    peers6: fc.subarray(peers[6]),
    neigh: fc.constantFrom(undefined, "static" as const),
    neighbours: fc.subarray([...neighbours]),
  }).map(({ mtu, peers4, peers6, neigh, ...shape }) => ({
    ...shape,
    ...(neigh === undefined ? {} : { neigh }),
    neighbours: shape.neighbours.filter(({ dst }) => (shape.family === 4 ? peers4 : peers6).includes(dst)),
    ...(mtu === undefined ? {} : { mtu }),
    ...(shape.family === 6 ? { local: "fd00::5" } : {}),
    peers: [...shape.family === 4 ? peers4 : peers6].sort(),
  }));
}

/** They cover everything, the pod IPs and those of one family. */
const wide = ["0.0.0.0/1 via 192.168.0.9", "10.0.0.0/8 via 192.168.0.9", "::/0 via fd01::9"];

/**
 * Two addresses of one subnet and one of another for IPv4, some for IPv6, and routes through some of them.
 */
function inSubnet(position: number, shape: Shape | undefined): Partial<WantedInterface> {
  const texts = (shape?.hosts ?? []).flatMap((host) => [
    `192.168.${position + (host === 3 ? 100 : 0)}.${host}/24`,
    ...(host === 2 ? [] : [`fd0${position + 1}::${host}/${host === 3 ? 48 : 64}`]),
  ]);
  const gateways = texts.length === 0 ? [] : (shape?.gateways ?? []).flatMap((route) => [
    `172.${16 + route}.${position}.0/24 via 192.168.${position}.${9 - route}`,
    `fd${route}${position}:1::/64 via fd0${position + 1}::9`,
    ...(route === 2 && position === 0 ? wide : []),
    ...(route === 1 && position === 1 ? ["0.0.0.0/0 via 192.168.1.9", "fd00::/16 via fd02::9"] : []),
  ]);
  return { addresses: cidrs(...texts), routes: routes(...gateways) };
}

/** Things that other people do. What is refused does not happen. */
function events(): fc.Arbitrary<string> {
  const name = fc.constantFrom(...interfaceNames);
  const address = fc.constantFrom(
    "192.168.0.1/24",
    "192.168.0.1/16",
    "192.168.1.77/24",
    "fd01::1/48",
    "fd09::9/64",
  );
  return fc.oneof(
    name.map((dev) => `ip link del ${dev}`),
    name.map((dev) => `ip link set ${dev} down`),
    name.map((dev) => `ip link set ${dev} up`),
    name.map((dev) => `ip link set ${dev} master br0`),
    name.map((dev) => `ip link property add dev eth1 altname ${dev}`),
    name.map((interfaceName) =>
      `ip link add ${
        temporaryName(temporaryStart(annotationKey), { interfaceName, chance: 0 })
      } type vxlan id 3 dev eth0 dstport 8472`
    ),
    fc.oneof(name.map((dev) => `ip link set ${dev} mtu 1290`), fc.constant("ip link set eth1 mtu 100")),
    name.map((dev) => `ip link set ${dev} alias ${foreignAlias}`),
    name.map((dev) => `ip link set ${dev} alias somebody`),
    name.map((dev) => `ip link add ${dev} type bridge`),
    fc.tuple(name, fc.integer({ min: 1, max: 5 })).map(([dev, vni]) =>
      `ip link add ${dev} type vxlan id ${vni} dev eth0 dstport 8472`
    ),
    fc.tuple(name, address).map(([dev, cidr]) => `ip address add ${cidr} dev ${dev}`),
    fc.tuple(name, address).map(([dev, cidr]) => `ip address del ${cidr} dev ${dev}`),
    fc.constantFrom("10.244.1.9 dev eth0", "10.245.1.9 dev eth1").map((hop) =>
      `ip route add 172.16.0.0/24 via ${hop}`
    ),
    // Most of them are refused, or on devices that are not ours.
    {
      weight: 2,
      arbitrary: fc.tuple(name, fc.constantFrom(...neighbours), fc.constantFrom("", " protocol 86")).map(
        ([dev, { address, mac }, protocol]) =>
          `ip neigh replace ${address} lladdr ${mac} dev ${dev} nud permanent${protocol}`,
      ),
    },
    fc.tuple(name, fc.constantFrom(...neighbours), fc.constantFrom(...peers[4])).map(([dev, { mac }, dst]) =>
      `bridge fdb replace ${mac} dst ${dst} dev ${dev} self permanent`
    ),
    fc.tuple(name, fc.constantFrom(...peers[4], ...peers[6])).map(([dev, dst]) =>
      `bridge fdb append 00:00:00:00:00:00 dst ${dst} dev ${dev}`
    ),
    fc.tuple(name, fc.constantFrom(...peers[4], ...peers[6])).map(([dev, dst]) =>
      `bridge fdb del 00:00:00:00:00:00 dst ${dst} dev ${dev}`
    ),
  );
}
