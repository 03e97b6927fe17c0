// A story of edits by chance on running pods, typos included: who is not concerned never loses a frame.
import assert from "node:assert/strict";
import fc from "fast-check";
import { Store } from "../../lib/controller/store/store.ts";
import { type Member, membership } from "../../lib/member/member.ts";
import { type PodView, podView } from "../../lib/member/pod.ts";
import { namespaceFaults } from "../../lib/network/access_rules.ts";
import { type Network, peerKey } from "../../lib/network/network.ts";
import { type Edit, editsOf, networkNames } from "../controller/store/random_edits.ts";
import { annotationKey, membershipSettings } from "../member/member_pod.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { type DeclaredMember, podName } from "../sandbox/sandbox_invariant.ts";
import { configMapName, setStage, type Stage } from "./stage.ts";
import { again, seedOr } from "../tools/by_chance.ts";
import { type Pair, textOf, whileTheyTalk } from "./steady_stream.ts";

/** Edits, and pairs that are watched during each. Another seed (KVC_SEED) makes another story. */
const edits = Number(Deno.env.get("KVC_EDITS") ?? 10);
const seed = seedOr(2026);
const mostPairs = 3;

const names = ["a", "b", "lab/c", "lab/d"];
const start = { west: "id=1", east: "id=2", north: "id=3" };

/** What everybody should have, from the same texts, by a store of our own. */
class Model {
  readonly #store = new Store(membershipSettings);
  readonly #views: Map<string, PodView>;

  /** The pods as they are in the sandbox, with their IPs. */
  constructor(stage: Stage) {
    const viewOf = (name: string): PodView =>
      podView(stage.sandbox.find(pods, podName(name)) as never, { annotationKey });
    this.#views = new Map(names.map((name) => [name, viewOf(name)]));
    this.#store.putConfigMap(start, { now: 0 });
    for (const view of this.#views.values()) this.#store.putPod(view, { now: 0 });
  }

  apply(edit: Edit): void {
    if (edit.kind === "configmap") {
      this.#store.putConfigMap(edit.data, { now: 0 });
      return;
    }
    const view = this.#views.get(edit.pod);
    assert.ok(view !== undefined);
    this.#views.set(edit.pod, { ...view, annotation: edit.text });
    this.#store.putPod({ ...view, annotation: edit.text }, { now: 0 });
  }

  /** Without anything that the pod has had before, but for networks whose key was removed: their holders have its options. */
  asWritten(name: string, had: readonly Network[]): Member {
    const { cluster } = this.#store;
    const view = this.#views.get(name);
    const held = had.filter((network) => cluster.networks.get(network.name)?.state === "removed");
    const lastGood = new Map(held.map((network) => [network.name, network]));
    const judged = view && membership(view, { settings: membershipSettings, cluster, lastGood });
    assert.ok(judged?.kind === "member");
    return judged.member;
  }

  /** Not for the pod's namespace: what a text cannot name any more it may still have, and must not. */
  isClosed(name: string, network: Network): boolean {
    const { namespace = "" } = this.#views.get(name) ?? {};
    const rules = { ...membershipSettings, cluster: this.#store.cluster, namespace };
    return namespaceFaults(network, rules).length > 0;
  }

  members(): ReadonlyMap<string, Member> {
    return new Map([...this.#views].map(([name, { uid }]) => {
      const item = this.#store.workItem(uid);
      assert.ok(item?.kind === "member");
      return [name, item.member];
    }));
  }
}

function declared(members: ReadonlyMap<string, Member>): readonly DeclaredMember[] {
  return [...members].flatMap(([pod, { networks }]) =>
    networks.map(({ name, vni, port, interfaceName }) => ({
      pod,
      network: name,
      vni,
      port,
      interface: interfaceName,
    }))
  );
}

/**
 * Pairs that shared a network before, which neither of them resolves differently now, has taken out, or must not have:
 * judged by what is written alone, for what cannot be resolved is no reason to lose anything.
 */
function unconcerned(before: ReadonlyMap<string, Member>, model: Model): readonly Pair[] {
  const steady = [...before].flatMap(([pod, { networks }]) => {
    const written = model.asWritten(pod, networks);
    const isSteady = (network: Network): boolean => {
      // They talk by IPv6, for which such a link is too small: an edit that cuts "mtu=1400" short makes one.
      if ((network.mtu ?? 1_500) < 1_280) return false;
      const now = written.networks.find(({ name }) => name === network.name);
      if (written.forbidden.includes(network.name) || model.isClosed(pod, network)) return false;
      if (now !== undefined) return JSON.stringify(now) === JSON.stringify(network);
      return written.unresolved.includes(network.name) || !written.annotationParsed;
    };
    return networks.filter(isSteady).map((network) => ({ pod, network }));
  });
  return steady.flatMap(({ pod: from, network }) =>
    steady.filter((other) => other.pod > from && peerKey(other.network) === peerKey(network))
      .map(({ pod: to }) => ({ from, to, network: network.name, interfaceName: network.interfaceName }))
  );
}

function write(stage: Stage, edit: Edit): void {
  const { sandbox } = stage;
  if (edit.kind === "annotation") {
    sandbox.patch(pods, podName(edit.pod), { metadata: { annotations: { [annotationKey]: edit.text } } });
    return;
  }
  const isThere = sandbox.find(configMaps, configMapName) !== undefined;
  if (edit.data !== undefined || isThere) stage.networks(edit.data);
}

/** Spread over all of them, since the first ones are all of one pod. */
function someOf(pairs: readonly Pair[]): readonly Pair[] {
  const step = Math.max(1, pairs.length / mostPairs);
  return pairs.filter((_, at) => Math.floor(at % step) === 0).slice(0, mostPairs);
}

function textOfEdit(edit: Edit): string {
  return edit.kind === "annotation" ? `${edit.pod}: ${edit.text}` : `ConfigMap: ${JSON.stringify(edit.data)}`;
}

Deno.test({
  name: `${edits} edits by chance on running pods: who is not concerned loses no frame`,
  ignore: !availablePlanes.includes("namespaces"),
  fn: async () => {
    await using stage = await setStage({ dataPlane: "namespaces" });
    stage.networks(start);
    await stage.startController();
    for (const name of names) stage.pod({ ...podName(name), networks: networkNames.slice(0, 2).join(", ") });
    for (const name of names) await stage.sandbox.waitForPhase(podName(name), "Running");
    const model = new Model(stage);
    await stage.holds({ members: declared(model.members()) });
    let sent = 0;
    for (const edit of fc.sample(editsOf(names), { seed, numRuns: edits })) {
      const before = model.members();
      model.apply(edit);
      const after = model.members();
      const told = await whileTheyTalk(stage, {
        pairs: someOf(unconcerned(before, model)),
        during: async () => {
          write(stage, edit);
          await stage.holds({ members: declared(after) });
        },
      });
      const lost = told.filter((one) => one.lost > 0).map((one) =>
        `${textOf(one.pair)}: ${one.lost} of ${one.sent}`
      );
      assert.deepEqual(lost, [], `${textOfEdit(edit)}. ${again(seed)}`);
      sent += told.reduce((sum, one) => sum + one.sent, 0);
    }
    assert.ok(sent >= edits * 10, `only ${sent} frames were sent: the edits leave nobody alone`);
  },
});
