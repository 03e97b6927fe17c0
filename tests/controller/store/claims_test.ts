// What a kernel says after a restart is a claim: which ones are believed, and which forged ones are not.
import assert from "node:assert/strict";
import { Store } from "../../../lib/controller/store/store.ts";
import { cidrText, routeText } from "../../../lib/network/grammar/address.ts";
import { statusAnnotation } from "../../../lib/member/current_status.ts";
import { podView } from "../../../lib/member/pod.ts";
import type { KernelState, ObservedLink } from "../../../lib/overlay/observation.ts";
import { aliasOf } from "../../../lib/overlay/wanted.ts";
import { atOnce } from "../../../lib/time/pieces.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";

type LinkChanges = { readonly [Name in keyof ObservedLink]?: ObservedLink[Name] | undefined };

interface Row {
  readonly it: string;
  readonly annotation: string;
  readonly data?: Readonly<Record<string, string>> | undefined;
  readonly links?: readonly LinkChanges[];
  readonly vxlan?: Partial<NonNullable<ObservedLink["vxlan"]>>;
  readonly restrictPods?: true;
  /** It has what it asks for, as far as anybody can tell, so this is no problem of the pod. */
  readonly isWell?: boolean;
  /** What the pod shows of its networks. */
  readonly shows?: readonly object[];
  /** `network/VNI/port on interface`; none: the claim is not believed. */
  readonly has?: string;
}

const vxlan = { vni: 101, port: 8472, family: 4, dev: "eth0" } as const;
const link: ObservedLink = {
  name: "west",
  index: 7,
  altnames: [],
  mtu: 1400,
  mac: "02:00:00:00:00:09",
  up: true,
  alias: aliasOf("west", annotationKey),
  kind: "vxlan",
  vxlan,
  addresses: [],
};
const east = {
  name: "east",
  alias: aliasOf("east", annotationKey),
  vxlan: { ...vxlan, vni: 2 },
  addresses: ["10.2.0.1/24"],
};

const shownWest = { name: "west", interface: "west", vni: 101, mac: link.mac };

const believed: readonly Row[] = [
  {
    it: "a name that cannot be read, and the pod shows the network",
    annotation: "9west",
    shows: [shownWest],
  },
  {
    it: "a name that cannot be read, an own id that the pod shows",
    annotation: "east id=5, 9west id=7",
    data: { north: "2" },
    vxlan: { vni: 7 },
    shows: [{ ...shownWest, vni: 7 }],
    has: "east/5/8472 on east, west/7/8472 on west",
  },
  { it: "a typo beside", annotation: "west metric=5" },
  {
    it: "a typo beside, and the pod shows another id than the ConfigMap has by now",
    annotation: "west metric=5",
    vxlan: { vni: 102 },
    shows: [{ ...shownWest, vni: 102 }],
    has: "west/102/8472 on west",
  },
  { it: "a typo in the id, which the ConfigMap gives", annotation: "west id=zero" },
  {
    it: "a typo in the ConfigMap's entry",
    isWell: true,
    annotation: "west",
    data: { west: "id=101 metric=5", east: "2" },
  },
  {
    it: "a typo in the ConfigMap's entry, beside another id",
    isWell: true,
    annotation: "west",
    data: { west: "id=7 metric=5", east: "2" },
  },
  {
    it: "a typo beside namespaces= that admit it",
    isWell: true,
    annotation: "west",
    data: { west: "id=101 namespaces=default mtu=x", east: "2" },
  },
  ...["namespaces = default", "namespaces: default", "namespaces=lab, default"].map((list) => ({
    it: `namespaces= that admit it, written ${list}`,
    isWell: true,
    annotation: "west",
    data: { west: `id=101 ${list}`, east: "2" },
  })),
  { it: "a key that was removed", isWell: true, annotation: "west", data: { east: "2" } },
  { it: "a ConfigMap that was deleted", isWell: true, annotation: "west", data: undefined },
  { it: "an own id beside a typo", annotation: "west id=101 metric=5", data: { east: "2" } },
  {
    it: "another port, as the annotation says",
    annotation: "west dstport=4789 metric=5",
    vxlan: { port: 4789 },
    has: "west/101/4789 on west",
  },
  {
    it: "another interface, as the annotation says",
    annotation: "west name=w metric=5",
    links: [{ name: "w" }],
    has: "west/101/8472 on w",
  },
  {
    it: "an address that the annotation gives twice",
    annotation: "west ip=10.1.0.1/24 ip=10.1.0.1/24 metric=5",
    links: [{ addresses: ["10.1.0.1/24"] }],
  },
  {
    it: "an address that another interface has",
    annotation: "east ip=10.1.0.1/24 metric=5, west ip=10.1.0.1/24 metric=5",
    links: [{ addresses: ["10.1.0.1/24"] }, east],
    has: "east/2/8472 on east, west/101/8472 on west",
  },
  {
    it: "an address that two ask for, and none has",
    annotation: "east ip=10.1.0.2/24 metric=5, west ip=10.1.0.2/24 metric=5",
    links: [{}, east],
    has: "east/2/8472 on east, west/101/8472 on west",
  },
  { it: "restricted, and the ConfigMap says the same id", annotation: "west metric=5", restrictPods: true },
  {
    it: "restricted, and the ConfigMap was deleted",
    annotation: "west",
    data: undefined,
    restrictPods: true,
  },
  {
    it: "restricted, and its key has another id and a typo",
    isWell: true,
    annotation: "west",
    data: { west: "id=7 stray", east: "2" },
    restrictPods: true,
  },
  {
    it: "restricted, and its key has no id that can be read",
    isWell: true,
    annotation: "west",
    data: { west: "id=1o1", east: "2" },
    restrictPods: true,
  },
  {
    it: "restricted, its key has no id, and namespaces= that admit it",
    isWell: true,
    annotation: "west",
    data: { west: "mtu=1300 namespaces=default stray", east: "2" },
    restrictPods: true,
  },
  {
    it: "another interface, and a typo in its name",
    annotation: "west name=w/",
    links: [{ name: "w" }],
    has: "west/101/8472 on w",
  },
  {
    it: "another port, and a typo in it",
    annotation: "west dst_port=4789",
    vxlan: { port: 4789 },
    has: "west/101/4789 on west",
  },
  {
    it: "another id, and a typo in it",
    annotation: "west id=7o",
    vxlan: { vni: 7 },
    has: "west/7/8472 on west",
  },
];

