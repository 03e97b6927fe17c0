// What was reserved before a restart: when it counts, what goes before it, and when it is free.
import assert from "node:assert/strict";
import { Store } from "../../../lib/controller/store/store.ts";
import { podView } from "../../../lib/member/pod.ts";
import { memoryText, noMemory, readMemory } from "../../../lib/network/reserved/memory_text.ts";
import type { ObservedLink } from "../../../lib/overlay/observation.ts";
import { aliasOf } from "../../../lib/overlay/wanted.ts";
import { atOnce } from "../../../lib/time/pieces.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";

type Data = Readonly<Record<string, string>> | undefined;

interface Row {
  readonly it: string;
  /** What was remembered; pod a of namespace db has west, with VNI 1. */
  readonly memory: string;
  readonly data: Data;
  /** What is remembered then. */
  readonly then: string;
  /** Kinds of the problems of a pod of namespace lab with `other id=1`. */
  readonly stranger: string;
}

const west = "network west id=1 namespaces=db\n";
const rows: readonly Row[] = [
  { it: "the key is gone", memory: west, data: { east: "id=2" }, then: west, stranger: "forbidden" },
  { it: "there is no ConfigMap", memory: west, data: undefined, then: west, stranger: "forbidden" },
  {
    it: "the key says so still",
    memory: west,
    data: { west: "id=1 namespaces=db" },
    then: west,
    stranger: "forbidden",
  },
  {
    it: "the key has a longer list",
    memory: west,
    data: { west: "id=1 namespaces=db,lab" },
    then: "network west id=1 namespaces=db,lab\n",
    stranger: "",
  },
  ...["namespaces=", "namespaces db", "namespaces=Db!", "namespaces=[db]"].map((list) => ({
    it: `the key has a list that cannot be read: ${list}`,
    memory: west,
    data: { west: `id=1 ${list}`, east: "id=2" },
    then: west,
    stranger: "forbidden",
  })),
  { it: "the key has no list any more", memory: west, data: { west: "id=1" }, then: "", stranger: "" },
  {
    it: "the key has no id any more",
    memory: west,
    data: { west: "namespaces=db", east: "id=2" },
    then: "network west namespaces=db\nleft west id=1 namespaces=db\n",
    stranger: "forbidden",
  },
  {
    it: "another key has its VNI, for all",
    memory: west,
    data: { other: "id=1" },
    then: west,
    stranger: "forbidden",
  },
  {
    it: "another network had its VNI before",
    memory: "left north id=1 namespaces=db\n",
    data: { east: "id=2" },
    then: "left north id=1 namespaces=db\n",
    stranger: "forbidden",
  },
  {
    it: "another network had its VNI before, and another key has it, for all",
    memory: "left north id=1 namespaces=db\n",
    data: { other: "id=1" },
    then: "",
    stranger: "",
  },
  {
    it: "nobody has it",
    memory: "network north id=7 namespaces=db\nleft north id=8 namespaces=db\n",
    data: { east: "id=2" },
    then: "",
    stranger: "",
  },
];

for (const { it, memory, data, then, stranger } of rows) {
  Deno.test(`remembered: ${it}`, () => {
    const store = new Store(membershipSettings);
    const told = { ...readMemory(memory, { namespace: "", name: "" }), unread: undefined };
    tell(store, { ...told, areListed: false });
    store.putConfigMap(data, { now: 0 });
    put(store, { name: "a", namespace: "db", networks: "west, east" });
    put(store, { name: "e", namespace: "lab", networks: "other id=1" });
    tell(store, { ...told, areListed: true });
    store.claim("uid-db-a", { links: [link("west", 1), link("east", 2)], routes: [] });
    assert.equal(memoryText(store.networks.memory, 1_000).text, then);
    assert.equal(store.problemsOf("uid-lab-e").map(({ kind }) => kind).join(), stranger);
  });
}

Deno.test("remembered: restricted, who had it keeps it, and no other comes in", () => {
  const store = new Store({ ...membershipSettings, restrictPods: true });
  const { memory } = readMemory(west, { namespace: "", name: "" });
  tell(store, { memory, unread: undefined, areListed: false });
  store.putConfigMap({ east: "id=2" }, { now: 0 });
  put(store, { name: "a", namespace: "db", networks: "west" });
  put(store, { name: "b", namespace: "db", networks: "west" });
  tell(store, { memory, unread: undefined, areListed: true });
  store.claim("uid-db-a", { links: [link("west", 1)], routes: [] });
  store.claim("uid-db-b", { links: [], routes: [] });
  assert.deepEqual([has(store, "uid-db-a"), has(store, "uid-db-b")], ["west/1", ""]);
});

