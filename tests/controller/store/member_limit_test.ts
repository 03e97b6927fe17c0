// Who is let into a network that is full, who waits, when does he get in, and who is known to have been in before.
import assert from "node:assert/strict";
import { admitted, type Candidate } from "../../../lib/member/admitted.ts";
import { MemberLimit } from "../../../lib/controller/store/member_limit.ts";
import { Store } from "../../../lib/controller/store/store.ts";
import { statusAnnotation } from "../../../lib/member/current_status.ts";
import { type PodView, podView } from "../../../lib/member/pod.ts";
import type { Observation } from "../../../lib/overlay/observation.ts";
import { peerKey } from "../../../lib/network/network.ts";
import { aliasOf } from "../../../lib/overlay/wanted.ts";
import { annotationKey, type MemberPod, memberPod, membershipSettings } from "../../member/member_pod.ts";

const settings = { ...membershipSettings, maxMembers: 3 };

/** Letters: small ones have nothing yet, `h` before one has it, `p` before one may have it. Ages by alphabet. */
function candidates(text: string): readonly Candidate[] {
  return text.split(" ").filter((word) => word !== "").map((word) => ({
    uid: word.slice(-1),
    created: word.slice(-1),
    standing: word.length === 1 ? "entrant" : word.startsWith("h") ? "holder" : "presumed",
  }));
}

const rule: readonly (readonly [asking: string, inside: string])[] = [
  ["", ""],
  ["c a b", "a b c"],
  ["d c b a", "a b c"],
  ["hz a b c", "a b z"],
  ["hw hx hy hz a", "w x y z"],
  ["pz a b c", "a b z"],
  ["pw px py pz a", "w x y z"],
  ["hx py a b", "a x y"],
];
for (const [asking, inside] of rule) {
  Deno.test(`admission: three may be in; of "${asking}" these are: "${inside}"`, () => {
    assert.equal([...admitted(candidates(asking), 3)].sort().join(" "), inside);
  });
}

interface World {
  readonly store: Store;
  put(name: string, pod?: Partial<MemberPod>): ReturnType<Store["putPod"]>;
}

function world(): World {
  const store = new Store(settings);
  store.putConfigMap({ one: "id=1", two: "id=2" }, { now: 0 });
  return { store, put: (name, pod = {}) => store.putPod(fresh(viewOf(name, pod)), { now: 0 }) };
}

/** Ages by alphabet, unless the name has two letters: then by the second. */
function viewOf(name: string, pod: Partial<MemberPod> = {}): PodView {
  const ip = `10.0.0.${name.charCodeAt(0)}`;
  const view = podView(memberPod({ name, ip, networks: "one", ...pod }), { annotationKey });
  return { ...view, created: name.slice(-1) };
}

/** Nothing has run in it yet. */
function fresh(pod: PodView): PodView {
  const bare = (all: PodView["containers"]): PodView["containers"] =>
    all.map((each) => ({
      ...each,
      containerId: "",
      state: each.state === "terminated" ? each.state : "waiting",
    }));
  return { ...pod, initContainers: bare(pod.initContainers), containers: bare(pod.containers) };
}

/** "a b !d": who is in, and who is told that he is not. */
function members(store: Store): string {
  return [...store.tracked.keys()].flatMap((uid) => {
    const subject = store.workItem(uid);
    if (subject?.kind !== "member") return [];
    const { name, networks, problems } = subject.member;
    const isTold = problems.some(({ kind, network }) => kind === "forbidden" && network === "one");
    if (isTold) return [`!${name}`];
    return networks.some((network) => network.name === "one") ? [name] : [];
  }).sort().join(" ");
}

/** Names of those whom others have as their peers. */
function peers(store: Store): string {
  return [...store.surroundings.membersOf("one/1/8472/4")].map((uid) => uid.slice("uid-default-".length))
    .sort()
    .join(" ");
}

function full(): World {
  const one = world();
  for (const name of ["a", "b", "c", "d", "e"]) one.put(name);
  return one;
}

