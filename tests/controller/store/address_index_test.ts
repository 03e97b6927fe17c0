// Which members share an address, whom does a change concern, and what is said of it.
import assert from "node:assert/strict";
import { AddressIndex } from "../../../lib/controller/store/address_index.ts";
import { Store } from "../../../lib/controller/store/store.ts";
import { podView } from "../../../lib/member/pod.ts";
import { derivedMac } from "../../../lib/member/reachable.ts";
import { annotationKey, type MemberPod, memberPod } from "../../member/member_pod.ts";

const settings = {
  annotationKey,
  agent: "vxlan-controller-agent",
  initAgent: "vxlan-controller-agent-init",
  configMap: { namespace: "kube-system", name: "kube-vxlan-controller" },
  restrictPods: false,
};

const same = "west ip=192.168.11.2/29";

interface World {
  readonly store: Store;
  put(pod: MemberPod, now?: number): string;
}

function world(): World {
  const store = new Store(settings);
  store.putConfigMap({ west: "id=101", east: "id=102" }, { now: 0 });
  return {
    store,
    put: (pod, now = 0) => {
      return touchedBy(store, () => store.putPod(podView(memberPod(pod), { annotationKey }), { now }));
    },
  };
}

/** Names of the others to whom the change is news, though they were looked at before. */
function touchedBy(store: Store, change: () => { readonly changed: ReadonlySet<string> }): string {
  for (const uid of store.tracked.keys()) store.begin(uid);
  const { changed } = change();
  return [...store.surroundings.takeTouched().difference(changed)].map((uid) =>
    uid.replace("uid-default-", "")
  ).sort()
    .join(" ");
}

function conflicts(store: Store, name: string): readonly string[] {
  const subject = store.workItem(`uid-default-${name}`);
  assert.ok(subject?.kind === "member", `${name} is no member`);
  return store.surroundings.conflictsOf(subject.member).map(({ message }) => message);
}

const a: MemberPod = { name: "a", ip: "10.0.0.1", networks: same };
const b: MemberPod = { name: "b", ip: "10.0.0.2", networks: same };

Deno.test("two members with one address are both told, and who the other is", () => {
  const { store, put } = world();
  put(a);
  assert.deepEqual(conflicts(store, "a"), []);
  assert.equal(put(b), "a", "the one that was there is looked at again");
  assert.deepEqual(conflicts(store, "a"), [
    'Cannot rely on address 192.168.11.2 of network "west": it is also used by default/b; give each member its own with ip=…',
  ]);
  assert.match(conflicts(store, "b")[0] ?? "", /also used by default\/a;/);
});

Deno.test("one MAC address in several members is said of each, with what to do about it", () => {
  const { store, put } = world();
  const mac = "02:00:00:00:00:01";
  for (const [at, name] of ["a", "b", "c"].entries()) {
    put({ name, ip: `10.0.0.${at + 1}`, networks: `west mac=${mac}` });
  }
  assert.deepEqual(conflicts(store, "a"), [
    `Cannot rely on MAC address ${mac} of network "west": it is also used by default/b; leave mac out, then each member has its own`,
  ]);
  assert.deepEqual(["b", "c"].map((name) => conflicts(store, name).length), [1, 1]);
  put({ name: "b", ip: "10.0.0.2", networks: "west mac=02:00:00:00:00:02" });
  assert.match(conflicts(store, "a")[0] ?? "", /also used by default\/c;/);
  assert.deepEqual(conflicts(store, "b"), []);
});

