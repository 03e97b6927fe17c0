// Many removed networks are let go at once, each by the last pod that has it: what was kept for them is gone through once.
import assert from "node:assert/strict";
import { Store } from "../../../lib/controller/store/store.ts";
import { podView } from "../../../lib/member/pod.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";
import { elementsIterated } from "../../tools/elements_iterated.ts";

Deno.test("networks that were removed are forgotten together: twice as many are twice the work", () => {
  const released = (count: number): number => {
    const store = new Store(membershipSettings);
    const texts = Array.from({ length: count }, (_, i) => [`n${i}-`, `id=${i + 10} namespaces=default`]);
    store.putConfigMap({ ...Object.fromEntries(texts), other: "id=1" }, { now: 0 });
    const pods = Array.from({ length: count }, (_, i) =>
      podView(
        memberPod({ name: `p${i}`, uid: `u${i}`, networks: `n${i}-`, ip: `10.0.${i >> 8}.${i & 255}` }),
        { annotationKey },
      ));
    store.replacePods(pods, { now: 0, covers: () => true });
    store.putConfigMap({ other: "id=1" }, { now: 1 });
    assert.equal(store.cluster.networks.size, count + 1, "all of them are held");
    const work = elementsIterated(() => store.replacePods([], { now: 2, covers: () => true }));
    assert.equal(store.cluster.networks.size, 1);
    assert.equal(store.cluster.reserved.size, 0);
    return work;
  };
  const [some, twice] = [released(200), released(400)];
  assert.ok(twice < 2.5 * some, `${some}, then ${twice}`);
});
