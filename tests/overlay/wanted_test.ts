// What a member's kernel should hold, derived from the member, its peers and the settings.
import assert from "node:assert/strict";
import type { Member } from "../../lib/member/member.ts";
import { derivedMac } from "../../lib/member/reachable.ts";
import { noClusterNetworks, readClusterNetworks } from "../../lib/network/cluster_networks.ts";
import type { Network } from "../../lib/network/network.ts";
import {
  aliasOf,
  isTemporaryName,
  maxAnnotationKeyLength,
  networkOfAlias,
  temporaryName,
  temporaryStart,
  wantedState,
} from "../../lib/overlay/wanted.ts";
import { annotationKey, cidrs, routes } from "./plan/worlds.ts";

const network: Network = {
  name: "net0",
  vni: 100,
  interfaceName: "vx0",
  underlay: "eth0",
  port: 8472,
  family: 4,
  up: true,
  addresses: [],
  routes: [],
};

const member: Member = {
  uid: "0b8d4f3e-0000-4000-8000-000000000001",
  namespace: "default",
  name: "a",
  podIPs: ["10.0.0.1", "fd00::1"],
  networks: [network],
  unresolved: [],
  barred: [],
  awaited: [],
  forbidden: [],
  annotationParsed: true,
  problems: [],
  warnings: [],
  phase: { kind: "wait", reason: "" },
};

const context = { annotationKey, peers: { peersOf: (): readonly string[] => [], neighboursOf: () => [] } };

Deno.test("wanted: one interface for each network, with everything that was asked for", () => {
  const asked = {
    mtu: 1400,
    mac: "02:00:00:00:00:09",
    addresses: cidrs("192.168.10.1/24"),
    routes: routes("192.168.20.0/24 via 192.168.10.2"),
  };
  assert.deepEqual(wantedState({ ...member, networks: [{ ...network, ...asked }] }, context).interfaces, [{
    name: "net0",
    interfaceName: "vx0",
    alias: "kube-vxlan-controller:network=net0,annotation=vxlan.travelping.com/networks",
    vni: 100,
    port: 8472,
    family: 4,
    underlay: "eth0",
    up: true,
    ...asked,
    peers: [],
    neighbours: [],
  }]);
});

Deno.test("wanted: an IPv6 network has the pod's own first IPv6 address as local", () => {
  const [iface] = wantedState({ ...member, networks: [{ ...network, family: 6 }] }, context).interfaces;
  assert.equal(iface?.local, "fd00::1");
});

Deno.test("wanted: a network of a family that the pod has no IP of is not made, and its link is left alone", () => {
  const wanted = wantedState({
    ...member,
    podIPs: ["10.0.0.1"],
    networks: [{ ...network, family: 6 }],
    unresolved: ["other"],
  }, context);
  assert.deepEqual([wanted.interfaces, wanted.untouchable], [[], ["net0", "other"]]);
});

Deno.test("wanted: the list of members is taken as it is, and the pod's own IPs are told beside it", () => {
  const members = ["10.0.0.1", "10.0.0.9"];
  const wanted = wantedState({ ...member, networks: [network] }, {
    ...context,
    peers: { ...context.peers, peersOf: () => members },
  });
  assert.ok(wanted.interfaces[0]?.peers === members, "a list for each member would be its square in memory");
  assert.deepEqual([...wanted.own], member.podIPs);
});

Deno.test("wanted: sorted by interface name, whatever the order of networks", () => {
  const networks = ["b", "c", "a"].map((interfaceName, vni) => ({
    ...network,
    name: `net${vni}`,
    interfaceName,
    vni: vni + 1,
  }));
  const names = wantedState({ ...member, networks }, context).interfaces.map(({ interfaceName }) =>
    interfaceName
  );
  assert.deepEqual(names, ["a", "b", "c"]);
});

Deno.test("wanted: nothing may be removed unless the whole annotation was understood", () => {
  const may = (annotationParsed: boolean): boolean =>
    wantedState({ ...member, annotationParsed }, context).mayRemove;
  assert.deepEqual([may(true), may(false)], [true, false]);
});