Deno.test("admission: who comes to a full network is turned away, with the limit and the remedy", () => {
  const { store } = full();
  assert.equal(members(store), "!d !e a b c");
  assert.equal(peers(store), "a b c");
  const subject = store.workItem("uid-default-d");
  assert.ok(subject?.kind === "member");
  assert.deepEqual(subject.member.problems.map(({ message }) => message), [
    'Cannot give the pod network "one": it is full with 3 members; wait until one goes, or raise --max-members-per-network',
  ]);
  assert.deepEqual(subject.member.unresolved, ["one"], "a link that is there stays");
});

Deno.test("admission: his other networks are not concerned", () => {
  const { store, put } = full();
  put("f", { networks: "one, two" });
  const subject = store.workItem("uid-default-f");
  assert.ok(subject?.kind === "member");
  assert.deepEqual(subject.member.networks.map(({ name }) => name), ["two"]);
});

Deno.test("admission: who is not let in waits for no address of that network's pool", () => {
  const { store, put } = full();
  store.putConfigMap({ one: "id=1 subnet=10.0.0.0/24", two: "id=2" }, { now: 0 });
  put("f", { networks: "one, two" });
  const subject = store.workItem("uid-default-f");
  assert.ok(subject?.kind === "member");
  assert.deepEqual(subject.member.awaited, []);
  const inside = store.workItem("uid-default-a");
  assert.ok(inside?.kind === "member");
  assert.deepEqual(inside.member.awaited, ["one"]);
});

const departures: readonly {
  readonly it: string;
  readonly leave: (world: World) => ReturnType<Store["putPod"]>;
}[] = [
  { it: "is gone", leave: ({ store }) => store.removePod("uid-default-b") },
  { it: "has finished", leave: ({ put }) => put("b", { stage: "finished" }) },
  { it: "asks for another network", leave: ({ put }) => put("b", { networks: "two" }) },
];
for (const { it, leave } of departures) {
  Deno.test(`admission: when a member ${it}, the oldest of those who wait comes in and is looked at`, () => {
    const one = full();
    one.put("9d");
    one.put("8c");
    for (const uid of one.store.tracked.keys()) one.store.begin(uid);
    const { changed } = leave(one);
    const touched = one.store.surroundings.takeTouched();
    assert.equal(members(one.store), "!9d !d !e 8c a c");
    assert.ok(changed.has("uid-default-8c"));
    assert.ok(touched.has("uid-default-a") && touched.has("uid-default-c"));
  });
}

Deno.test("admission: nobody who is in is put out: by an older one, by a network of another id, by a typo", () => {
  const { store, put } = full();
  put("a", { ip: "10.0.0.99" });
  put("0");
  assert.equal(members(store), "!0 !d !e a b c");
  store.putConfigMap({ two: "id=2", one: "id=7 mtu=1400" }, { now: 0 });
  assert.equal(members(store), "!0 !d !e a b c");
  put("b", { networks: "one metric=5" });
  store.removePod("uid-default-a");
  assert.equal(members(store), "!d !e 0 b c");
});

const entries: readonly { readonly it: string; readonly had: string; readonly asks: string }[] = [
  { it: "took its own id out", had: "one id=9", asks: "one" },
  { it: "took its own port out", had: "one dstport=4789", asks: "one" },
  { it: "named its id", had: "one id=9, two", asks: "two, one id=1" },
  { it: "fixed a typo to another id", had: "one id=9", asks: "one metric=5" },
];
for (const { it, had, asks } of entries) {
  Deno.test(`admission: one that ${it} enters a full network like everybody else`, () => {
    const { store, put } = full();
    put("9f", { networks: had });
    assert.ok(members(store).split(" ").includes("9f"), members(store));
    store.begin("uid-default-9f");
    put("9f", { networks: asks });
    if (asks.includes("metric")) put("9f", { networks: "one" });
    assert.equal(members(store), "!9f !d !e a b c");
    assert.equal(peers(store), "a b c");
    store.removePod("uid-default-a");
    assert.equal(members(store), "!9f !e b c d", "the oldest of those who wait");
  });
}

