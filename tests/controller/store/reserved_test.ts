// What `namespaces=` reserved is reserved while anybody holds it, whatever became of the entry; then it is free.
import assert from "node:assert/strict";
import { Store } from "../../../lib/controller/store/store.ts";
import { podView } from "../../../lib/member/pod.ts";
import type { ObservedLink } from "../../../lib/overlay/observation.ts";
import { aliasOf } from "../../../lib/overlay/wanted.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";

type Data = Readonly<Record<string, string>> | undefined;

/** Pod a of namespace db is in west, which an entry with a slip reserves, and in east. */
const slip = "id=1 namespaces=db mtu=x";

interface Row {
  readonly it: string;
  /** The ConfigMap's data after that, one look after the other. */
  readonly looks: readonly Data[];
  /** Before the pod was looked into; default: after that. */
  readonly isEarly?: true;
  /** The key is still there, with a slip. */
  readonly stays?: true;
}

const rows: readonly Row[] = [
  { it: "the key is taken out", looks: [{ east: "id=2" }] },
  { it: "the key is taken out before the pod was looked into", looks: [{ east: "id=2" }], isEarly: true },
  { it: "all keys are taken out", looks: [{}] },
  { it: "the ConfigMap is deleted", looks: [undefined] },
  { it: "the key is emptied", looks: [{ west: "", east: "id=2" }] },
  {
    it: "neither id nor namespaces can be read any more",
    looks: [{ west: "id=x nam=y", east: "id=2" }],
    stays: true,
  },
  { it: "another id, and a slip", looks: [{ west: "id=9 namespaces=db mtu=x", east: "id=2" }] },
  { it: "the id of another network", looks: [{ west: "id=2 namespaces=db", east: "id=2" }] },
  { it: "no id any more", looks: [{ west: "namespaces=db", east: "id=2" }] },
  { it: "taken out, and there again with a slip", looks: [{}, { west: "id=9 mtu=x", east: "id=2" }] },
  { it: "renamed, with another id", looks: [{ west2: "id=9 namespaces=db", east: "id=2" }] },
  { it: "renamed, with a slip", looks: [{ west2: "mtu=x", east: "id=2" }] },
];

for (const { it, looks, isEarly, stays } of rows) {
  Deno.test(`reserved while somebody has it: ${it}`, () => {
    const store = new Store(membershipSettings);
    const edit = (data: Data): unknown => store.putConfigMap(data, { now: 0 });
    edit({ west: slip, east: "id=2" });
    put(store, { name: "a", namespace: "db", networks: "west, east" });
    if (isEarly) looks.forEach(edit);
    store.claim("uid-db-a", { links: [link("west", 1), link("east", 2)], routes: [] });
    assert.deepEqual(has(store), ["east/2", "west/1"]);
    if (!isEarly) looks.forEach(edit);
    assert.deepEqual(has(store), ["east/2", "west/1"], "nothing is torn down");
    put(store, { name: "e", namespace: "lab", networks: "other id=1" });
    const faults = (): readonly string[] => store.problemsOf("uid-lab-e").map(({ kind }) => kind);
    assert.deepEqual(faults(), ["forbidden"]);
    store.removePod("uid-db-a");
    assert.deepEqual(faults(), stays ? ["forbidden"] : [], "nobody has it any more");
  });
}

Deno.test("reserved while somebody has it: restricted, the pod keeps it and nobody else gets it", () => {
  const store = new Store({ ...membershipSettings, restrictPods: true });
  store.putConfigMap({ west: slip, east: "id=2" }, { now: 0 });
  put(store, { name: "a", namespace: "db", networks: "west, east" });
  store.claim("uid-db-a", { links: [link("west", 1), link("east", 2)], routes: [] });
  store.putConfigMap({ east: "id=2" }, { now: 0 });
  assert.deepEqual(has(store), ["east/2", "west/1"]);
  put(store, { name: "e", namespace: "lab", networks: "west" });
  assert.match(store.problemsOf("uid-lab-e").map(({ message }) => message).join(), /not for namespace "lab"/);
});

