// A typo on a running pod cuts nothing off: what it has of a network stays, for itself and its peers, unless forbidden.
import assert from "node:assert/strict";
import { Store } from "../../../lib/controller/store/store.ts";
import { podView } from "../../../lib/member/pod.ts";
import { aliasOf } from "../../../lib/overlay/wanted.ts";
import { annotationKey, type MemberPod, memberPod, membershipSettings } from "../../member/member_pod.ts";

type Data = Readonly<Record<string, string>>;

/** a is in west and east, b in west, c in east; d, in another namespace, in west. */
const annotations = { a: "west, east", b: "west ip=10.1.0.2/24", c: "east", d: "west" };
const usual: Data = { west: "id=1", east: "id=2" };

interface Row {
  readonly it: string;
  readonly annotate?: Partial<typeof annotations>;
  /** The ConfigMap after the edit. */
  readonly data?: Data | undefined;
  readonly maxNetworks?: number;
  /** What a has, `name/VNI`; default: as before. */
  readonly a?: string;
  /** Names of the peers of a in all its networks; default: as before. */
  readonly peers?: string;
  /** Kinds of the problems of a. */
  readonly problems?: string;
  /** What must go from a. */
  readonly forbidden?: string;
  /** Kinds of the problems of the ConfigMap. */
  readonly said?: string;
}

const before = { a: "east/2 west/1", peers: "b c d" };

const rows: readonly Row[] = [
  { it: "an option that is none", annotate: { a: "west metric=5, east" }, problems: "invalid-option" },
  { it: "a value that is none", annotate: { a: "west id=zero, east" }, problems: "invalid-option" },
  { it: "a word behind the name", annotate: { a: "west north, east" }, problems: "invalid-option" },
  { it: "a name that is none", annotate: { a: "-west, east" }, problems: "invalid-option" },
  { it: "everything that is none", annotate: { a: "???" }, problems: "invalid-option" },
  {
    it: "a comma in the middle of an option",
    annotate: { a: "west ip=10.0.0.1, /24, east" },
    problems: "invalid-option invalid-option",
  },
  { it: "a comma in a number", annotate: { a: "west id=7,000, east" }, problems: "invalid-option" },
  { it: "far too long", annotate: { a: `west, east ${" ".repeat(70000)}` }, problems: "invalid-option" },
  { it: "a name twice", annotate: { a: "west, east, west" }, problems: "invalid-option" },
  {
    it: "a name twice, first with another id",
    annotate: { a: "west id=9, east, west" },
    problems: "invalid-option",
  },
  { it: "an id that another network of it has", annotate: { a: "west id=2, east" }, problems: "conflict" },
  {
    it: "the interface that another network of it has",
    annotate: { a: "west name=east, east" },
    problems: "conflict",
  },
  {
    it: "the address of its other network",
    annotate: { a: "west ip=10.0.0.1/24, east ip=10.0.0.1/24" },
    peers: "b c d",
    problems: "conflict",
  },
  { it: "the places of two networks, changed", annotate: { a: "west name=east, east name=west" } },
  {
    it: "the ids of two networks, changed",
    annotate: { a: "west id=2, east id=1" },
    a: "east/1 west/2",
    peers: "",
  },
  { it: "an interface made on itself", annotate: { a: "west dev=west, east" }, problems: "conflict" },
  {
    it: "a new network before it that takes its id",
    annotate: { a: "north id=1, west, east" },
    problems: "conflict",
  },
  {
    it: "a new network before those that a pod may have",
    annotate: { a: "north id=9, west, east" },
    maxNetworks: 2,
    problems: "forbidden",
  },
  { it: "a network taken away is gone", annotate: { a: "east" }, a: "east/2", peers: "c" },
  { it: "everything taken away is gone", annotate: { a: "" }, a: "", peers: "" },
  { it: "a typo of a peer", annotate: { b: "west metric=5", c: "est id" }, peers: "b c d" },
  {
    it: "an MTU in the ConfigMap that its IPv6 address excludes",
    annotate: { a: "west ip=fd00::1/64, east" },
    data: { west: "id=1 mtu=1200", east: "id=2" },
    problems: "invalid-option",
  },
  {
    it: "a family in the ConfigMap of which no pod has an IP",
    data: { west: "id=1 family=6", east: "id=2" },
    problems: "setup-failed",
  },
  {
    it: "a family, and a typo",
    annotate: { a: "west metric=5, east" },
    data: { west: "id=1 family=6", east: "id=2" },
    problems: "invalid-option",
  },
  {
    it: "two keys of one id",
    data: { west: "id=2", east: "id=2" },
    a: "east/2 west/1",
    peers: "c",
    problems: "conflict",
    said: "conflict",
  },
  { it: "an entry that cannot be read", data: { west: "id=zero", east: "id=2" }, said: "invalid-option" },
  { it: "an entry without its id", data: { west: "mtu=1400", east: "id=2" }, problems: "unknown-network" },
  { it: "a removed key", data: { east: "id=2" } },
  { it: "an emptied ConfigMap", data: {} },
  { it: "a deleted ConfigMap", data: undefined },
  { it: "an id for all", data: { west: "id=7", east: "id=2" }, a: "east/2 west/7", peers: "b c d" },
  {
    it: "other namespaces alone",
    data: { west: "id=1 namespaces=lab", east: "id=2" },
    a: "east/2",
    peers: "c",
    problems: "forbidden",
    forbidden: "west",
  },
  {
    it: "other namespaces for its VNI",
    data: { ...usual, secret: "id=1 namespaces=lab" },
    a: "east/2",
    peers: "c",
    problems: "forbidden",
    forbidden: "west",
    said: "conflict",
  },
  {
    it: "other namespaces, and a typo",
    annotate: { a: "west metric=5, east" },
    data: { west: "id=1 namespaces=lab", east: "id=2" },
    a: "east/2",
    peers: "c",
    problems: "forbidden invalid-option",
    forbidden: "west",
  },
  {
    it: "other namespaces, and a name that is none",
    annotate: { a: "-west, east" },
    data: { west: "id=1 namespaces=lab", east: "id=2" },
    a: "east/2",
    peers: "c",
    problems: "forbidden invalid-option",
    forbidden: "west",
  },
  {
    it: "other namespaces for its VNI, and its own key without an id",
    data: { west: "mtu=1400", east: "id=2", secret: "id=1 namespaces=lab" },
    a: "east/2",
    peers: "c",
    problems: "forbidden unknown-network",
    forbidden: "west",
  },
  {
    it: "other namespaces for its VNI, and its own key leads where it is already",
    data: { west: "id=2", east: "id=2", secret: "id=1 namespaces=lab" },
    a: "east/2",
    peers: "c",
    problems: "conflict forbidden",
    forbidden: "west",
    said: "conflict",
  },
  {
    it: "other namespaces for its VNI, its own key has another, and it names the network twice",
    annotate: { a: "west, east, west" },
    data: { west: "id=7", east: "id=2", secret: "id=1 namespaces=lab" },
    a: "east/2 west/7",
    peers: "b c d",
    problems: "invalid-option",
  },
];