Deno.test("admission: until it is let in, it stays in the segment that it had, and so do its peers for it", () => {
  const { store, put } = full();
  put("x", { networks: "one id=9" });
  put("y", { networks: "one id=9" });
  put("9f", { networks: "one id=9" });
  const nines = (): readonly string[] => [...store.surroundings.membersOf("one/9/8472/4")].sort();
  const uids = ["uid-default-9f", "uid-default-x", "uid-default-y"];
  assert.deepEqual(nines(), uids);
  put("9f", { networks: "one" });
  assert.deepEqual(nines(), uids);
  const subject = store.workItem("uid-default-9f");
  assert.ok(subject?.kind === "member");
  const { networks, unresolved, problems } = subject.member;
  assert.deepEqual([networks.map(({ vni }) => vni), unresolved], [[9], []]);
  assert.deepEqual(problems.map(({ message }) => message), [
    'Cannot give the pod network "one": it is full with 3 members; wait until one goes, or raise ' +
    "--max-members-per-network; until then the pod keeps it as it was",
  ]);
  put("8w", { networks: "one id=9" });
  assert.deepEqual(nines(), uids, "its place there is not free");
  store.putConfigMap({ two: "id=2", one: "id=1 mtu=1400" }, { now: 0 });
  assert.deepEqual(nines(), uids, "an edit of the ConfigMap lets nobody in");
  for (const name of ["a", "d", "e"]) store.removePod(`uid-default-${name}`);
  assert.equal(peers(store), "9f b c");
  assert.deepEqual(nines(), ["uid-default-8w", ...uids.slice(1)]);
});

Deno.test("admission: what it had is lost when something else that it asks for takes its place", () => {
  const { store, put } = full();
  put("9f", { networks: "one id=9" });
  put("9f", { networks: "one, two id=9" });
  const subject = store.workItem("uid-default-9f");
  assert.ok(subject?.kind === "member");
  const { networks, unresolved } = subject.member;
  assert.deepEqual([networks.map(({ name, vni }) => `${name} ${vni}`), unresolved], [["two 9"], ["one"]]);
});

for (
  const { it, text, has } of [
    {
      it: "and its other one",
      text: "one name=two id=2, two name=one id=1 dev=two",
      has: "one 1 one, two 2 two",
    },
    {
      it: "and its other one, which only took its id",
      text: "one id=2, two id=1",
      has: "one 1 one, two 2 two",
    },
    {
      it: "and its other one, which only took its name",
      text: "one id=2, two name=one",
      has: "one 1 one, two 2 two",
    },
    { it: "and one that is not in its way changes", text: "one id=2, two id=3", has: "one 1 one, two 3 two" },
  ]
) {
  Deno.test(`admission: one to whom the place it asks for is full keeps what it had, ${it}`, () => {
    const { store, put } = world();
    for (const name of ["a", "b", "c"]) put(name, { networks: "one id=2" });
    put("f", { networks: "one, two" });
    put("f", { networks: text });
    const subject = store.workItem("uid-default-f");
    assert.ok(subject?.kind === "member");
    const { networks, unresolved, problems } = subject.member;
    const shown = networks.map(({ name, vni, interfaceName }) => `${name} ${vni} ${interfaceName}`).join(
      ", ",
    );
    assert.deepEqual([shown, unresolved], [has, []]);
    for (const { message } of problems) assert.match(message, /until then the pod keeps it as it was$/);
    const segments = [...store.surroundings.segmentsOf("uid-default-f")].sort();
    assert.deepEqual(segments, networks.map(peerKey), "and is a peer of nobody else");
  });
}

Deno.test("admission: who edits something else in its annotation, or makes a typo and takes it back, stays in", () => {
  const { store, put } = full();
  put("0");
  put("b", { networks: "one mtu=1300" });
  put("b", { networks: "one metric=5" });
  put("b", { networks: "two, one" });
  put("c", { networks: "one id=9" });
  assert.equal(members(store), "!d !e 0 a b c");
});

Deno.test("admission: who waited and is gone is not let in", () => {
  const { store } = full();
  store.removePod("uid-default-d");
  store.removePod("uid-default-a");
  assert.equal(members(store), "b c e");
});

function observed(network: string, vni: number): Observation {
  const link = {
    name: network,
    index: 7,
    altnames: [],
    mtu: 1450,
    mac: "02:00:00:00:00:09",
    up: true,
    alias: aliasOf(network, annotationKey),
    kind: "vxlan",
    addresses: [],
    vxlan: { vni, port: 8472, family: 4, dev: "eth0" },
  } as const;
  return { links: [link], routes: [], fdb: [] };
}

const nothing: Observation = { links: [], routes: [], fdb: [] };