Deno.test("temporary names: as long as a name may be, others every time, and known again", () => {
  const named = (interfaceName: string, chance: number, key = annotationKey): string =>
    temporaryName(temporaryStart(key), { interfaceName, chance });
  const name = named("net0", 0);
  assert.match(name, /^kvx[0-9a-f]{12}$/);
  assert.equal(new Set([name, named("net1", 0), named("net0", 0.5)]).size, 3);
  assert.deepEqual(
    [name, "kvx", "net0", named("net0", 0, "other")].map((each) => isTemporaryName(each, annotationKey)),
    [true, false, false, false],
  );
});

Deno.test("derived MAC: stable, unicast, locally administered, different by pod and by network", () => {
  // Written out: it must never change, or every pod's MAC changes with an upgrade.
  assert.equal(derivedMac(member.uid, "net0"), "aa:6e:55:d2:1f:47");
  const macs = Array.from({ length: 2000 }, (_, i) => derivedMac(`uid${i % 50}`, `net${Math.floor(i / 50)}`));
  assert.equal(new Set(macs).size, macs.length);
  assert.ok(macs.every((mac) => /^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/.test(mac)));
});

for (
  const { it, annotation = "", data = {}, others } of [
    { it: "nobody else", others: [] },
    { it: "VTEPs of the key", data: { net0: "id=1 peer=198.51.100.1" }, others: ["198.51.100.1"] },
    {
      it: "VTEPs that its words may mean",
      data: { net0: "id=1 pere=198.51.100.1" },
      others: ["198.51.100.1"],
    },
    { it: "not those of another key", data: { net1: "id=1 peer=198.51.100.1" }, others: [] },
    {
      it: "whatever the annotation names",
      annotation: "9net peer:198.51.100.2;peer=2001:DB8:0::1, x=1.2.3, peer=198.51.100.300",
      others: ["198.51.100.2", "2001:db8::1"],
    },
    { it: "nothing else of a hostile text", annotation: "a:".repeat(32_768), others: [] },
    { it: "nothing of a long word", annotation: "f".repeat(65_536), others: [] },
  ]
) {
  Deno.test(`wanted: a link of which nobody knows what it is to be may send to members, and: ${it}`, () => {
    const asked: object[] = [];
    const configMap = { namespace: "kube-system", name: "vxlan" };
    const { maySendTo } = wantedState({ ...member, networks: [], unresolved: ["net0"] }, {
      ...context,
      peers: {
        ...context.peers,
        anywhereIn: (one) => {
          asked.push(one);
          return ["10.0.0.2"];
        },
      },
      pod: { annotation },
      cluster: readClusterNetworks(data, { configMap, previous: noClusterNetworks }),
    });
    assert.deepEqual([...new Set(maySendTo?.({ name: "net0", family: 4 }))], ["10.0.0.2", ...others]);
    assert.deepEqual(asked, [{ name: "net0", family: 4 }]);
  });
}

Deno.test("wanted: where all is known there is no such link", () => {
  assert.equal(wantedState(member, context).maySendTo, undefined);
});

Deno.test("alias: tells the network, for exactly our annotation key", () => {
  const of = (alias: string, key = annotationKey): string | undefined => networkOfAlias(alias, key);
  assert.equal(of(aliasOf("net0", annotationKey)), "net0");
  assert.equal(of(aliasOf("net0", "vxlan.openvnf.org/networks")), undefined);
  assert.equal(of(`${aliasOf("net0", annotationKey)}x`), undefined);
  assert.equal(of(` ${aliasOf("net0", annotationKey)}`), undefined);
  assert.equal(of(aliasOf("", annotationKey)), undefined);
  assert.equal(of(aliasOf("two words", annotationKey)), undefined);
  assert.equal(of(aliasOf("a,annotation=b", annotationKey)), undefined);
  assert.equal(of("kube-vxlan-controller:ready"), undefined);
  assert.equal(of(""), undefined);
});

Deno.test("alias: the longest network and annotation key fill the kernel's 255 bytes", () => {
  assert.equal(aliasOf("n".repeat(63), "k".repeat(maxAnnotationKeyLength)).length, 255);
});