const forged: readonly Row[] = [
  { it: "a name that cannot be read, and the pod shows nothing", annotation: "9west" },
  {
    it: "a name that cannot be read, and the pod shows another VNI",
    annotation: "9west",
    shows: [{ ...shownWest, vni: 102 }],
  },
  {
    it: "a name that cannot be read, and the pod shows another interface",
    annotation: "9west",
    shows: [{ ...shownWest, interface: "w" }],
  },
  {
    it: "a name that cannot be read, and another VNI than the ConfigMap's",
    annotation: "9west",
    vxlan: { vni: 102 },
    shows: [{ ...shownWest, vni: 102 }],
  },
  {
    it: "a name that cannot be read, and a network for other namespaces",
    annotation: "9west",
    data: { west: "id=101 namespaces=lab" },
    shows: [shownWest],
  },
  {
    it: "a name that cannot be read, restricted, and no key names the network",
    annotation: "9west",
    data: { north: "2" },
    restrictPods: true,
    shows: [shownWest],
  },
  { it: "all names can be read, and the pod shows another", annotation: "north id=x", shows: [shownWest] },
  { it: "a network that the annotation does not name", annotation: "north id=x" },
  { it: "another VNI than the ConfigMap's", annotation: "west metric=5", vxlan: { vni: 102 } },
  {
    it: "another VNI than the ConfigMap's, and the pod shows a third",
    annotation: "west metric=5",
    vxlan: { vni: 102 },
    shows: [{ ...shownWest, vni: 103 }],
  },
  {
    it: "another VNI than the ConfigMap's, and the pod shows it on another interface",
    annotation: "west name=w metric=5",
    vxlan: { vni: 102 },
    links: [{ name: "w" }],
    shows: [{ ...shownWest, vni: 102 }],
  },
  {
    it: "another VNI than the ConfigMap's, and the pod shows another network there",
    annotation: "west metric=5",
    vxlan: { vni: 102 },
    shows: [{ ...shownWest, name: "east", vni: 102 }],
  },
  {
    it: "another VNI than the ConfigMap's, which the pod shows, on another port",
    annotation: "west metric=5",
    vxlan: { vni: 102, port: 4789 },
    shows: [{ ...shownWest, vni: 102 }],
  },
  {
    it: "another VNI than the ConfigMap's, which the pod shows, and which is for other namespaces",
    annotation: "west metric=5",
    data: { west: "id=101", secret: "id=102 namespaces=lab" },
    vxlan: { vni: 102 },
    shows: [{ ...shownWest, vni: 102 }],
  },
  {
    it: "restricted, and another VNI than the ConfigMap's, which the pod shows",
    annotation: "west metric=5",
    vxlan: { vni: 102 },
    shows: [{ ...shownWest, vni: 102 }],
    restrictPods: true,
  },
  { it: "another VNI than the annotation's", annotation: "west id=7 metric=5" },
  {
    it: "another VNI than the annotation's, which the pod shows",
    annotation: "west id=7 metric=5",
    shows: [shownWest],
  },
  { it: "another port than the default", annotation: "west metric=5", vxlan: { port: 4789 } },
  { it: "another port than the annotation's", annotation: "west dstport=4789 metric=5" },
  { it: "another interface than the annotation's", annotation: "west name=w metric=5" },
  { it: "another family", annotation: "west metric=5", vxlan: { family: 6 } },
  { it: "a fixed remote", annotation: "west metric=5", vxlan: { remote: "192.0.2.9" } },
  { it: "no VNI at all", annotation: "west", data: undefined, vxlan: { vni: 0 } },
  {
    it: "an alias of another controller",
    annotation: "west metric=5",
    links: [{ alias: aliasOf("west", "other/networks") }],
  },
  { it: "no alias", annotation: "west metric=5", links: [{ alias: "" }] },
  { it: "a link of another kind", annotation: "west metric=5", links: [{ kind: "dummy", vxlan: undefined }] },
  { it: "two links that claim to be one", annotation: "west metric=5", links: [{}, { name: "west2" }] },
  {
    it: "a name that no command should have",
    annotation: "west metric=5",
    data: undefined,
    links: [{ name: "-batch" }],
  },
  { it: "a device that no command should have", annotation: "west metric=5", vxlan: { dev: "$(id)" } },
  {
    it: "a network for other namespaces",
    annotation: "west metric=5",
    data: { west: "id=101 namespaces=lab" },
  },
  {
    it: "a network for other namespaces, by an entry with a typo",
    annotation: "west",
    data: { west: "id=101 namespaces=lab mtu=x" },
  },
  {
    it: "a network for other namespaces, by a typo in that",
    annotation: "west",
    data: { west: "id=101 namespace=lab" },
  },
  ...["namespaces = lab", "namespaces: lab, edge", "namespaces=", "namespaces=Default!"].map((list) => ({
    it: `namespaces= that do not admit it, or nobody, written ${list}`,
    annotation: "west",
    data: { west: `id=101 ${list}`, east: "2" },
  })),
  {
    it: "a VNI for other namespaces",
    annotation: "own",
    data: { west: "id=101 namespaces=lab" },
    links: [{ name: "own", alias: aliasOf("own", annotationKey) }],
  },
  {
    it: "a VNI for other namespaces, by an entry with a typo",
    annotation: "own",
    data: { west: "id=101 namespaces=lab mtu=x" },
    links: [{ name: "own", alias: aliasOf("own", annotationKey) }],
  },
  { it: "restricted, and no key names it", annotation: "west", data: { east: "2" }, restrictPods: true },
  {
    it: "restricted, its key has no id, and namespaces= for others",
    annotation: "west",
    data: { west: "mtu=1300 namespaces=lab stray", east: "2" },
    restrictPods: true,
  },
  {
    it: "restricted, its key has no id, and a VNI for other namespaces",
    annotation: "west",
    data: { west: "mtu=1300 stray", secret: "id=101 namespaces=lab" },
    restrictPods: true,
  },
  {
    it: "restricted, and a typo in another id",
    annotation: "west id=7o",
    vxlan: { vni: 7 },
    restrictPods: true,
  },
  { it: "another port, and a typo in the name", annotation: "west name=w/", vxlan: { port: 4789 } },
  { it: "restricted, and another id", annotation: "west metric=5", vxlan: { vni: 7 }, restrictPods: true },
];