Deno.test("remembered: it is not free before the agent of one who may have it runs again", () => {
  const store = new Store(membershipSettings);
  const { memory } = readMemory(west, { namespace: "", name: "" });
  tell(store, { memory, unread: undefined, areListed: false });
  store.putConfigMap({ east: "id=2" }, { now: 0 });
  put(store, { name: "a", namespace: "db", networks: "west" }, { waiting: { reason: "CrashLoopBackOff" } });
  put(store, { name: "e", namespace: "lab", networks: "other id=1" });
  tell(store, { memory, unread: undefined, areListed: true });
  assert.deepEqual(store.unclaimed(), [], "nothing can be asked of it");
  assert.equal(store.problemsOf("uid-lab-e").length, 1);
  store.removePod("uid-db-a");
  assert.deepEqual(store.problemsOf("uid-lab-e"), []);
});

Deno.test("remembered: while it cannot be read only the ConfigMap leads into a network, and nobody loses what he has", () => {
  const store = new Store(membershipSettings);
  tell(store, { memory: noMemory, unread: "it is forbidden", areListed: false });
  put(store, { name: "a", namespace: "db", networks: "own id=1, east" });
  put(store, { name: "e", namespace: "lab", networks: "own id=1, east, north id=3" });
  store.putConfigMap({ east: "id=2", north: "mtu=1400" }, { now: 0 });
  store.claim("uid-db-a", { links: [link("own", 1)], routes: [] });
  store.claim("uid-lab-e", { links: [], routes: [] });
  assert.deepEqual([has(store, "uid-db-a"), has(store, "uid-lab-e")], ["east/2 own/1", "east/2"]);
  assert.match(
    store.problemsOf("uid-lab-e")[0]?.message ?? "",
    /id 1 is reserved .* is not known: it is forbidden$/,
  );
  tell(store, { memory: noMemory, unread: undefined, areListed: true });
  assert.deepEqual(has(store, "uid-lab-e"), "east/2 north/3 own/1");
});

Deno.test("remembered: what comes while the ConfigMap is being read counts beside it", () => {
  const store = new Store(membershipSettings);
  tell(store, { memory: noMemory, unread: "it was not read yet", areListed: false });
  const { memory } = readMemory(west, { namespace: "", name: "" });
  const reading = store.editing({ east: "id=2", north: "id=3" }, { now: 0 });
  for (let piece = 0; piece < 3; piece++) assert.equal(reading.next().done, false);
  tell(store, { memory, unread: undefined, areListed: false });
  atOnce(reading);
  const { networks, reserved, unread } = store.cluster;
  assert.deepEqual([...networks.keys()], ["east", "north", "west"]);
  assert.deepEqual(reserved.get(1)?.namespaces, ["db"]);
  assert.equal(unread, undefined);
});

function tell(store: Store, read: Parameters<Store["networks"]["remember"]>[0]): void {
  atOnce(store.judging(store.networks.remember(read)));
}

/** `state`: of its agent; default: it runs. */
function put(
  store: Store,
  given: { name: string; namespace: string; networks: string },
  state?: { readonly waiting: { readonly reason: string } },
): void {
  const pod = memberPod({ ...given, ip: `10.0.0.${given.name.charCodeAt(0)}` });
  for (const status of pod.status?.containerStatuses ?? []) if (state !== undefined) status.state = state;
  store.putPod(podView(pod, { annotationKey }), { now: 0 });
}

function has(store: Store, uid: string): string {
  const item = store.workItem(uid);
  assert.ok(item?.kind === "member");
  return item.member.networks.map(({ name, vni }) => `${name}/${vni}`).join(" ");
}

function link(network: string, vni: number): ObservedLink {
  const vxlan = { vni, port: 8472, family: 4, dev: "eth0" } as const;
  const alias = aliasOf(network, annotationKey);
  const rest = { altnames: [], mtu: 1450, mac: "02:00:00:00:00:09", up: true, addresses: [] };
  return { index: 7, name: network, kind: "vxlan", alias, vxlan, ...rest };
}