/** Five that ran before we came, of which some hold the network. */
function restarted(holders: string): Store {
  const store = new Store(settings);
  store.putConfigMap({ one: "id=1", two: "id=2" }, { now: 0 });
  store.replacePods(["a", "b", "c", "d", "e"].map((name) => viewOf(name)), { now: 0, covers: () => true });
  assert.equal(peers(store), "a b c d e", "nobody loses a peer before anybody was looked at");
  assert.equal(members(store), "!a !b !c !d !e", "and nothing is made in them");
  assert.equal(store.unclaimed().length, 5);
  for (const name of ["a", "b", "c", "d", "e"]) {
    store.claim(`uid-default-${name}`, holders.includes(name) ? observed("one", 1) : nothing);
  }
  assert.deepEqual(store.unclaimed(), []);
  return store;
}

for (
  const [holders, after] of [["c d e", "!a !b c d e"], ["e", "!c !d a b e"], ["", "!d !e a b c"]] as const
) {
  Deno.test(`admission: after a restart those are in whose link stands, "${holders}", then the oldest`, () => {
    const store = restarted(holders);
    assert.equal(members(store), after);
    assert.equal(peers(store), after.split(" ").filter((name) => !name.startsWith("!")).join(" "));
  });
}

for (const order of ["abcd", "bacd", "dbac", "bdca", "cbda"]) {
  for (const [holders, after] of [["acd", "!b a c d"], ["ac", "a b c"]] as const) {
    Deno.test(`admission: after a restart nobody takes the place of one with a typo, "${holders}" have links, looked at in the order ${order}`, () => {
      const store = new Store(settings);
      store.putConfigMap({ one: "id=1" }, { now: 0 });
      // Who asks for what is unknown too is looked at early.
      const pods = { a: "one", b: "one, i", c: "one", d: "one metric" };
      const views = Object.entries(pods).map(([name, networks]) => viewOf(name, { networks }));
      store.replacePods(views, { now: 0, covers: () => true });
      for (const name of order) {
        store.claim(`uid-default-${name}`, holders.includes(name) ? observed("one", 1) : nothing);
      }
      assert.equal(members(store), after);
      assert.equal(peers(store), after.split(" ").filter((name) => !name.startsWith("!")).join(" "));
    });
  }
}

Deno.test("admission: after a restart a look at one member has no other judged anew", () => {
  const limit = new MemberLimit(90, () => {}, () => 0);
  const as = (standing: Candidate["standing"], uid: string): number => {
    limit.put(uid, new Map([["one/1/8472/4", { uid, created: uid, standing }]]));
    return limit.settle().size;
  };
  const uids = Array.from({ length: 100 }, (_, at) => `p${at}`);
  for (const uid of uids) as("presumed", uid);
  const holders = uids.slice(0, 80).map((uid) => as("holder", uid));
  assert.deepEqual(holders.filter((judged) => judged > 0), []);
  const others = uids.slice(80).reduce((judged, uid) => judged + as("entrant", uid), 0);
  assert.ok(others <= 40, `${others} were judged for 20 who have it not`);
});

for (
  const { it, shows, others = {}, kept } of [
    { it: "as it shows", shows: 7, kept: "b c d" },
    { it: "and it shows that it has the network", shows: 1, kept: "" },
    { it: "and it shows nothing", shows: undefined, kept: "" },
    { it: "that is for others by now", shows: 7, others: { secret: "id=7 namespaces=lab" }, kept: "" },
  ]
) {
  Deno.test(`admission: after a restart one to whom a network is full stays where it was, ${it}`, () => {
    const store = new Store({ ...settings, maxMembers: 1 });
    store.putConfigMap({ one: "id=1", two: "id=2", ...others }, { now: 0 });
    const views = ["a", "b", "c", "d"].map((name) => {
      const pod = memberPod({ name, ip: `10.0.0.${name.charCodeAt(0)}`, networks: "one" });
      const said = JSON.stringify([{ name: "one", interface: "one", vni: shows, mac: "02:00:00:00:00:09" }]);
      if (name !== "a") {
        Object.assign(pod.metadata?.annotations ?? {}, { [statusAnnotation(annotationKey)]: said });
      }
      return { ...podView(pod, { annotationKey }), created: name };
    });
    store.replacePods(views, { now: 0, covers: () => true });
    for (const name of ["a", "b", "c", "d"]) {
      store.claim(`uid-default-${name}`, observed("one", name === "a" ? 1 : 7));
    }
    const inOld = [...store.surroundings.membersOf("one/7/8472/4")];
    assert.equal(inOld.map((uid) => uid.slice("uid-default-".length)).sort().join(" "), kept);
    assert.equal(members(store), "!b !c !d a");
    assert.equal(peers(store), "a");
    store.removePod("uid-default-a");
    assert.equal(peers(store), "b", "the oldest of those who wait");
  });
}