for (const row of [...believed, ...forged]) {
  const isBelieved = believed.includes(row);
  Deno.test(`claims, ${isBelieved ? "believed" : "not believed"}: ${row.it}`, () => {
    const { store, uid } = restarted(row);
    const before = has(store, uid);
    assert.ok(!before.join().includes("west"));
    store.claim(uid, observationOf(row));
    assert.equal(has(store, uid).join(", "), isBelieved ? row.has ?? "west/101/8472 on west" : "");
    assert.equal(store.problemsOf(uid).length > 0, row.isWell !== true, "it is a problem");
    const warnings = row.isWell ? warningsOf(store, uid) : [];
    assert.deepEqual(warnings, row.isWell ? ["unknown-network"] : [], "it is said");
  });
}

/** `ips`: what the pod shows in network west. */
function restarted(
  row: Row,
  ips: readonly string[] = [],
): { readonly store: Store; readonly uid: string } {
  const store = new Store({ ...membershipSettings, restrictPods: row.restrictPods === true });
  store.putConfigMap("data" in row ? row.data : { west: "id=101", east: "2" }, { now: 0 });
  const pod = memberPod({ name: "a", ip: "10.0.0.1", networks: row.annotation });
  const shown = { [statusAnnotation(annotationKey)]: JSON.stringify([{ name: "west", ips }]) };
  if (row.shows !== undefined) {
    const text = JSON.stringify(row.shows);
    Object.assign(pod.metadata?.annotations ?? {}, { [statusAnnotation(annotationKey)]: text });
  }
  if (ips.length > 0) Object.assign(pod.metadata?.annotations ?? {}, shown);
  store.replacePods([podView(pod, { annotationKey })], { now: 0, covers: () => true });
  return { store, uid: "uid-default-a" };
}

