// Which keys does a change affect, and who is whose peer: the store, told of pods and ConfigMaps.
import assert from "node:assert/strict";
import { Store } from "../../../lib/controller/store/store.ts";
import { type PodView, podView } from "../../../lib/member/pod.ts";
import { annotationKey, type MemberPod, memberPod } from "../../member/member_pod.ts";

const settings = {
  annotationKey,
  agent: "vxlan-controller-agent",
  initAgent: "vxlan-controller-agent-init",
  configMap: { namespace: "kube-system", name: "kube-vxlan-controller" },
  restrictPods: false,
};
const now = { now: 0 };

function view(pod: MemberPod): PodView {
  return podView(memberPod(pod), { annotationKey });
}

/** a and b share one; c is in two. */
function threeMembers(): Store {
  const store = new Store(settings);
  store.putConfigMap({ one: "id=1", two: "id=2" }, now);
  store.putPod(view({ name: "a", ip: "10.0.0.1", networks: "one" }), now);
  store.putPod(view({ name: "b", ip: "10.0.0.2", networks: "one" }), now);
  store.putPod(view({ name: "c", ip: "10.0.0.3", networks: "two" }), now);
  return store;
}

function peers(store: Store, name: string): readonly string[] {
  const subject = store.workItem(`uid-default-${name}`);
  assert.ok(subject?.kind === "member" || subject?.kind === "former", `${name} is no member`);
  return subject.member.networks.flatMap((network) => store.surroundings.peersOf(network))
    .filter((ip) => !subject.member.podIPs.includes(ip)).sort();
}

const text = (keys: Iterable<string>): string =>
  [...keys].map((key) => key.replace("uid-default-", "")).sort().join(" ");

Deno.test("members of one network are peers, others are not", () => {
  const store = threeMembers();
  assert.deepEqual([peers(store, "a"), peers(store, "b"), peers(store, "c")], [
    ["10.0.0.2"],
    ["10.0.0.1"],
    [],
  ]);
});

const cases: readonly {
  readonly it: string;
  readonly change: (store: Store) => { readonly changed: Iterable<string> };
  readonly changed: string;
  readonly touched: string;
}[] = [
  {
    it: "a new member concerns itself and those who share its network",
    change: (store) => store.putPod(view({ name: "d", ip: "10.0.0.4", networks: "one" }), now),
    changed: "d",
    touched: "a b",
  },
  {
    it: "a member that goes concerns those who shared its network",
    change: (store) => store.removePod("uid-default-a"),
    changed: "",
    touched: "b",
  },
  {
    it: "a status without news concerns nobody",
    change: (store) =>
      store.putPod(view({ name: "a", ip: "10.0.0.1", networks: "one", resourceVersion: "99" }), now),
    changed: "",
    touched: "",
  },
  {
    it: "a container's progress concerns the pod alone",
    change: (store) =>
      store.putPod(view({ name: "a", ip: "10.0.0.1", networks: "one", stage: "init agent runs" }), now),
    changed: "a",
    touched: "",
  },
  {
    it: "a new pod IP concerns the pod and its peers",
    change: (store) => store.putPod(view({ name: "a", ip: "10.0.0.9", networks: "one" }), now),
    changed: "a",
    touched: "b",
  },
  {
    it: "a finished pod is nobody's peer, though it keeps its IP",
    change: (store) =>
      store.putPod(view({ name: "a", ip: "10.0.0.1", networks: "one", stage: "finished" }), now),
    changed: "",
    touched: "b",
  },
  {
    it: "a pod being deleted stays a peer",
    change: (store) =>
      store.putPod(view({ name: "a", ip: "10.0.0.1", networks: "one", deletedWithGrace: 30 }), now),
    changed: "",
    touched: "",
  },
  {
    it: "another id in the ConfigMap concerns the members of that network",
    change: (store) => store.putConfigMap({ one: "id=7", two: "id=2" }, now),
    changed: "a b",
    touched: "",
  },
  {
    it: "a ConfigMap that says the same concerns nobody",
    change: (store) => store.putConfigMap({ two: "2", one: "id=1" }, now),
    changed: "",
    touched: "",
  },
  {
    it: "a deleted ConfigMap changes nothing for members",
    change: (store) => store.putConfigMap(undefined, now),
    changed: "",
    touched: "",
  },
  {
    it: "a removed key changes nothing for those who hold the network",
    change: (store) => store.putConfigMap({ two: "id=2" }, now),
    changed: "",
    touched: "",
  },
  {
    it: "a list without a pod removes it",
    change: (store) =>
      store.replacePods([
        view({ name: "b", ip: "10.0.0.2", networks: "one" }),
        view({ name: "c", ip: "10.0.0.3", networks: "two" }),
      ], { now: 0, covers: () => true }),
    changed: "",
    touched: "b",
  },
  {
    it: "a list of another namespace removes nothing here",
    change: (store) => store.replacePods([], { now: 0, covers: (pod) => pod.namespace === "elsewhere" }),
    changed: "",
    touched: "",
  },
];

for (const { it, change, changed, touched } of cases) {
  Deno.test(`store: ${it}`, () => {
    const store = threeMembers();
    for (const uid of store.tracked.keys()) store.begin(uid);
    const affected = change(store);
    assert.deepEqual([text(affected.changed), text(store.surroundings.takeTouched())], [changed, touched]);
  });
}

