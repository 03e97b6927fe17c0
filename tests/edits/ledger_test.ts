// Edits by chance: does the store give every pod what a reading that shares nothing with it gives? Thousands of them, without kernels.
import assert from "node:assert/strict";
import fc from "fast-check";
import { Store } from "../../lib/controller/store/store.ts";
import { podView } from "../../lib/member/pod.ts";
import { cidrText, routeText } from "../../lib/network/grammar/address.ts";
import type { Network } from "../../lib/network/network.ts";
import {
  type Edit,
  editsAndLabelsOf,
  type LabelEdit,
  networkNames,
} from "../controller/store/random_edits.ts";
import { annotationKey, memberPod, membershipSettings } from "../member/member_pod.ts";
import { tries } from "../tools/by_chance.ts";
import { awayWith, type Change } from "./away.ts";
import type { Form } from "./form.ts";
import { Ledger } from "./ledger.ts";

const limit = 3;
const start = { west: "id=1", east: "id=2", north: "id=3" };
const names = ["a", "b", "lab/c", "lab/d"];

/** The store's pods, of which the ledger has the same. */
class Scene {
  readonly ledger: Ledger;
  readonly #store: Store;
  readonly #texts = new Map<string, string>();

  constructor({ restrictPods }: { readonly restrictPods: boolean }) {
    this.#store = new Store({ ...membershipSettings, maxMembers: limit, restrictPods });
    this.ledger = new Ledger(
      names.map((name) => {
        const { metadata = {}, status } = podOf(name, "");
        const { namespace = "", uid = "" } = metadata;
        const ip6 = status?.podIPs?.[1]?.ip ?? "";
        return { name, namespace, uid, created: "", ip: status?.podIP ?? "", ip6 };
      }),
      { limit, restrictPods },
    );
    this.apply({ kind: "configmap", data: start });
    for (const [at, pod] of names.entries()) {
      this.apply({ kind: "annotation", pod, text: networkNames.filter((_, i) => i !== at).join(", ") });
    }
  }

  apply(edit: Edit | LabelEdit): void {
    this.ledger.apply(edit);
    if (edit.kind === "configmap") {
      this.#store.putConfigMap(edit.data, { now: 0 });
      return;
    }
    const text = edit.kind === "annotation" ? edit.text : this.#texts.get(edit.pod) ?? "";
    this.#texts.set(edit.pod, text);
    const view = podView(podOf(edit.pod, text), { annotationKey });
    if (this.ledger.isLabelled(edit.pod)) this.#store.putPod(view, { now: 0 });
    else {
      this.#store.putPod(view, { now: 0, selection: "label removed" });
      this.#store.markClean(view.uid);
    }
    this.#store.claim(view.uid, { links: [], routes: [] });
  }

  /** What the store gives to each. */
  found(): ReadonlyMap<string, readonly Form[]> {
    return new Map(names.map((name) => {
      const item = this.#store.workItem(podOf(name, "").metadata?.uid ?? "");
      return [name, item?.kind === "member" ? item.member.networks.map(formIn) : []];
    }));
  }
}

function podOf(name: string, networks: string): ReturnType<typeof memberPod> {
  const [first = "", second] = name.split("/");
  const where = second === undefined ? { name: first } : { name: second, namespace: first };
  const number = names.indexOf(name) + 1;
  const pod = memberPod({ ...where, ip: `10.0.0.${number}`, networks });
  const podIPs = [...pod.status?.podIPs ?? [], { ip: `fd00::${number}` }];
  return { ...pod, status: { ...pod.status, podIPs } };
}

function formIn(network: Network): Form {
  const { name, vni, port, family, interfaceName, underlay: dev, up, mtu, mac, pool } = network;
  return {
    network: name,
    vni,
    port,
    family,
    interfaceName,
    dev,
    up,
    ...(mtu !== undefined && { mtu }),
    ...(mac !== undefined && { mac }),
    addresses: network.addresses.map(cidrText),
    pool: pool?.asked === true ? pool.subnets.map(({ subnet }) => cidrText(subnet)) : [],
    ranges: [],
    excluded: [],
    routes: network.routes.map((route) => routeText(route)),
    except: (network.except ?? []).map(cidrText),
    outside: network.outside ?? [],
    neigh: network.neigh !== undefined,
    aside: network.aside === true,
  };
}

/** One line for each, so that a difference is short. What of a pool is given is seen in kernels. */
function texts(pod: string, forms: readonly Form[]): readonly string[] {
  return forms.map((form) => `${pod} ${JSON.stringify({ ...form, ranges: [], excluded: [] })}`);
}

Deno.test("edits by chance: the store gives every pod what the texts say, as a reading of its own has it", () => {
  const edits = fc.array(editsAndLabelsOf(names), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(edits, fc.boolean(), (edits, restrictPods) => {
      const scene = new Scene({ restrictPods });
      for (const edit of edits) {
        scene.apply(edit);
        const expected = [...scene.ledger.forms].flatMap(([name, forms]) => texts(name, [...forms.values()]));
        const found = [...scene.found()].flatMap(([name, forms]) => texts(name, forms));
        assert.deepEqual(found, expected, JSON.stringify(edit));
      }
    }),
    tries(500),
  );
});