for (const row of rows) {
  Deno.test(`last good: ${row.it}`, () => {
    const store = world(row);
    assert.deepEqual(seen(store), { ...before, problems: "", forbidden: "" });
    for (const [name, networks] of Object.entries(row.annotate ?? {})) put(store, { name, networks });
    if ("data" in row) store.putConfigMap(row.data, { now: 0 });
    const { a, peers, problems = "", forbidden = "", said = "" } = { ...before, ...row };
    assert.deepEqual(seen(store), { a, peers, problems, forbidden });
    assert.equal(store.cluster.problems.map(({ kind }) => kind).join(" "), said);
    // Once all is as it was, nothing of it is left.
    store.putConfigMap(usual, { now: 0 });
    for (const [name, networks] of Object.entries(annotations)) put(store, { name, networks });
    assert.deepEqual(seen(store), { ...before, problems: "", forbidden: "" });
  });
}

const ip: Readonly<Record<string, string>> = { a: "10.0.0.1", b: "10.0.0.2", c: "10.0.0.3", d: "10.0.0.4" };

function world({ maxNetworks }: Pick<Row, "maxNetworks">): Store {
  const store = new Store({ ...membershipSettings, ...(maxNetworks !== undefined && { maxNetworks }) });
  store.putConfigMap(usual, { now: 0 });
  for (const [name, networks] of Object.entries(annotations)) put(store, { name, networks });
  return store;
}

function put(store: Store, pod: MemberPod): void {
  const given = { ip: ip[pod.name] ?? "10.0.0.9", ...(pod.name === "d" && { namespace: "lab" }), ...pod };
  store.putPod(podView(memberPod(given), { annotationKey }), { now: 0 });
}