Deno.test("a MAC address that another member has by computation is said of both, with who is to do what", () => {
  const { store, put } = world();
  const b: MemberPod = { name: "b", ip: "10.0.0.2", networks: "west" };
  const mac = derivedMac("uid-default-b", "west");
  put({ name: "a", ip: "10.0.0.1", networks: `west mac=${mac}` });
  assert.deepEqual(conflicts(store, "a"), []);
  assert.equal(put(b), "a", "the one that was there is looked at again");
  assert.deepEqual([conflicts(store, "a"), conflicts(store, "b")], [
    [
      `Cannot rely on MAC address ${mac} of network "west": it is also used by default/b; leave mac out, then each member has its own`,
    ],
    [
      `Cannot rely on MAC address ${mac} of network "west": it is also used by default/a, which should leave mac out; ` +
      "this pod has it by computation",
    ],
  ]);
  put({ ...b, networks: "east" });
  assert.deepEqual([conflicts(store, "a"), conflicts(store, "b")], [[], []]);
  put(b);
  put({ ...b, networks: "west mac=02:00:00:00:00:02" });
  assert.deepEqual([conflicts(store, "a"), conflicts(store, "b")], [[], []]);
});

const others: readonly { readonly it: string; readonly pod: MemberPod }[] = [
  { it: "another address", pod: { ...b, networks: "west ip=192.168.11.3/29" } },
  { it: "the same address in another network", pod: { ...b, networks: "east ip=192.168.11.2/29" } },
  { it: "the same network with another id", pod: { ...b, networks: "west id=7 ip=192.168.11.2/29" } },
  { it: "a finished pod", pod: { ...b, stage: "finished" } },
  { it: "a pod that is being deleted", pod: { ...b, deletedWithGrace: 30 } },
  { it: "a pod without a pod IP", pod: { name: "b", networks: same } },
];
for (const { it, pod } of others) {
  Deno.test(`no conflict: ${it}`, () => {
    const { store, put } = world();
    put(a);
    put(pod);
    assert.deepEqual(conflicts(store, "a"), []);
  });
}

Deno.test("another prefix length makes no other address", () => {
  const { store, put } = world();
  put(a);
  put({ ...b, networks: "west ip=192.168.11.2/24" });
  assert.equal(conflicts(store, "a").length, 1);
});

const ends: readonly { readonly it: string; readonly end: (world: World) => string }[] = [
  {
    it: "it is gone",
    end: ({ store }) => touchedBy(store, () => store.removePod("uid-default-b")),
  },
  {
    it: "it is being deleted, though it stays a peer",
    end: ({ put }) => put({ ...b, deletedWithGrace: 30 }),
  },
  {
    it: "it was given another address",
    end: ({ put }) => put({ ...b, networks: "west ip=192.168.11.3/29" }),
  },
  { it: "it has finished", end: ({ put }) => put({ ...b, stage: "finished" }) },
  { it: "it asks for nothing any more", end: ({ put }) => put({ name: "b", ip: "10.0.0.2" }) },
];
for (const { it, end } of ends) {
  Deno.test(`a conflict ends for the other when ${it}`, () => {
    const one = world();
    one.put(a);
    one.put(b);
    assert.equal(end(one), "a");
    assert.deepEqual(conflicts(one.store, "a"), []);
  });
}

Deno.test("a third one changes nothing in what the first two are told", () => {
  const { store, put } = world();
  put(a);
  put(b);
  const told = [conflicts(store, "a"), conflicts(store, "b")];
  put({ name: "c", ip: "10.0.0.3", networks: same });
  assert.deepEqual([conflicts(store, "a"), conflicts(store, "b")], told);
  assert.match(conflicts(store, "c")[0] ?? "", /also used by default\/a;/);
});

Deno.test("the book forgets what is no longer claimed", () => {
  const book = new AddressIndex();
  book.put("a", new Map([["s", ["1", "2"]]]));
  assert.deepEqual([...book.put("b", new Map([["s", ["2"]]])).members], ["a"]);
  assert.deepEqual([...book.put("b", new Map([["s", ["2"]]])).members], [], "the same again concerns nobody");
  assert.deepEqual([...book.put("a", new Map()).members], ["b"]);
  assert.deepEqual([book.sharedBy("a"), book.sharedBy("b")], [[], []]);
});