function observationOf({ links = [{}], vxlan: changes }: Row): KernelState {
  return {
    links: links.map((each) => ({ ...link, vxlan: { ...vxlan, ...changes }, ...each }) as ObservedLink),
    routes: [],
  };
}

/** Kinds of what the pod is warned of. */
function warningsOf(store: Store, uid: string): readonly string[] {
  const item = store.workItem(uid);
  return item?.kind === "member" ? item.member.warnings.map(({ kind }) => kind) : [];
}

function has(store: Store, uid: string): readonly string[] {
  const item = store.workItem(uid);
  assert.ok(item?.kind === "member");
  return item.member.networks.map(({ name, vni, port, interfaceName }) =>
    `${name}/${vni}/${port} on ${interfaceName}`
  );
}

const neighbour = { dev: "west", address: "10.1.0.9", mac: "02:00:00:00:00:01", ours: true };
for (
  const { it, annotation = "west", data, ours = true, neigh } of [
    { it: "its key was removed", data: { east: "id=2" }, neigh: "static" },
    { it: "its key cannot be read", data: { west: "id=1o1" }, neigh: "static" },
    { it: "it is misspelt", annotation: "west neigh=statc", data: { west: "id=101" }, neigh: "static" },
    { it: "it is asked for no more, beside a typo", annotation: "west metric=5", data: { west: "id=101" } },
    { it: "others set them, and its key was removed", data: { east: "id=2" }, ours: false },
  ]
) {
  Deno.test(`claims: are neighbours that were set still meant to be? ${it}`, () => {
    const row = { it, annotation, data };
    const { store, uid } = restarted(row);
    store.claim(uid, { ...observationOf(row), neighbours: [{ ...neighbour, ours }] });
    const item = store.workItem(uid);
    assert.equal(item?.kind === "member" ? item.member.networks[0]?.neigh : "no member", neigh);
  });
}

Deno.test("claims: what is believed changes nothing in the pod, and makes it a peer", () => {
  const { store, uid } = restarted({ it: "", annotation: "west ip=10.1.0.1/24 mtu=wide" });
  const route = {
    subnet: "10.9.0.0/24",
    gateway: "10.1.0.254",
    dev: "west",
    ours: true,
    table: "main",
    metric: 0,
  };
  assert.deepEqual(store.unclaimed(), [uid]);
  const { changed } = store.claim(uid, {
    links: [link],
    routes: [route, { ...route, subnet: "10.8.0.0/24", ours: false }],
  });
  assert.deepEqual([...changed], [uid]);
  const item = store.workItem(uid);
  assert.deepEqual(item?.kind === "member" && item.member.networks, [{
    name: "west",
    vni: 101,
    interfaceName: "west",
    underlay: "eth0",
    port: 8472,
    family: 4,
    up: true,
    mtu: 1400,
    mac: "02:00:00:00:00:09",
    addresses: [{ family: 4, address: "10.1.0.1", prefix: 24 }],
    // Not all of the entry can be read, so nobody knows whether it has other addresses too.
    pool: { subnets: [], asked: true, open: true, there: [] },
    routes: [{ subnet: { family: 4, address: "10.9.0.0", prefix: 24 }, gateway: "10.1.0.254" }],
  }]);
  assert.deepEqual([...store.surroundings.membersOf("west/101/8472/4")], [uid]);
});

