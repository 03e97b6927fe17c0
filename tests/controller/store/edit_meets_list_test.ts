// A list and an edit of the ConfigMap are worked off at the same time, in pieces: does every pod learn of the edit?
import assert from "node:assert/strict";
import { Store } from "../../../lib/controller/store/store.ts";
import { podView } from "../../../lib/member/pod.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";

const pods = ["a", "b", "c"].map((name, at) =>
  podView(memberPod({ name, uid: name, networks: "west", ip: `10.0.0.${at + 1}` }), { annotationKey })
);

function vnis(store: Store): readonly (number | undefined)[] {
  return pods.map(({ uid }) => {
    const item = store.workItem(uid);
    return item?.kind === "member" ? item.member.networks[0]?.vni : undefined;
  });
}

Deno.test("an edit that comes while a list is worked off is for its pods too, however far that is", () => {
  const whole = [...new Store(membershipSettings).replacing(pods, { now: 0, covers: () => true })].length;
  for (let done = 0; done <= whole; done++) {
    const store = new Store(membershipSettings);
    store.putConfigMap({ west: "id=1" }, { now: 0 });
    const list = store.replacing(pods, { now: 0, covers: () => true });
    for (let piece = 0; piece < done; piece++) list.next();
    store.putConfigMap({ west: "id=2" }, { now: 0 });
    while (list.next().done !== true);
    assert.deepEqual(vnis(store), [2, 2, 2], `after ${done} pieces of ${whole}`);
  }
});

Deno.test("a list that comes while an edit is worked off: its pods have what the edit says, however far that is", () => {
  const edit = { west: "id=2" };
  const whole = [...new Store(membershipSettings).editing(edit, { now: 0 })].length;
  for (let done = 0; done <= whole; done++) {
    const store = new Store(membershipSettings);
    store.putConfigMap({ west: "id=1" }, { now: 0 });
    const editing = store.editing(edit, { now: 0 });
    for (let piece = 0; piece < done; piece++) editing.next();
    store.replacePods(pods, { now: 0, covers: () => true });
    while (editing.next().done !== true);
    assert.deepEqual(vnis(store), [2, 2, 2], `after ${done} pieces of ${whole}`);
  }
});