Deno.test("store: a removed key is unknown to a newcomer", () => {
  const store = threeMembers();
  store.putConfigMap({ two: "id=2" }, now);
  store.putPod(view({ name: "d", ip: "10.0.0.4", networks: "one" }), now);
  const subject = store.workItem("uid-default-d");
  assert.ok(subject?.kind === "member");
  assert.deepEqual(subject.member.problems.map(({ kind }) => kind), ["unknown-network"]);
  assert.deepEqual(peers(store, "a"), ["10.0.0.2"]);
});

Deno.test("store: a pod being deleted is no peer once its grace period has run out", () => {
  const store = threeMembers();
  store.putPod(view({ name: "a", ip: "10.0.0.1", networks: "one", deletedWithGrace: 30 }), { now: 1_000 });
  store.putPod(
    view({ name: "a", ip: "10.0.0.1", networks: "one", deletedWithGrace: 30, resourceVersion: "2" }),
    { now: 20_000 },
  );
  assert.equal(store.nextExpiry(), 33_000, "counted from first sight, with the margin");
  for (const uid of store.tracked.keys()) store.begin(uid);
  store.expire(32_000);
  assert.equal(text(store.surroundings.takeTouched()), "");
  assert.deepEqual(peers(store, "b"), ["10.0.0.1"]);
  store.expire(33_000);
  assert.equal(text(store.surroundings.takeTouched()), "b");
  assert.deepEqual(peers(store, "b"), []);
  assert.equal(store.nextExpiry(), undefined);
});

Deno.test("store: a shorter grace period counts, a longer one does not", () => {
  const store = threeMembers();
  const deleted = (grace: number): PodView =>
    view({ name: "a", ip: "10.0.0.1", networks: "one", deletedWithGrace: grace });
  store.putPod(deleted(30), { now: 0 });
  store.putPod(deleted(1), { now: 5_000 });
  assert.equal(store.nextExpiry(), 8_000);
  store.putPod(deleted(60), { now: 6_000 });
  assert.equal(store.nextExpiry(), 8_000);
});

Deno.test("store: without its label a pod is cleaned, and its peers forget it", () => {
  const store = threeMembers();
  const pod = view({ name: "a", ip: "10.0.0.1", networks: "one" });
  for (const uid of store.tracked.keys()) store.begin(uid);
  store.removePod(pod.uid);
  assert.equal(text(store.surroundings.takeTouched()), "b");
  assert.equal(text(store.putPod(pod, { ...now, selection: "label removed" }).changed), "a");
  const subject = store.workItem(pod.uid);
  assert.ok(subject?.kind === "former" && !subject.selected);
  assert.deepEqual(subject.member.networks, []);
  assert.deepEqual(peers(store, "b"), []);
});

Deno.test("store: without its annotation a pod is cleaned, and is a member again when it returns", () => {
  const store = threeMembers();
  assert.equal(text(store.putPod(view({ name: "a", ip: "10.0.0.1" }), now).changed), "a");
  assert.equal(store.workItem("uid-default-a")?.kind, "former");
  assert.deepEqual(peers(store, "b"), []);
  store.putPod(view({ name: "a", ip: "10.0.0.1", networks: "one" }), now);
  assert.equal(store.workItem("uid-default-a")?.kind, "member");
  assert.deepEqual(peers(store, "b"), ["10.0.0.1"]);
});

Deno.test("store: the same name in two namespaces, and again under another uid, are different pods", () => {
  const store = threeMembers();
  store.putPod(view({ name: "a", namespace: "other", ip: "10.0.0.5", networks: "one" }), now);
  assert.deepEqual(peers(store, "a"), ["10.0.0.2", "10.0.0.5"]);
  store.putPod(view({ name: "a", uid: "uid-again", ip: "10.0.0.6", networks: "one" }), now);
  assert.deepEqual(peers(store, "b"), ["10.0.0.1", "10.0.0.5", "10.0.0.6"]);
});

Deno.test("store: a thousand that come between two ticks concern each of the others once, and none that is to be looked at", () => {
  const store = new Store(settings);
  store.putConfigMap({ one: "id=1" }, now);
  const join = (count: number, from: number): void => {
    for (let i = from; i < from + count; i++) {
      store.putPod(
        view({ name: `p${i}`, ip: `10.0.${i >> 8}.${i & 255}`, networks: "one ip=10.9.0.1/16" }),
        now,
      );
    }
  };
  join(1_000, 0);
  assert.equal(store.surroundings.takeTouched().size, 0, "all are to be looked at anyway");
  for (const uid of store.tracked.keys()) store.begin(uid);
  join(1_000, 1_000);
  assert.equal(store.surroundings.takeTouched().size, 1_000, "those who were there");
  join(1, 2_000);
  assert.equal(store.surroundings.takeTouched().size, 0, "nobody has begun since");
});

Deno.test("store: a list of what is known already judges nobody anew, and a list with news those that it is of", () => {
  const store = new Store(settings);
  store.putConfigMap({ one: "id=1" }, now);
  const [a, b] = ["a", "b"].map((name, at) => view({ name, ip: `10.0.0.${at + 1}`, networks: "one" }));
  assert.ok(a && b);
  const judged = (): readonly unknown[] => [...store.tracked.values()].map(({ asked }) => asked);
  const list = { ...now, covers: () => true };
  store.replacePods([a, b], list);
  const first = judged();
  assert.equal(store.replacePods([a, b], list).changed.size, 0);
  assert.ok(judged().every((each, at) => each === first[at]), "nobody");
  const other = view({ name: "b", ip: "10.0.0.9", networks: "one" });
  assert.equal(text(store.replacePods([a, other], list).changed), "b");
  assert.deepEqual(peers(store, "a"), ["10.0.0.9"]);
});