for (
  const { it, annotation, data } of [
    {
      it: "in the annotation",
      annotation: "west gateway=10.1.0.254 except=10.96.0.0/12 peer=203.0.113.7 route=224.0.0.0/4 metric=5",
      data: { west: "id=101" },
    },
    {
      it: "in an entry of the ConfigMap that cannot be read",
      annotation: "west",
      data: {
        west: "id=101 gateway=10.1.0.254 except=10.96.0.0/12 peer=203.0.113.7 route=224.0.0.0/4 metric=5",
      },
    },
  ]
) {
  Deno.test(`claims: peers outside, exceptions and groups stay, a typo stands beside them ${it}`, () => {
    const { store, uid } = restarted({ it, annotation, data });
    const route = { dev: "west", ours: true, metric: 0 };
    store.claim(uid, {
      links: [link],
      routes: [
        { ...route, subnet: "0.0.0.0/0", gateway: "10.1.0.254", table: "86" },
        { ...route, subnet: "224.0.0.0/4", table: "main" },
        { ...route, subnet: "10.1.0.0/24", table: "86" },
      ],
    });
    const item = store.workItem(uid);
    assert.ok(item?.kind === "member");
    const [west] = item.member.networks;
    assert.deepEqual([west?.outside, west?.except?.map(cidrText), west?.routes.map(routeText)], [
      ["203.0.113.7"],
      ["10.96.0.0/12"],
      ["0.0.0.0/0:10.1.0.254", "224.0.0.0/4"],
    ]);
  });
}

Deno.test("claims: addresses that pod and kernel agree on stay known to peers, and are given to nobody else", () => {
  const rows = [
    { annotation: "west metric=5", has: ["10.1.0.1"] },
    { annotation: "west ip=10.1.0.9.9/24", has: ["10.1.0.1"] },
    { annotation: "west ip=10.1.0.2/24 metric=5", has: ["10.1.0.2", "10.1.0.1"] },
    { annotation: "west ip=none metric=5", has: ["10.1.0.1"] },
    { annotation: "west ip=10.1.0.2/24", data: { west: "id=101 mtu=x" }, has: ["10.1.0.2"] },
  ];
  for (const { annotation, data = { west: "id=101 subnet=10.1.0.0/24" }, has } of rows) {
    // That of others is in the kernel only, and one that is forged is shown only.
    const ips = ["10.1.0.1", "10.1.0.66"];
    const { store, uid } = restarted({ it: "", annotation, data }, ips);
    const requested = (): readonly string[] =>
      store.tracked.get(uid)?.requests.flatMap(({ own }) => own) ?? [];
    assert.deepEqual(requested(), ips, "until it was looked at");
    store.claim(uid, { links: [{ ...link, addresses: ["10.1.0.1/24", "10.1.0.77/24"] }], routes: [] });
    const item = store.workItem(uid);
    const [west] = item?.kind === "member" ? item.member.networks : [];
    assert.deepEqual(west?.addresses.map(({ address }) => address), has, annotation);
    assert.ok(west);
    const { neighboursOf } = store.surroundings;
    const known = neighboursOf.call(store.surroundings, west).map(({ address }) => address);
    assert.deepEqual(known, has, annotation);
    if (west.pool !== undefined) assert.deepEqual(requested(), has, annotation);
  }
});

const taken: readonly (Pick<Row, "annotation" | "data"> & { readonly has: readonly string[] })[] = [
  {
    annotation: "north id=7 name=west, south id=101, west metric=5",
    has: ["west/101/8472 on west"],
  },
  { annotation: "north id=101, west", has: ["west/101/8472 on west"] },
  { annotation: "north, west", data: { north: "id=101", west: "id=101" }, has: ["west/101/8472 on west"] },
  { annotation: "north name=west id=7, west", has: ["west/101/8472 on west"] },
];
for (const { annotation, has: expected, ...data } of taken) {
  Deno.test(`claims: what is there goes before what is only asked for: ${annotation} ${data.data?.["north"]}`, () => {
    // North was refused before, or its link is one into another segment.
    const north = {
      ...link,
      name: "north",
      alias: aliasOf("north", annotationKey),
      vxlan: { ...vxlan, vni: 9 },
    };
    for (const links of [[link], [north, link]]) {
      const { store, uid } = restarted({ it: "", annotation, ...data });
      store.claim(uid, { links, routes: [] });
      assert.deepEqual(has(store, uid), expected);
    }
  });
}

