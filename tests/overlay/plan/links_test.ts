// Which links are made, changed, kept, deleted and left alone, as a table of worlds.
import assert from "node:assert/strict";
import { plan } from "../../../lib/overlay/plan/plan.ts";
import { changeSummary } from "../../../lib/overlay/step_text.ts";
import type { Observation } from "../../../lib/overlay/observation.ts";
import { aliasOf, temporaryName, temporaryStart, type WantedState } from "../../../lib/overlay/wanted.ts";
import {
  aDevice,
  aLink,
  anInterface,
  annotationKey,
  anObservation,
  aWantedState,
  planLines,
} from "./worlds.ts";

/** The name under which the link of an interface is made. */
const unnamed = (interfaceName = "vxeth0"): string =>
  temporaryName(temporaryStart(annotationKey), { interfaceName, chance: 0 });

/** What makes the link of a network and gives it its name. */
const make = (
  { name = "vxeth0", network = "vxeth0", vni = 100, before = "", after = "", up = " up", port = 8472 },
): readonly string[] => [
  `link add name ${
    unnamed(name)
  } address 02:00:00:00:00:01 ${before}type vxlan id ${vni} dev eth0 dstport ${port}${after}`,
  `link set dev ${unnamed(name)} name ${name} alias ${
    aliasOf(network, annotationKey)
  }${up} type vxlan id ${vni}`,
];
const mark = `link set dev vxeth0 alias ${aliasOf("vxeth0", annotationKey)}`;
const up = "link set dev vxeth0 up";
const remove = "link delete dev vxeth0";
const ipv6 = { family: 6, local: "fd00::5" } as const;

const wantVxeth0 = aWantedState([anInterface()]);
const wantNothing = aWantedState([]);

/** A foreign link with the wanted name or VNI. */
const foreignVni = aLink({ name: "theirs", alias: "" });

/** That of network `a`, `b` or `c`: vx1, vx2 or vx3 with VNI 1, 2 or 3. */
function linkOf(network: "a" | "b" | "c", { on }: { readonly on: string }): ReturnType<typeof aLink> {
  const vni = "abc".indexOf(network) + 1;
  return aLink({
    name: `vx${vni}`,
    alias: aliasOf(network, annotationKey),
    vxlan: { vni, port: 8472, family: 4, dev: on },
  });
}

interface Case {
  readonly it: string;
  readonly wanted: WantedState;
  readonly observed: Observation;
  readonly lines?: readonly string[];
  readonly obstacles?: readonly string[];
}

