// Who is let into a network that is full, who waits, and when does he get in.
import assert from "node:assert/strict";
import { Store } from "../../../lib/controller/store/store.ts";
import { podView } from "../../../lib/member/pod.ts";
import { annotationKey, type MemberPod, memberPod } from "../../member/member_pod.ts";

const settings = {
  annotationKey,
  agent: "vxlan-controller-agent",
  initAgent: "vxlan-controller-agent-init",
  configMap: { namespace: "kube-system", name: "kube-vxlan-controller" },
  restrictPods: false,
  maxMembers: 3,
};

interface World {
  readonly store: Store;
  put(name: string, pod?: Partial<MemberPod>): ReturnType<Store["putPod"]>;
}

function world(): World {
  const store = new Store(settings);
  store.putConfigMap({ one: "id=1", two: "id=2" }, { now: 0 });
  return {
    store,
    put: (name, pod = {}) => {
      const ip = `10.0.0.${name.charCodeAt(0)}`;
      return store.putPod(
        podView(memberPod({ name, ip, networks: "one", ...pod }), { annotationKey }),
        { now: 0 },
      );
    },
  };
}

/** "a b !d": who is in, and who is told that he is not. */
function members(store: Store): string {
  return store.keys().flatMap((uid) => {
    const subject = store.workItem(uid);
    if (subject?.kind !== "member") return [];
    const { name, networks, problems } = subject.member;
    const isTold = problems.some(({ kind, network }) => kind === "forbidden" && network === "one");
    return networks.some((network) => network.name === "one") ? [name] : isTold ? [`!${name}`] : [];
  }).sort().join(" ");
}

function full(): World {
  const one = world();
  for (const name of ["a", "b", "c", "d", "e"]) one.put(name);
  return one;
}

Deno.test("admission: who comes to a full network is turned away, with the limit and the remedy", () => {
  const { store } = full();
  assert.equal(members(store), "!d !e a b c");
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

const departures: readonly {
  readonly it: string;
  readonly leave: (world: World) => ReturnType<Store["putPod"]>;
}[] = [
  { it: "is gone", leave: ({ store }) => store.removePod("uid-default-b") },
  { it: "has finished", leave: ({ put }) => put("b", { stage: "finished" }) },
  { it: "asks for another network", leave: ({ put }) => put("b", { networks: "two" }) },
];
for (const { it, leave } of departures) {
  Deno.test(`admission: when a member ${it}, the one who waits longest comes in and is looked at`, () => {
    const one = full();
    const { changed, touched } = leave(one);
    assert.equal(members(one.store), "!e a c d");
    assert.ok(changed.has("uid-default-d"));
    assert.ok(touched.has("uid-default-a") && touched.has("uid-default-c"));
  });
}

Deno.test("admission: nobody who is in is put out, whatever is said of him", () => {
  const { store, put } = full();
  put("a", { ip: "10.0.0.99" });
  store.putConfigMap({ two: "id=2", one: "id=1 mtu=1400" }, { now: 0 });
  assert.equal(members(store), "!d !e a b c");
});

Deno.test("admission: who waited and is gone is not let in", () => {
  const { store } = full();
  store.removePod("uid-default-d");
  store.removePod("uid-default-a");
  assert.equal(members(store), "b c e");
});

Deno.test("admission: a large network is said once", () => {
  const store = new Store({ ...settings, maxMembers: 20 });
  store.putConfigMap({ one: "id=1" }, { now: 0 });
  const join = (name: string): void => {
    const pod = memberPod({ name, ip: `10.0.0.${name.charCodeAt(0)}`, networks: "one" });
    store.putPod(podView(pod, { annotationKey }), { now: 0 });
  };
  join("a");
  assert.deepEqual(store.takeNotices(), []);
  join("b");
  join("c");
  assert.match(store.takeNotices().join(), /^Network "one\/1\/8472\/4" .* has 2 members/);
  join("d");
  assert.deepEqual(store.takeNotices(), []);
});