Deno.test("claims: who has a typo and shows nothing has what its pool says it holds", () => {
  const { store, uid } = restarted({ it: "", annotation: "west metric=5" });
  store.claim(uid, { links: [{ ...link, addresses: ["10.1.0.1/24"] }], routes: [] });
  const addresses = [{ family: 4, address: "10.1.0.1", prefix: 24 }] as const;
  atOnce(store.answering(new Map([[uid, new Map([["west", { kind: "given", addresses }]])]])));
  const item = store.workItem(uid);
  assert.deepEqual(item?.kind === "member" && item.member.networks.map((each) => each.addresses), [
    addresses,
  ]);
});

Deno.test("claims: a kernel is asked once, later links say nothing", () => {
  const { store, uid } = restarted({ it: "", annotation: "west metric=5" });
  store.claim(uid, { links: [], routes: [] });
  store.claim(uid, { links: [link], routes: [] });
  assert.deepEqual(has(store, uid), []);
});

Deno.test("claims: a network that came back by its link goes when it is forbidden", () => {
  const { store, uid } = restarted({ it: "", annotation: "west metric=5" });
  store.claim(uid, { links: [link], routes: [] });
  assert.equal(has(store, uid).length, 1);
  store.putConfigMap({ west: "id=101 namespaces=lab" }, { now: 0 });
  const item = store.workItem(uid);
  assert.ok(item?.kind === "member");
  assert.deepEqual([has(store, uid), item.member.forbidden], [[], ["west"]]);
});

for (const annotation of ["west", "west metric=5", "-west"]) {
  Deno.test(`claims: a link into a network that is closed to the pod must go: ${annotation}`, () => {
    const { store, uid } = restarted({ it: "", annotation, data: { secret: "id=101 namespaces=lab" } });
    store.claim(uid, { links: [link], routes: [] });
    const item = store.workItem(uid);
    assert.deepEqual(item?.kind === "member" && item.member.forbidden, ["west"]);
  });
}

for (const first of ["pods", "ConfigMap"] as const) {
  Deno.test(`claims: who seemed to have what cannot be had is looked into before anything is done: ${first} first`, () => {
    const store = new Store(membershipSettings);
    const pod = podView(
      memberPod({ name: "a", ip: "10.0.0.1", networks: "west id=101 name=e, east id=2 name=w dev=e" }),
      { annotationKey },
    );
    const reads = [
      () => store.replacePods([pod], { now: 0, covers: () => true }),
      () => store.putConfigMap({ west: "id=101 namespaces=lab", east: "stray" }, { now: 0 }),
    ];
    for (const read of first === "pods" ? reads : reads.reverse()) read();
    assert.deepEqual(store.unclaimed(), [pod.uid], "what it keeps goes with what must go");
    const [name, dev] = ["w", "e"];
    const links = [{ ...link, name: dev }, { ...link, ...east, name, vxlan: { ...east.vxlan, dev } }];
    store.claim(pod.uid, { links, routes: [] });
    assert.deepEqual(has(store, pod.uid), ["east/2/8472 on w"]);
    assert.deepEqual(store.unclaimed(), []);
  });
}