function seen(store: Store): Record<"a" | "peers" | "problems" | "forbidden", string> {
  const item = store.workItem("uid-default-a");
  assert.ok(item?.kind === "member");
  const { networks, problems, forbidden, podIPs } = item.member;
  const names = new Map(Object.entries(ip).map(([name, address]) => [address, name]));
  const peers = networks.flatMap((network) => store.surroundings.peersOf(network)).filter((address) =>
    !podIPs.includes(address)
  );
  return {
    a: networks.map(({ name, vni }) => `${name}/${vni}`).join(" "),
    peers: [...new Set(peers)].map((address) => names.get(address)).sort().join(" "),
    problems: problems.map(({ kind }) => kind).sort().join(" "),
    forbidden: forbidden.join(" "),
  };
}

Deno.test("last good: what must go must go though the rule that said so goes first", () => {
  const store = world({});
  put(store, { name: "d", networks: "" });
  // The key is forgotten with the last one who had the network; the links of those who must not have it are still there.
  store.putConfigMap({ east: "id=2", north: "id=1 namespaces=lab" }, { now: 0 });
  assert.deepEqual(store.cluster.networks.has("west"), false);
  assert.deepEqual(seen(store), { a: "east/2", peers: "c", problems: "unknown-network", forbidden: "west" });
});

Deno.test("last good: a network that was never had cannot be kept", () => {
  const store = world({});
  put(store, { name: "a", networks: "west, east, north id=x" });
  assert.deepEqual(seen(store), { ...before, problems: "invalid-option", forbidden: "" });
});

Deno.test("last good: a problem of what is kept says that it is kept", () => {
  const store = world({});
  put(store, { name: "a", networks: "west id=2, east" });
  assert.match(
    store.problemsOf("uid-default-a")[0]?.message ?? "",
    /; until then the pod keeps it as it was$/,
  );
});

Deno.test("last good: what a removed key reserves is reserved until nobody has the network", () => {
  const store = world({});
  store.putConfigMap({ west: "id=1 namespaces=default", east: "id=2" }, { now: 0 });
  store.putConfigMap({ east: "id=2" }, { now: 0 });
  put(store, { name: "e", namespace: "lab", networks: "other id=1, west id=1" });
  const kinds = (): readonly string[] => store.problemsOf("uid-lab-e").map(({ kind }) => kind);
  assert.deepEqual(kinds(), ["forbidden", "forbidden"]);
  store.removePod("uid-default-a");
  assert.deepEqual(kinds(), ["forbidden", "forbidden"]);
  store.removePod("uid-default-b");
  assert.deepEqual(kinds(), ["conflict"], "both have id 1; nothing is forbidden");
});

Deno.test("last good: who comes by an id of its own to a network whose key was removed takes nothing of that key, also later", () => {
  const store = world({});
  store.putConfigMap({ west: "id=1 dstport=4789", east: "id=2" }, { now: 0 });
  store.putConfigMap({ east: "id=2" }, { now: 0 });
  const ports = (): readonly number[] => {
    const item = store.workItem("uid-default-c");
    return item?.kind === "member" ? item.member.networks.map(({ port }) => port) : [];
  };
  for (const _ of ["the edit", "any event after it"]) {
    put(store, { name: "c", networks: "west id=7, east" });
    assert.deepEqual(ports(), [8472, 8472]);
  }
  store.putConfigMap({ west: "id=1 dstport=4790", east: "id=2" }, { now: 0 });
  assert.deepEqual(ports(), [8472, 4790], "it is a key again");
});

for (const alias of ["west", "east"]) {
  Deno.test(`last good: what a text has left stands only where its own link does, not one of ${alias} with its name and VNI`, () => {
    const store = world({});
    const record = store.begin("uid-default-a");
    const link = {
      name: "i",
      index: 7,
      altnames: [],
      mtu: 1450,
      mac: "",
      up: true,
      kind: "vxlan",
      addresses: [],
    };
    const vxlan = { vni: 1, port: 8472, family: 4 } as const;
    record?.cache.remember({
      containerId: "",
      podIPs: "",
      kernel: { links: [{ ...link, vxlan, alias: aliasOf(alias, annotationKey) }], routes: [] },
      peers: new Map(),
      unasked: [],
      readBackAt: 0,
    }, 0);
    // Nothing was done in between: which of them has the link is told by its mark.
    for (
      const networks of [
        "west name=i",
        "west name=w id=9, east name=i id=1",
        "west name=i",
        "east metric=5, west name=i metric=5",
      ]
    ) put(store, { name: "a", networks });
    const item = store.workItem("uid-default-a");
    const has = item?.kind === "member" ? item.member.networks.map(({ name, vni }) => `${name}/${vni}`) : [];
    assert.deepEqual(has, [`${alias}/1`]);
  });
}