const cases: readonly Case[] = [
  { it: "makes a missing interface", wanted: wantVxeth0, observed: anObservation(), lines: make({}) },
  { it: "leaves a good one alone", wanted: wantVxeth0, observed: anObservation([aLink()]) },
  {
    it: "makes one with MTU and over IPv6",
    wanted: aWantedState([anInterface({ mtu: 1400, ...ipv6 })]),
    observed: anObservation(),
    lines: make({ before: "mtu 1400 ", after: " local fd00::5" }),
  },
  {
    it: "makes one that somebody else brings up",
    wanted: aWantedState([anInterface({ up: false })]),
    observed: anObservation(),
    lines: make({ up: "" }),
  },
  {
    it: "does not bring it up",
    wanted: aWantedState([anInterface({ up: false })]),
    observed: anObservation([aLink({ up: false })]),
  },
  {
    it: "does not take it down",
    wanted: aWantedState([anInterface({ up: false })]),
    observed: anObservation([aLink()]),
  },
  {
    it: "brings up what is down",
    wanted: wantVxeth0,
    observed: anObservation([aLink({ up: false })]),
    lines: [up],
  },
  {
    it: "changes MTU, MAC and device in place, the device first",
    wanted: aWantedState([anInterface({ mtu: 1300, mac: "02:00:00:00:00:02", underlay: "eth1" })]),
    observed: anObservation([aLink(), aDevice("eth1")]),
    lines: [
      "link set dev vxeth0 type vxlan id 100 dev eth1",
      "link set dev vxeth0 mtu 1300",
      "link set dev vxeth0 address 02:00:00:00:00:02",
    ],
  },
  {
    it: "gives a link without dev its device",
    wanted: wantVxeth0,
    observed: anObservation([aLink({ vxlan: { vni: 100, port: 8472, family: 4 } })]),
    lines: ["link set dev vxeth0 type vxlan id 100 dev eth0"],
  },
  {
    it: "follows the MTU of the device when none is asked for",
    wanted: wantVxeth0,
    observed: anObservation([aLink({ mtu: 1300 })]),
    lines: ["link set dev vxeth0 mtu 1450"],
  },
  ...([
    ["another VNI", { vni: 101, port: 8472, family: 4, dev: "eth0" }],
    ["another port", { vni: 100, port: 4789, family: 4, dev: "eth0" }],
    ["another family", { vni: 100, port: 8472, family: 6, dev: "eth0", local: "fd00::5" }],
    ["a local address", { vni: 100, port: 8472, family: 4, dev: "eth0", local: "10.244.1.5" }],
    ["a fixed remote", { vni: 100, port: 8472, family: 4, dev: "eth0", remote: "10.244.1.7" }],
  ] as const).map(([what, vxlan]): Case => ({
    it: `replaces a link with ${what}`,
    wanted: wantVxeth0,
    observed: anObservation([aLink({ vxlan })]),
    lines: [remove, ...make({})],
  })),
  {
    it: "replaces a link when the interface has another name now",
    wanted: wantVxeth0,
    observed: anObservation([aLink({ name: "old" })]),
    lines: ["link delete dev old", ...make({})],
  },
  {
    it: "adopts a link without alias that has the name and VNI",
    wanted: wantVxeth0,
    observed: anObservation([aLink({ alias: "" })]),
    lines: [mark],
  },
  {
    it: "brings an adopted link to the wanted state",
    wanted: wantVxeth0,
    observed: anObservation([aLink({ alias: "", up: false, mac: "5e:98:80:57:48:18" })]),
    lines: [mark, "link set dev vxeth0 address 02:00:00:00:00:01", up],
  },
  {
    it: "replaces an adopted link that cannot be changed: the predecessor's all have the default port",
    wanted: aWantedState([anInterface({ port: 4789 })]),
    observed: anObservation([aLink({ alias: "", vxlan: { vni: 100, port: 8472, family: 4, dev: "eth0" } })]),
    lines: [remove, ...make({ port: 4789 })],
  },
  ...[
    { it: "another port", its: { port: 4789 } },
    { it: "another family", its: { family: 6 as const } },
    { it: "a fixed remote", its: { remote: "192.0.2.9" } },
    { it: "a local address", its: { local: "10.244.0.2" } },
  ].map(({ it, its }) => ({
    it: `leaves alone a link without alias that has the name and VNI, and ${it}`,
    wanted: wantVxeth0,
    observed: anObservation([
      aLink({ alias: "", vxlan: { vni: 100, port: 8472, family: 4, dev: "eth0", ...its } }),
    ]),
    obstacles: [
      'conflict: Cannot create interface "vxeth0" of network "vxeth0": the name is taken by a link of kind ' +
      '"vxlan" with VNI 100 without an alias. Remove that link, or choose another name for the interface (name=…)',
    ],
  })),
  {
    it: "removes what is no longer wanted",
    wanted: wantNothing,
    observed: anObservation([aLink()]),
    lines: [remove],
  },
  {
    it: "removes nothing while that is forbidden",
    wanted: aWantedState([], { mayRemove: false }),
    observed: anObservation([aLink()]),
  },
  {
    it: "removes no link of a network that cannot be resolved",
    wanted: aWantedState([], { untouchable: ["vxeth0"] }),
    observed: anObservation([aLink()]),
  },
  {
    it: "leaves links of other kinds, owners and annotations alone",
    wanted: wantNothing,
    observed: anObservation([
      aLink({ name: "a", alias: "" }),
      aLink({ name: "b", alias: "kube-vxlan-controller:network=b,annotation=vxlan.openvnf.org/networks" }),
      aLink({ name: "c", alias: `${aliasOf("c", annotationKey)}x` }),
      aDevice("d", { alias: aliasOf("d", annotationKey) }),
    ]),
  },
  {
    it: "deletes before it makes, so that two interfaces can swap names",
    wanted: aWantedState([
      anInterface({ name: "a", interfaceName: "vx1", vni: 1 }),
      anInterface({ name: "b", interfaceName: "vx2", vni: 2 }),
    ]),
    observed: anObservation([
      aLink({ name: "vx1", alias: aliasOf("b", annotationKey), vxlan: { vni: 2, port: 8472, family: 4 } }),
      aLink({ name: "vx2", alias: aliasOf("a", annotationKey), vxlan: { vni: 1, port: 8472, family: 4 } }),
    ]),
    lines: [
      "link delete dev vx1",
      "link delete dev vx2",
      ...make({ name: "vx1", network: "a", vni: 1 }),
      ...make({ name: "vx2", network: "b", vni: 2 }),
    ],
  },
  {
    it: "tells of a foreign link that has the name",
    wanted: wantVxeth0,
    observed: anObservation([aDevice("vxeth0", { alias: "somebody's" })]),
    obstacles: [
      'conflict: Cannot create interface "vxeth0" of network "vxeth0": the name is taken by a link of kind ' +
      '"veth" with alias "somebody\'s". Remove that link, or choose another name for the interface (name=…)',
    ],
  },
  {
    it: "tells of a foreign link that has the name and another VNI",
    wanted: wantVxeth0,
    observed: anObservation([aLink({ alias: "", vxlan: { vni: 7, port: 8472, family: 4 } })]),
    obstacles: [
      'conflict: Cannot create interface "vxeth0" of network "vxeth0": the name is taken by a link of kind ' +
      '"vxlan" with VNI 7 without an alias. Remove that link, or choose another name for the interface (name=…)',
    ],
  },
  {
    it: "tells of a device that answers to the name too",
    wanted: wantVxeth0,
    observed: anObservation([aDevice("eth1", { altnames: ["vxeth0"] })]),
    obstacles: [
      'conflict: Cannot create interface "vxeth0" of network "vxeth0": the name is an alternative name of link ' +
      '"eth1". Take it from there, or choose another name for the interface (name=…)',
    ],
  },
  {
    it: "does nothing to foreign links of names like those under which links are made",
    wanted: wantVxeth0,
    observed: anObservation([
      aDevice(unnamed(), { kind: "dummy" }),
      aLink({ name: unnamed("x"), alias: "mine", vxlan: { vni: 7, port: 8472, family: 4, dev: "eth0" } }),
    ]),
    lines: make({}),
  },
  {
    it: "deletes a link that was left half made, without a mark, and makes it anew",
    wanted: wantVxeth0,
    observed: anObservation([aLink({ name: unnamed(), alias: "", up: false })]),
    lines: [`link delete dev ${unnamed()}`, ...make({})],
  },
  {
    it: "deletes one that was left with its mark and before it had its name",
    wanted: wantVxeth0,
    observed: anObservation([aLink({ name: unnamed(), up: false })]),
    lines: [`link delete dev ${unnamed()}`, ...make({})],
  },
  {
    it: "deletes one that was left half made for a network that nobody asks for any more",
    wanted: wantNothing,
    observed: anObservation([aLink({ name: unnamed("gone"), alias: "" })]),
    lines: [`link delete dev ${unnamed("gone")}`],
  },
  {
    it: "makes a port of a bridge a port of it again",
    wanted: wantVxeth0,
    observed: anObservation([
      aLink({ master: "br0", vxlan: { vni: 7, port: 8472, family: 4, dev: "eth0" } }),
      aDevice("br0", { kind: "bridge" }),
    ]),
    lines: [remove, ...make({ before: "master br0 " })],
  },
  {
    it: "does not make it a port of a switch that takes ports in another way only",
    wanted: wantVxeth0,
    observed: anObservation([
      aLink({ master: "ovs-system", vxlan: { vni: 7, port: 8472, family: 4, dev: "eth0" } }),
      aDevice("ovs-system", { kind: "openvswitch" }),
    ]),
    lines: [remove, ...make({})],
  },
  {
    it: "does not put a bridge's odd name into a command",
    wanted: wantVxeth0,
    observed: anObservation([
      aLink({ master: "br 0", vxlan: { vni: 7, port: 8472, family: 4, dev: "eth0" } }),
    ]),
    lines: [remove, ...make({})],
  },
  {
    it: "deletes what stands on a link that goes before it, and makes both anew",
    wanted: aWantedState([
      anInterface({ name: "a", interfaceName: "vx1", vni: 1 }),
      anInterface({ name: "b", interfaceName: "vx2", vni: 2, underlay: "vx1" }),
    ]),
    observed: anObservation([
      aLink({
        name: "vx1",
        alias: aliasOf("a", annotationKey),
        vxlan: { vni: 9, port: 8472, family: 4, dev: "eth0" },
      }),
      aLink({
        name: "vx2",
        alias: aliasOf("b", annotationKey),
        vxlan: { vni: 2, port: 8472, family: 4, dev: "vx1" },
      }),
    ]),
    lines: ["link delete dev vx2", "link delete dev vx1", ...make({ name: "vx1", network: "a", vni: 1 })],
    obstacles: [
      'setup-failed: Cannot put interface "vx2" of network "b" on device "vx1": no such device in the pod, which ' +
      'has "eth0", "lo". Name one of them (dev=…)',
    ],
  },
  {
    it: "tells of interfaces that are to stand on each other, and changes nothing of them",
    wanted: aWantedState([
      anInterface({ name: "a", interfaceName: "vx1", vni: 1, underlay: "vx2" }),
      anInterface({ name: "b", interfaceName: "vx2", vni: 2, underlay: "vx1" }),
    ]),
    observed: anObservation([
      aLink({
        name: "vx1",
        alias: aliasOf("a", annotationKey),
        vxlan: { vni: 1, port: 8472, family: 4, dev: "eth0" },
      }),
      aLink({
        name: "vx2",
        alias: aliasOf("b", annotationKey),
        vxlan: { vni: 2, port: 8472, family: 4, dev: "eth0" },
      }),
    ]),
    obstacles: ["vx1", "vx2"].map((name, at) => {
      const other = at === 0 ? "vx2" : "vx1";
      return `setup-failed: Cannot put interface "${name}" of network "${
        at === 0 ? "a" : "b"
      }" on device "${other}": ` +
        `that one stands, or is to stand, on "${name}" itself. Name another device (dev=…) for one`;
    }),
  },
  {
    it: "does not put an interface on another's link that stands on it",
    wanted: aWantedState([anInterface({ name: "a", interfaceName: "vx1", vni: 1, underlay: "theirs" })]),
    observed: anObservation([
      aLink({
        name: "vx1",
        alias: aliasOf("a", annotationKey),
        vxlan: { vni: 1, port: 8472, family: 4, dev: "eth0" },
      }),
      aLink({
        name: "theirs",
        alias: "theirs",
        vxlan: { vni: 2, port: 8472, family: 4, dev: "vx1" },
      }),
    ]),
    obstacles: [
      'setup-failed: Cannot put interface "vx1" of network "a" on device "theirs": ' +
      'that one stands, or is to stand, on "vx1" itself. Name another device (dev=…) for one',
    ],
  },
  {
    it: "does not put an interface on one that stands on it and cannot be put elsewhere",
    wanted: aWantedState([
      anInterface({ name: "a", interfaceName: "vx1", vni: 1, underlay: "nodev" }),
      anInterface({ name: "b", interfaceName: "vx2", vni: 2, underlay: "vx1" }),
    ]),
    observed: anObservation([linkOf("a", { on: "vx2" }), linkOf("b", { on: "eth0" })]),
    obstacles: [
      'setup-failed: Cannot put interface "vx1" of network "a" on device "nodev": no such device in the pod, which ' +
      'has "eth0", "lo", "vx2". Name one of them (dev=…)',
      'setup-failed: Cannot put interface "vx2" of network "b" on device "vx1": ' +
      'that one stands, or is to stand, on "vx2" itself. Name another device (dev=…) for one',
    ],
  },
  {
    it: "puts an interface on one that stood on it and goes elsewhere, after that one",
    wanted: aWantedState([
      anInterface({ name: "a", interfaceName: "vx1", vni: 1 }),
      anInterface({ name: "b", interfaceName: "vx2", vni: 2, underlay: "vx1", mtu: 1400 }),
    ]),
    observed: anObservation([
      { ...linkOf("a", { on: "vx2" }), mtu: 1400 },
      { ...linkOf("b", { on: "eth0" }), mtu: 1450 },
    ]),
    lines: [
      "link set dev vx1 type vxlan id 1 dev eth0",
      "link set dev vx1 mtu 1450",
      "link set dev vx2 type vxlan id 2 dev vx1",
      "link set dev vx2 mtu 1400",
    ],
  },
  {
    it: "does not put an interface on the bridge that it is a port of",
    wanted: aWantedState([anInterface({ underlay: "br0" })]),
    observed: anObservation([aDevice("br0", { kind: "bridge" }), aLink({ master: "br0" })]),
    obstacles: [
      'setup-failed: Cannot put interface "vxeth0" of network "vxeth0" on device "br0": the interface is a port of ' +
      "it. Name another device (dev=…), or take it out of there",
    ],
  },
  {
    it: "counts with the MTU that one is to have which is adopted",
    wanted: aWantedState([
      anInterface({ name: "a", interfaceName: "vx1", vni: 1, mtu: 1300 }),
      anInterface({ name: "b", interfaceName: "vx2", vni: 2, underlay: "vx1" }),
    ]),
    observed: anObservation([{ ...linkOf("a", { on: "eth0" }), alias: "" }, linkOf("b", { on: "eth0" })]),
    lines: [
      `link set dev vx1 alias ${aliasOf("a", annotationKey)}`,
      "link set dev vx1 mtu 1300",
      "link set dev vx2 type vxlan id 2 dev vx1",
      "link set dev vx2 mtu 1250",
    ],
  },
  {
    it: "does not make one on another's link that goes with the one it stands on",
    wanted: aWantedState([
      anInterface({ name: "a", interfaceName: "vx1", vni: 9 }),
      anInterface({ name: "b", interfaceName: "vx2", vni: 2, underlay: "theirs" }),
    ]),
    observed: anObservation([
      linkOf("a", { on: "eth0" }),
      { ...linkOf("c", { on: "vx1" }), name: "theirs", alias: "theirs" },
    ]),
    lines: ["link delete dev vx1", ...make({ name: "vx1", network: "a", vni: 9 })],
    obstacles: [
      'setup-failed: Cannot put interface "vx2" of network "b" on device "theirs": no such device in the pod, which ' +
      'has "eth0", "lo". Name one of them (dev=…)',
    ],
  },
  {
    it: "makes one in the place of several a port, when one of them is",
    wanted: wantVxeth0,
    observed: anObservation([
      aDevice("br0", { kind: "bridge" }),
      aLink({ name: unnamed(), vxlan: { vni: 8, port: 8472, family: 4, dev: "eth0" } }),
      aLink({ master: "br0", vxlan: { vni: 7, port: 8472, family: 4, dev: "eth0" } }),
    ]),
    lines: [`link delete dev ${unnamed()}`, remove, ...make({ before: "master br0 " })],
  },
  {
    it: "tells of a port of the bridge that its new device stands on: the kernel makes no circles",
    wanted: aWantedState([
      anInterface({ name: "vx1", alias: aliasOf("vx1", annotationKey), vni: 1, underlay: "vx2" }),
      anInterface({ name: "vx2", alias: aliasOf("vx2", annotationKey), vni: 2, underlay: "br0" }),
    ]),
    observed: anObservation([
      aDevice("br0", { kind: "bridge", mtu: 9000 }),
      aLink({
        ...{ name: "vx1", alias: aliasOf("vx1", annotationKey), mtu: 1000, master: "br0" },
        vxlan: { vni: 1, port: 8472, family: 4, dev: "eth0" },
      }),
      aLink({
        ...{ name: "vx2", alias: aliasOf("vx2", annotationKey), mtu: 8950 },
        vxlan: { vni: 2, port: 8472, family: 4, dev: "br0" },
      }),
    ]),
    obstacles: [
      'setup-failed: Cannot put interface "vx1" of network "vx1" on device "vx2": the interface is a port of "br0", ' +
      "which that one stands on. Name another device (dev=…), or take it out of there",
    ],
  },
  {
    it: "tells of a foreign link that has VNI and port",
    wanted: wantVxeth0,
    observed: anObservation([foreignVni]),
    obstacles: [
      'conflict: Cannot create interface "vxeth0" of network "vxeth0": VNI 100 and port 8472 are taken by link ' +
      '"theirs", a link of kind "vxlan" with VNI 100 without an alias. ' +
      "Remove that link, or choose another VNI (id=…) or port (dstport=…)",
    ],
  },
  {
    it: "makes a link beside a foreign one of the same VNI and another port or family",
    wanted: wantVxeth0,
    observed: anObservation([
      aLink({ name: "a", alias: "", vxlan: { vni: 100, port: 4789, family: 4 } }),
      aLink({ name: "b", alias: "", vxlan: { vni: 100, port: 8472, family: 6, local: "fd00::5" } }),
    ]),
    lines: make({}),
  },
  {
    it: "tells of a link of an unresolvable network that has the name",
    wanted: aWantedState([anInterface()], { untouchable: ["other"] }),
    observed: anObservation([aLink({ alias: aliasOf("other", annotationKey) })]),
    obstacles: [
      'conflict: Cannot create interface "vxeth0" of network "vxeth0": the name is taken by a link of kind ' +
      `"vxlan" with VNI 100 with alias "${aliasOf("other", annotationKey)}". ` +
      'It stays until network "other" is given correctly or no longer asked for: mend that, ' +
      "or choose another name for the interface (name=…)",
    ],
  },
  {
    it: "tells of a link of which an annotation that cannot be read may speak",
    wanted: aWantedState([anInterface()], { mayRemove: false }),
    observed: anObservation([aLink({ alias: aliasOf("other", annotationKey) })]),
    obstacles: [
      'conflict: Cannot create interface "vxeth0" of network "vxeth0": the name is taken by a link of kind ' +
      `"vxlan" with VNI 100 with alias "${aliasOf("other", annotationKey)}". ` +
      'It stays until all of the annotation can be read, which then names network "other" or not: mend that, ' +
      "or choose another name for the interface (name=…)",
    ],
  },
  {
    it: "tells of a link of another kind that bears our mark that it is to be removed",
    wanted: wantVxeth0,
    observed: anObservation([aDevice("vxeth0", { kind: "bridge", alias: aLink().alias })]),
    obstacles: [
      'conflict: Cannot create interface "vxeth0" of network "vxeth0": the name is taken by a link of kind ' +
      '"bridge" with alias "kube-vxlan-controller:network=vxeth0,annotation=vxlan.travelping.com/networks". ' +
      "Remove that link, or choose another name for the interface (name=…)",
    ],
  },
  {
    it: "tells of a link that a controller with another annotation has made",
    wanted: aWantedState([anInterface()]),
    observed: anObservation([aLink({ alias: aliasOf("other", "lab.example/networks") })]),
    obstacles: [
      'conflict: Cannot create interface "vxeth0" of network "vxeth0": the name is taken by a link of kind ' +
      `"vxlan" with VNI 100 with alias "${aliasOf("other", "lab.example/networks")}". ` +
      "A controller with another annotation has made it: take that network from the pod there, " +
      "or choose another name for the interface (name=…)",
    ],
  },
  {
    it: "tells of a missing device",
    wanted: aWantedState([anInterface({ underlay: "tun0" })]),
    observed: anObservation(),
    obstacles: [
      'setup-failed: Cannot put interface "vxeth0" of network "vxeth0" on device "tun0": no such device in the ' +
      'pod, which has "eth0", "lo". Name one of them (dev=…)',
    ],
  },
  {
    it: "keeps a wrong link when the right one cannot be made",
    wanted: aWantedState([anInterface({ underlay: "tun0", vni: 101 })]),
    observed: anObservation([aLink()]),
    obstacles: [
      'setup-failed: Cannot put interface "vxeth0" of network "vxeth0" on device "tun0": no such device in the ' +
      'pod, which has "eth0", "lo". Name one of them (dev=…)',
    ],
  },
  {
    it: "blocks an interface whose name is held by one that is blocked itself",
    wanted: aWantedState([
      anInterface({ name: "a", interfaceName: "vx1", vni: 1, underlay: "tun0" }),
      anInterface({ name: "b", interfaceName: "vx2", vni: 2 }),
    ]),
    observed: anObservation([
      aLink({ name: "vx2", alias: aliasOf("a", annotationKey), vxlan: { vni: 1, port: 8472, family: 4 } }),
    ]),
    obstacles: [
      'setup-failed: Cannot put interface "vx1" of network "a" on device "tun0": no such device in the pod, ' +
      'which has "eth0", "lo". Name one of them (dev=…)',
      'conflict: Cannot create interface "vx2" of network "b": the name is taken by a link of kind "vxlan" with ' +
      `VNI 1 with alias "${aliasOf("a", annotationKey)}". ` +
      'It stays as long as something is in the way of network "a": mend that, ' +
      "or choose another name for the interface (name=…)",
    ],
  },
  {
    it: "leaves the rest of a link alone when its device is missing",
    wanted: aWantedState([anInterface({ underlay: "tun0", mac: "02:00:00:00:00:02", peers: ["10.0.0.2"] })]),
    observed: anObservation([aLink()]),
    lines: [
      "link set dev vxeth0 address 02:00:00:00:00:02",
      "bridge fdb append 00:00:00:00:00:00 dst 10.0.0.2 dev vxeth0",
    ],
    obstacles: [
      'setup-failed: Cannot put interface "vxeth0" of network "vxeth0" on device "tun0": no such device in the ' +
      'pod, which has "eth0", "lo". Name one of them (dev=…)',
    ],
  },
  {
    it: "tells of an interface that is its own device",
    wanted: aWantedState([anInterface({ underlay: "vxeth0" })]),
    observed: anObservation(),
    obstacles: [
      'setup-failed: Cannot put interface "vxeth0" of network "vxeth0" on device "vxeth0": ' +
      "an interface cannot be its own device",
    ],
  },
  {
    it: "tells of an MTU that the device does not allow",
    wanted: aWantedState([anInterface({ mtu: 1451 })]),
    observed: anObservation(),
    obstacles: [
      'setup-failed: Cannot put interface "vxeth0" of network "vxeth0" on device "eth0": its MTU 1500 leaves 1450 ' +
      "(VXLAN over IPv4 takes 50), asked for is 1451. Set mtu to at most 1450",
    ],
  },
  {
    it: "tells of an MTU that the device does not allow over IPv6",
    wanted: aWantedState([anInterface({ mtu: 1431, ...ipv6 })]),
    observed: anObservation(),
    obstacles: [
      'setup-failed: Cannot put interface "vxeth0" of network "vxeth0" on device "eth0": its MTU 1500 leaves 1430 ' +
      "(VXLAN over IPv6 takes 70), asked for is 1431. Set mtu to at most 1430",
    ],
  },
  {
    it: "tells of a device whose MTU is too small for IPv6 addresses",
    wanted: aWantedState([
      anInterface({ underlay: "tun0", addresses: [{ family: 6, address: "fd01::1", prefix: 64 }] }),
    ]),
    observed: anObservation([aDevice("tun0", { mtu: 1300 })]),
    obstacles: [
      'setup-failed: Cannot put interface "vxeth0" of network "vxeth0" on device "tun0": its MTU 1300 leaves 1250, ' +
      "but IPv6 addresses and routes need 1280. Use a device with an MTU of at least 1330",
    ],
  },
  {
    it: "sets no MTU where the device leaves less than any link needs",
    wanted: wantVxeth0,
    observed: { ...anObservation([aLink()]), links: [aDevice("eth0", { mtu: 117 }), aLink()] },
    obstacles: [
      'setup-failed: Cannot put interface "vxeth0" of network "vxeth0" on device "eth0": its MTU 117 leaves less than ' +
      "the 68 that an interface needs at least (VXLAN over IPv4 takes 50). Use a device with an MTU of at least 118",
    ],
  },
  {
    it: "makes none on a device that leaves less than any link needs",
    wanted: aWantedState([anInterface({ ...ipv6, mtu: 68, underlay: "tun0" })]),
    observed: anObservation([aDevice("tun0", { mtu: 137 })]),
    obstacles: [
      'setup-failed: Cannot put interface "vxeth0" of network "vxeth0" on device "tun0": its MTU 137 leaves less than ' +
      "the 68 that an interface needs at least (VXLAN over IPv6 takes 70). Use a device with an MTU of at least 138",
    ],
  },
  {
    it: "sets the least MTU where the device leaves just that",
    wanted: wantVxeth0,
    observed: { ...anObservation([aLink()]), links: [aDevice("eth0", { mtu: 118 }), aLink()] },
    lines: ["link set dev vxeth0 mtu 68"],
  },
];