Deno.test("claims: one whose link is not believed is looked at when those go to whom it may send, and is nobody's peer", () => {
  const store = new Store(membershipSettings);
  store.putConfigMap({ west: "id=101", east: "2" }, { now: 0 });
  const put = (name: string, networks: string): unknown => {
    const pod = memberPod({ name, ip: `10.0.0.${name.charCodeAt(0) - 96}`, networks });
    return store.putPod(podView(pod, { annotationKey }), { now: 0 });
  };
  const pods = {
    a: "west id=7 metric=5",
    b: "west id=7 metric=5",
    c: "west",
    d: "west id=9",
    e: "east",
    f: "9west",
  };
  for (const [name, networks] of Object.entries(pods)) put(name, networks);
  put("g", "west metric=5");
  for (const name of Object.keys(pods)) store.claim(`uid-default-${name}`, { links: [link], routes: [] });
  const family = 4;
  const meant = (): string => [...store.surroundings.anywhereIn({ name: "west", family })].sort().join();
  // What g has nobody knows yet. It is no peer of theirs, nor are those whose link is none of those that can be read.
  assert.equal(meant(), ["1", "2", "3", "4", "6", "7"].map((at) => `10.0.0.${at}`).join());
  assert.deepEqual([...store.surroundings.membersOf("west/101/8472/4")], ["uid-default-c"]);
  const touchedBy = (deed: () => unknown): string => {
    for (const uid of store.tracked.keys()) store.begin(uid);
    store.surroundings.takeTouched();
    deed();
    const { touchable } = store.surroundings;
    const touched = [...store.surroundings.takeTouched()].map((uid) => uid.slice(-1)).sort().join("");
    assert.ok(touchable > 0 || touched === "");
    return touched;
  };
  assert.equal(touchedBy(() => put("e", "east, north id=3")), "");
  assert.equal(touchedBy(() => store.removePod("uid-default-c")), "abf");
  assert.equal(touchedBy(() => store.removePod("uid-default-b")), "af");
  assert.equal(touchedBy(() => put("f", "east")), "ae");
  assert.equal(touchedBy(() => put("a", "west")), "", "it is looked at anyway, and nobody else is concerned");
  assert.equal(meant(), "10.0.0.1,10.0.0.4,10.0.0.7");
});

Deno.test("claims: who has a link into a network that is closed to it is none to whom others of that name may send", () => {
  for (const annotation of ["secret id=7 metric=5", "9secret"]) {
    const { store, uid } = restarted({ it: "", annotation, data: { secret: "id=101 namespaces=lab" } });
    const alias = aliasOf("secret", annotationKey);
    store.claim(uid, { links: [{ ...link, alias }], routes: [] });
    assert.deepEqual(store.surroundings.anywhereIn({ name: "secret", family: 4 }), []);
  }
});

Deno.test("claims: that a pod with a name that cannot be read shows what it has is no news", () => {
  const { store, uid } = restarted({ it: "", annotation: "9west" });
  const pod = store.tracked.get(uid)?.pod;
  assert.ok(pod !== undefined);
  store.begin(uid);
  const links = [{ network: "west", interfaceName: "west", vni: 101, mac: link.mac }];
  const { changed } = store.putPod({ ...pod, shown: { ...pod.shown, links } }, { now: 0 });
  assert.deepEqual([...changed], []);
});

Deno.test("claims: of thousands of links in the names of networks a few dozen are taken down", () => {
  const { store, uid } = restarted({ it: "", annotation: "9west" });
  const links = Array.from({ length: 4_000 }, (_, n) => ({
    ...link,
    name: `evil${n}`,
    alias: aliasOf(`evil${n % 2_000}`, annotationKey),
  }));
  store.claim(uid, { links, routes: [] });
  const { adrift } = store.tracked.get(uid) ?? {};
  assert.deepEqual(adrift, links.slice(0, 64).map(({ name }) => name));
});

for (
  const { it, presumed, shows = [shownWest], ...row } of [
    { it: "shows", presumed: true },
    { it: "shows, another id", shows: [{ ...shownWest, vni: 7 }], presumed: true },
    { it: "does not show", shows: [{ ...shownWest, name: "east" }], presumed: false },
    {
      it: "shows, and that is for other namespaces",
      data: { west: "id=101 namespaces=lab" },
      presumed: false,
    },
    {
      it: "shows with a VNI for other namespaces",
      data: { west: "id=1", secret: "id=101 namespaces=lab" },
      presumed: false,
    },
    {
      it: "shows, restricted, and no key names it",
      data: { east: "2" },
      restrictPods: true as const,
      presumed: false,
    },
  ]
) {
  Deno.test(`claims: until it is looked into, a name that cannot be read may mean a network that the pod ${it}`, () => {
    const { store } = restarted({ it, annotation: "9west", shows, ...row });
    const network = { name: "west", vni: 101, port: 8472, family: 4, interfaceName: "west" } as const;
    const rest = { underlay: "eth0", up: true, addresses: [], routes: [] };
    const { surroundings } = store;
    const expected = presumed ? ["10.0.0.1"] : [];
    assert.deepEqual(surroundings.presumedIn({ ...network, ...rest }) ?? [], expected);
    assert.deepEqual([...surroundings.membersOf("west/101/8472/4")], []);
  });
}