Deno.test("reserved while somebody may have it: a pod without such a link holds nothing", () => {
  const store = new Store(membershipSettings);
  store.putConfigMap({ west: slip, east: "id=2" }, { now: 0 });
  put(store, { name: "a", namespace: "db", networks: "west" });
  put(store, { name: "e", namespace: "lab", networks: "other id=1" });
  store.putConfigMap({ east: "id=2" }, { now: 0 });
  assert.equal(store.problemsOf("uid-lab-e").length, 1);
  store.claim("uid-db-a", { links: [], routes: [] });
  assert.deepEqual(store.problemsOf("uid-lab-e"), []);
});

for (
  const { text, own, enters } of [
    { text: "id=1 spaces=lab", own: "other id=1", enters: false },
    { text: "id=1 tenants=lab", own: "west id=1", enters: false },
    { text: "id=1 only db", own: "other id=1", enters: false },
    { text: "id=1 mtu=x", own: "other id=1", enters: true },
    { text: "id=x spaces=lab", own: "west id=1", enters: false },
    { text: "id=1 spaces=lab", own: "other id=3", enters: true },
  ]
) {
  const what = enters ? "closes nothing that it does not seem to" : "leads nobody in, and puts nobody out";
  Deno.test(`an entry that never was good, "${text}", ${what}: ${own}`, () => {
    const store = new Store(membershipSettings);
    store.putConfigMap({ west: text, east: "id=2" }, { now: 0 });
    put(store, { name: "a", namespace: "db", networks: "west, east" });
    store.claim("uid-db-a", { links: [link("west", 1), link("east", 2)], routes: [] });
    put(store, { name: "e", namespace: "lab", networks: own });
    const problems = (): string => store.problemsOf("uid-lab-e").map(({ message }) => message).join();
    const told =
      /Cannot give the pod network ".*": whether it is for namespace "lab" is not known: key west of .* cannot be read/;
    if (enters) assert.equal(problems(), "");
    else assert.match(problems(), told);
    assert.deepEqual(has(store), ["east/2", "west/1"]);
    store.putConfigMap({ east: "id=2" }, { now: 0 });
    if (enters) assert.equal(problems(), "");
    else {assert.match(
        problems(),
        /is not known: key west was removed from .* before it could be read; put it back/,
      );}
    assert.deepEqual(has(store), ["east/2", "west/1"]);
    store.putConfigMap({ west: "id=1", east: "id=2" }, { now: 0 });
    assert.equal(problems(), "", "mended");
  });
}

Deno.test("an entry that never was good puts nobody out who came by an id of its own before", () => {
  const store = new Store(membershipSettings);
  store.putConfigMap({ east: "id=2" }, { now: 0 });
  put(store, { name: "a", namespace: "db", networks: "west id=1, east" });
  assert.deepEqual(has(store), ["east/2", "west/1"]);
  store.putConfigMap({ west: "id=1 spaces=lab", east: "id=2" }, { now: 0 });
  assert.deepEqual(has(store), ["east/2", "west/1"]);
});

function put(store: Store, pod: { name: string; namespace: string; networks: string }): void {
  const ip = pod.name === "a" ? "10.0.0.1" : "10.0.0.2";
  store.putPod(podView(memberPod({ ...pod, ip }), { annotationKey }), { now: 0 });
}

function has(store: Store): readonly string[] {
  const item = store.workItem("uid-db-a");
  assert.ok(item?.kind === "member");
  return item.member.networks.map(({ name, vni }) => `${name}/${vni}`);
}

function link(network: string, vni: number): ObservedLink {
  const vxlan = { vni, port: 8472, family: 4, dev: "eth0" } as const;
  const alias = aliasOf(network, annotationKey);
  const rest = { altnames: [], mtu: 1450, mac: "02:00:00:00:00:09", up: true, addresses: [] };
  return { index: 7, name: network, kind: "vxlan", alias, vxlan, ...rest };
}