for (const { it, wanted, observed, lines = [], obstacles = [] } of cases) {
  Deno.test(`plan of links: ${it}`, () => {
    assert.deepEqual(planLines({ wanted, observed }), { lines, obstacles });
  });
}

Deno.test("plan of links: a replaced link gets its addresses, routes and peers once it has been read", () => {
  const wanted = aWantedState([anInterface({
    addresses: [{ family: 4, address: "192.168.10.1", prefix: 24 }],
    routes: [{ subnet: { family: 4, address: "192.168.20.0", prefix: 24 }, gateway: "192.168.10.2" }],
    peers: ["10.0.0.2"],
  })]);
  const observed = anObservation([
    aLink({ vxlan: { vni: 7, port: 8472, family: 4, dev: "eth0" }, addresses: ["192.168.10.1/24"] }),
  ], {
    routes: [
      {
        subnet: "192.168.20.0/24",
        gateway: "192.168.10.2",
        dev: "vxeth0",
        ours: true,
        table: "main",
        metric: 0,
      },
    ],
    fdb: [
      { dev: "vxeth0", mac: "00:00:00:00:00:00", dst: "10.0.0.2" },
      { dev: "vxeth0", mac: "00:00:00:00:00:00", dst: "10.0.0.3" },
    ],
  });
  assert.deepEqual(planLines({ wanted, observed }).lines, [remove, ...make({})]);
  const made = anObservation([aLink({ up: false })]);
  assert.deepEqual(planLines({ wanted, observed: made }).lines, [
    up,
    "address replace 192.168.10.1/24 dev vxeth0",
    "route add 192.168.20.0/24 via 192.168.10.2 dev vxeth0 proto 86",
    "bridge fdb append 00:00:00:00:00:00 dst 10.0.0.2 dev vxeth0",
  ]);
});

