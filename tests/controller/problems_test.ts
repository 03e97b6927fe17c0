// What is said of pods that fail: once for each cause, for hours; nothing of the dead; and nothing too early.
import assert from "node:assert/strict";
import { SessionEnded } from "../../lib/kube/exec/session.ts";
import type { FakeClock } from "../time/fake_clock.ts";
import { LeaseObject } from "../kube/lease/lease_object.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { memberPod } from "../member/member_pod.ts";
import { programWith, warnings } from "./whole_program.ts";

const minute = 60_000;

Deno.test("said once in two hours: seventy problems of one pod that change their order", async () => {
  const program = await programWith(2);
  const networks = Array.from({ length: 70 }, (_, i) => `none${i}`);
  for (let round = 0; round < 24; round++) {
    const turned = [...networks.slice(round), ...networks.slice(0, round)].join(",");
    program.api.put(
      pods,
      memberPod({ name: "p0", uid: "uid-p0", networks: turned, ip: "10.0.1.1", form: "native" }),
    );
    await program.clock.advance(5 * minute);
  }
  assert.ok(warnings(program).length <= 75, `${warnings(program).length} lines`);
  await program.end();
});

Deno.test("a look that ends after its pod is gone says nothing of it, and nothing is kept", async () => {
  const program = await programWith(6);
  const { api, toys, clock, controller } = program;
  const hung = Promise.withResolvers<void>();
  toys.awaiting = async (uid) => {
    if (uid === "uid-p0") return;
    await hung.promise;
    throw new SessionEnded({ kind: "unknown", reason: "cut" }, "", "the connection was cut");
  };
  const kept = program.status.size;
  // The ConfigMap changes, so that all are looked at; all but one are deleted meanwhile.
  api.put(configMaps, {
    metadata: { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" },
    data: { west: "id=102" },
  });
  await clock.advance(1_000);
  const patches = api.count("PATCH pods/status");
  for (let i = 1; i < 6; i++) api.remove(pods, `p${i}`);
  await clock.advance(1_000);
  hung.resolve();
  await clock.advance(24 * 60 * minute);
  const { membersFailing, members } = controller.state();
  const remembered = controller.store.tracked.size;
  assert.deepEqual({ kept, membersFailing, members, remembered }, {
    kept: 6,
    membersFailing: 0,
    members: 1,
    remembered: 1,
  });
  assert.deepEqual([program.status.size, program.events.size], [1, 1]);
  assert.deepEqual(warnings(program), []);
  assert.ok(api.count("PATCH pods/status") - (patches ?? 0) <= 1);
  await program.end();
});

Deno.test("who stood by for an hour does not take the first agent that is not ready for a fault", async () => {
  let [standing, tries] = [true, 0];
  const lease = (clock: FakeClock): Readonly<Record<string, unknown>> => ({
    holderIdentity: "other",
    leaseDurationSeconds: 15,
    renewTime: clock.wall().toISOString().replace("Z", "000Z"),
  });
  const program = await programWith(2, ({ api, clock, toys }) => {
    new LeaseObject(api).edit(lease(clock));
    toys.awaiting = () =>
      standing || tries++ > 1 ? Promise.resolve() : Promise.reject(
        new SessionEnded({ kind: "not-ready", reason: "container not found" }, "", "no container"),
      );
  });
  for (let i = 0; i < 360; i++) {
    new LeaseObject(program.api).edit(lease(program.clock));
    await program.clock.advance(10_000);
  }
  assert.equal(program.isLeader(), false);
  standing = false;
  await program.clock.advance(2 * minute);
  assert.deepEqual([program.isLeader(), tries > 1], [true, true]);
  assert.deepEqual(warnings(program), []);
  await program.end();
});