for (
  const { it, text, isBegun, has } of [
    {
      it: "is known while the one below stands",
      text: "east name=w id=2 dev=e",
      isBegun: false,
      has: ["east"],
    },
    {
      it: "may have gone with it (seed 900)",
      text: "east name=w id=2 dev=e",
      isBegun: true,
      has: ["east", ""],
    },
    { it: "stays on another", text: "east name=w id=2", isBegun: true, has: ["east"] },
  ]
) {
  Deno.test(`edits by chance: when controllers change while a network is closed, one that cannot be resolved ${it}`, () => {
    const { ledger } = new Scene({ restrictPods: false });
    ledger.apply({ kind: "annotation", pod: "lab/d", text: `west name=e id=1, ${text}` });
    const data = { ...start, west: "id=1 namespaces=default", east: "stray" };
    const outcomes = awayWith(ledger, [{ kind: "configmap", data }], { knows: false, isBegun, limit });
    assert.deepEqual(
      outcomes.map(({ ledger: { forms } }) => [...forms.get("lab/d")?.keys() ?? []].join()),
      has,
    );
  });
}

const writes = (pod: string, text: string): Edit => ({ kind: "annotation", pod, text });
const says = (east?: string): Edit => {
  const { east: _, ...others } = start;
  return { kind: "configmap", data: east === undefined ? others : { ...others, east } };
};
for (
  const { it, edits } of [
    { it: "cannot be read", edits: [writes("a", "east id=2"), says()] },
    { it: "is gone", edits: [writes("b", "east id=7"), says(), writes("a", "east id=2")] },
  ]
) {
  Deno.test(`edits in turn: an id of its own while the key that never was good ${it}, and that key comes and goes`, () => {
    const scene = new Scene({ restrictPods: false });
    const nobody = names.map((name) => writes(name, "north"));
    const later = [writes("a", "east metric=5"), says("id=1"), says(), writes("a", "east")];
    for (const edit of [...nobody, says(), says("id=2 mtu=x"), ...edits, ...later]) {
      scene.apply(edit);
      const expected = [...scene.ledger.forms].map(([name, forms]) => [name, [...forms.values()]]);
      assert.deepEqual([...scene.found()], expected, JSON.stringify(edit));
    }
    assert.deepEqual(scene.found().get("a")?.map(({ vni }) => vni), [1]);
  });
}

/** What pod a has by each outcome. */
function outcomesOf(
  edits: readonly Edit[],
  { before = "north, east", ...change }: Change & { readonly before?: string },
): readonly string[] {
  const { ledger } = new Scene({ restrictPods: false });
  ledger.apply({ kind: "annotation", pod: "a", text: before });
  return awayWith(ledger, edits, { ...change, limit }).map(({ ledger: { forms } }) =>
    [...forms.get("a")?.values() ?? []].map(({ network, vni }) => `${network}/${vni}`).join()
  );
}

const textsOf = (...texts: readonly string[]): readonly Edit[] => texts.map((text) => writes("a", text));
const [away, begun] = [{ knows: false, isBegun: false }, { knows: false, isBegun: true }];

for (
  const { it, edits, change, before = "north, east", has } of [
    {
      it: "the last text counts",
      edits: textsOf("north", "north, east id=7"),
      change: away,
      has: ["east/7,north/3"],
    },
    {
      it: "the same, however much was done",
      edits: textsOf("north", "north, east id=7"),
      change: begun,
      has: ["east/7,north/3"],
    },
    {
      it: "a key of which nothing was done",
      edits: [says("id=5"), says("stray")],
      change: away,
      has: ["east/2,north/3"],
    },
    {
      it: "how much was done nobody knows",
      edits: [says("id=5"), says("stray")],
      change: begun,
      has: [],
    },
    {
      it: "a text that was gone for a moment",
      edits: textsOf("north", "north, east metric=5"),
      change: begun,
      has: [],
    },
    {
      it: "an address that only an unreadable text gave (seed 1004)",
      before: "north ip=10.98.3.1/24, east",
      edits: textsOf("north ip=none, id="),
      change: begun,
      has: [],
    },
    {
      it: "an address that the text still gives",
      before: "north ip=10.98.3.1/24, east",
      edits: textsOf("north ip=10.98.3.1/24 metric=5, east"),
      change: begun,
      has: ["east/2,north/3"],
    },
  ]
) {
  Deno.test(`edits by chance: what is expected of edits while controllers change: ${it}`, () => {
    assert.deepEqual(outcomesOf(edits, { ...change, before }), has);
  });
}

Deno.test("edits by chance: what a text has left may come back with the next as long as it stands, and only then", () => {
  const { ledger } = new Scene({ restrictPods: false });
  for (const isDone of [false, true]) {
    const [left, back] = textsOf("north", "north, east metric=5");
    assert.ok(left !== undefined && back !== undefined);
    const next = ledger.copy();
    next.apply(left);
    assert.ok(next.mayReturn);
    next.apply(back, { isDone });
    assert.deepEqual([...next.forms.get("a")?.keys() ?? []], isDone ? ["north"] : ["east", "north"]);
  }
});