const others = { vxlan: { vni: 7, port: 8472, family: 4, dev: "eth0" } } as const;
const losses: readonly (readonly [it: string, observed: Observation, said: string])[] = [
  [
    "a switch that it was a port of, and cannot be again",
    anObservation([
      aLink({ master: "ovs-system", ...others }),
      aDevice("ovs-system", { kind: "openvswitch" }),
    ]),
    '; it is no port of "ovs-system" any more',
  ],
  [
    "what others have put on it",
    anObservation([
      aLink(others),
      aDevice("mv1", { kind: "macvlan", lower: "vxeth0" }),
      aDevice("mv0", { kind: "macvlan", lower: "vxeth0" }),
      aDevice("mv2", { kind: "macvlan", lower: "eth0" }),
    ]),
    '; what stands on it goes too: "mv0", "mv1"',
  ],
  ["nothing", anObservation([aLink(others)]), ""],
];
for (const [it, observed, said] of losses) {
  Deno.test(`plan of links: what is lost with a link that is made anew is said: ${it}`, () => {
    const { steps } = plan({ wanted: wantVxeth0, observed, ourAddresses: new Map() });
    assert.equal(
      changeSummary(steps),
      `vxeth0: replaced (VNI 100 on eth0): its VNI is 7, not 100${said}`,
    );
  });
}