Deno.test("admission: a lowered limit puts nobody out, and lets nobody in before there is room", () => {
  const store = restarted("a b d e");
  assert.equal(members(store), "!c a b d e");
  store.removePod("uid-default-a");
  assert.equal(members(store), "!c b d e");
  store.removePod("uid-default-b");
  assert.equal(members(store), "c d e");
});

Deno.test("admission: a link of another VNI, port or alias is no place in the network", () => {
  const store = new Store(settings);
  store.putConfigMap({ one: "id=1" }, { now: 0 });
  store.replacePods(["a", "b", "c", "d", "e"].map((name) => viewOf(name)), { now: 0, covers: () => true });
  store.claim("uid-default-e", observed("one", 2));
  store.claim("uid-default-d", observed("two", 1));
  for (const name of ["a", "b", "c"]) store.claim(`uid-default-${name}`, nothing);
  assert.equal(members(store), "!d !e a b c");
});

Deno.test("admission: a large network is said once", () => {
  const store = new Store({ ...settings, maxMembers: 20 });
  store.putConfigMap({ one: "id=1" }, { now: 0 });
  const join = (name: string): unknown => store.putPod(viewOf(name), { now: 0 });
  join("a");
  assert.deepEqual(store.surroundings.takeNotices(), []);
  join("b");
  join("c");
  assert.match(store.surroundings.takeNotices().join(), /^Network "one\/1\/8472\/4" .* has 2 members/);
  join("d");
  assert.deepEqual(store.surroundings.takeNotices(), []);
});

Deno.test("admission: two that ask for each other's place wait, in their own, until one gives its up", () => {
  const { store, put } = world();
  for (const name of ["a", "b", "c"]) put(name);
  for (const name of ["d", "e", "f"]) put(name, { networks: "one id=2" });
  const vnis = (...names: readonly string[]): readonly (number | undefined)[] =>
    names.map((name) => {
      const item = store.workItem(`uid-default-${name}`);
      return item?.kind === "member" ? item.member.networks.find((one) => one.name === "one")?.vni : 0;
    });
  put("c", { networks: "one id=2" });
  put("d", { networks: "one id=1" });
  assert.deepEqual(vnis("c", "d"), [1, 2]);
  assert.equal(members(store), "!c !d a b e f");
  put("d", { networks: "two" });
  assert.deepEqual(vnis("c", "d"), [2, undefined]);
  put("d", { networks: "one id=1" });
  assert.deepEqual(vnis("c", "d"), [2, 1]);
  assert.equal(members(store), "a b c d e f");
});

Deno.test("admission: what a pod keeps while a network is full goes when that is closed to the pod", () => {
  const { store, put } = world();
  for (const name of ["a", "b", "c"]) put(name);
  put("e", { networks: "one id=5" });
  put("e");
  const seen = (): string => {
    const item = store.workItem("uid-default-e");
    assert.ok(item?.kind === "member");
    return `${item.member.networks.map(({ vni }) => vni)} forbidden: ${item.member.forbidden}`;
  };
  assert.equal(seen(), "5 forbidden: ");
  store.putConfigMap({ one: "id=1", two: "id=2", secret: "id=5 namespaces=lab" }, { now: 0 });
  assert.equal(seen(), " forbidden: one");
  assert.match(store.problemsOf("uid-default-e")[0]?.message ?? "", /is not for its namespace any more$/);
  store.putConfigMap({ one: "id=1", two: "id=2", secret: "id=6" }, { now: 0 });
  put("e");
  assert.equal(seen(), " forbidden: one", "its link may still be there");
  store.removePod("uid-default-a");
  assert.equal(seen(), "1 forbidden: ");
});
