// Edits by chance on running pods: nobody loses what he still asks for and may have, and nobody keeps what he must not.
import assert from "node:assert/strict";
import fc from "fast-check";
import { Store } from "../../../lib/controller/store/store.ts";
import type { Member } from "../../../lib/member/member.ts";
import { type PodView, podView } from "../../../lib/member/pod.ts";
import { parseAnnotation } from "../../../lib/network/grammar/annotation.ts";
import { type Network, peerKey } from "../../../lib/network/network.ts";
import type { KernelState } from "../../../lib/overlay/observation.ts";
import { aliasOf } from "../../../lib/overlay/wanted.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";
import { type Edit, editsOf } from "./random_edits.ts";
import { again, tries } from "../../tools/by_chance.ts";

const namespaces: Readonly<Record<string, string>> = { a: "default", b: "default", c: "lab" };
const names = Object.keys(namespaces);
const start = { data: { west: "id=1", east: "id=2", north: "id=3" }, annotation: "west, east" };

interface World {
  readonly store: Store;
  readonly texts: Map<string, string>;
  data: Readonly<Record<string, string>> | undefined;
}

function world(): World {
  const store = new Store(membershipSettings);
  const one: World = { store, texts: new Map(), data: start.data };
  store.putConfigMap(start.data, { now: 0 });
  for (const pod of names) apply(one, { kind: "annotation", pod, text: start.annotation });
  return one;
}

function apply(one: World, edit: Edit): void {
  if (edit.kind === "configmap") {
    one.data = edit.data;
    one.store.putConfigMap(edit.data, { now: 0 });
    return;
  }
  one.texts.set(edit.pod, edit.text);
  one.store.putPod(viewOf(edit.pod, edit.text), { now: 0 });
}

function viewOf(name: string, networks: string): PodView {
  const namespace = namespaces[name] ?? "default";
  const ip = `10.0.0.${name.charCodeAt(0)}`;
  return podView(memberPod({ name, namespace, uid: name, ip, networks }), { annotationKey });
}

function memberOf(store: Store, name: string): Member {
  const item = store.workItem(name);
  assert.ok(item?.kind === "member", name);
  return item.member;
}

/** Every name that stands in the text; undefined when not all of the text could be read. */
function namesIn(text: string): readonly string[] | undefined {
  const source = { kind: "annotation", key: annotationKey, namespace: "default", pod: "a" } as const;
  const { entries, complete } = parseAnnotation(text, source);
  return complete ? entries.map(({ network }) => network) : undefined;
}

type Had = ReadonlyMap<string, readonly Network[]>;

function hadIn(store: Store): Had {
  return new Map(names.map((name) => [name, memberOf(store, name).networks]));
}

/** What must hold after every edit. */
function check(one: World, before: Had): void {
  for (const name of names) {
    const { networks, forbidden } = memberOf(one.store, name);
    const named = namesIn(one.texts.get(name) ?? "");
    for (const had of before.get(name) ?? []) {
      const isNamed = named?.includes(had.name) ?? true;
      const isKept = networks.some((network) => network.name === had.name);
      assert.equal(isKept, isNamed && !forbidden.includes(had.name), `${name} and ${had.name}`);
    }
    for (const network of networks) {
      assert.ok(isOpen(one, { name, network }), `${name} must not have ${network.name}`);
    }
    unique(networks.map(({ interfaceName }) => interfaceName));
    unique(networks.map(({ vni, port }) => `${vni}/${port}`));
  }
  assertPeers(one.store);
}

function isOpen(
  { store }: World,
  { name, network }: { readonly name: string; readonly network: Network },
): boolean {
  const list = store.cluster.networks.get(network.name)?.options.namespaces;
  return list === undefined || list.includes("*") || list.includes(namespaces[name] ?? "");
}

function unique(values: readonly string[]): void {
  assert.equal(new Set(values).size, values.length, values.join(" "));
}

/** Who has the same network is a peer, both ways, and nobody else is. */
function assertPeers(store: Store): void {
  for (const name of names) {
    for (const network of memberOf(store, name).networks) {
      const expected = names.filter((other) =>
        memberOf(store, other).networks.some((one) => peerKey(one) === peerKey(network))
      );
      const ips = expected.map((other) => `10.0.0.${other.charCodeAt(0)}`);
      assert.deepEqual([...store.surroundings.peersOf(network)].sort(), ips.sort());
    }
  }
}

/** As the kernel of a pod would show what it has. */
function observedOf({ networks }: Member): KernelState {
  const links = networks.map((network, index) => ({
    name: network.interfaceName,
    index,
    mtu: network.mtu ?? 1450,
    mac: "02:00:00:00:00:01",
    up: true,
    alias: aliasOf(network.name, annotationKey),
    kind: "vxlan",
    addresses: [],
    altnames: [],
    vxlan: { vni: network.vni, port: network.port, family: network.family, dev: network.underlay },
  }));
  return { links, routes: [] };
}

Deno.test("edits by chance: what a pod asks for and may have it keeps, and its peers keep it", () => {
  fc.assert(
    fc.property(fc.array(editsOf(names), { minLength: 1, maxLength: 8 }), (edits) => {
      const one = world();
      for (const edit of edits) {
        const before = hadIn(one.store);
        apply(one, edit);
        check(one, before);
      }
    }),
    tries(1_500),
  );
});

Deno.test("edits by chance: an edit of one pod changes nothing in the others", () => {
  fc.assert(
    fc.property(fc.array(editsOf(names), { minLength: 1, maxLength: 8 }), (edits) => {
      const one = world();
      for (const edit of edits) {
        const before = hadIn(one.store);
        const { cluster } = one.store;
        apply(one, edit);
        if (edit.kind === "configmap") continue;
        for (const name of names.filter((other) => other !== edit.pod)) {
          // What was reserved is free with the last one who had it.
          if (one.store.cluster === cluster) {
            assert.deepEqual(memberOf(one.store, name).networks, before.get(name));
          }
        }
      }
    }),
    tries(500),
  );
});

Deno.test("edits by chance: after a restart nobody has what he had not, or must not have", () => {
  let [before, after] = [0, 0];
  fc.assert(
    fc.property(fc.array(editsOf(names), { minLength: 1, maxLength: 8 }), (edits) => {
      const one = world();
      for (const edit of edits) apply(one, edit);
      const again: World = { ...one, store: new Store(membershipSettings) };
      again.store.putConfigMap(one.data, { now: 0 });
      const views = names.map((name) => viewOf(name, one.texts.get(name) ?? ""));
      again.store.replacePods(views, { now: 0, covers: () => true });
      for (const name of names) again.store.claim(name, observedOf(memberOf(one.store, name)));
      for (const name of names) {
        const had = memberOf(one.store, name).networks;
        for (const network of memberOf(again.store, name).networks) {
          assert.ok(isOpen(again, { name, network }));
          after += had.some((other) => peerKey(other) === peerKey(network)) ? 1 : 0;
        }
        before += had.length;
      }
      assertPeers(again.store);
    }),
    tries(500),
  );
  // What differs from what is written now is not believed.
  assert.ok(after > before * 0.4, `only ${after} of ${before} came back. ${again()}`);
});
