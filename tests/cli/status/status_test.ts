// What does `status` say of an installation that is not well, and is what cannot be read never taken for well?
import assert from "node:assert/strict";
import { statusCommand } from "../../../lib/cli/status/status.ts";
import { field, type KubeObject } from "../../sandbox/store/kube_object.ts";
import { setStage } from "../../stories/stage.ts";
import { runOn } from "../test_host.ts";

Deno.test("status: no controller, a broken ConfigMap, members that are not ready, and what was not read", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101", broken: "id=hello" });
  stage.pod({ name: "a", networks: "west" });
  stage.pod({ name: "b", networks: "nobody" });
  for (const name of ["a", "b"]) {
    const holds = (pod: KubeObject): boolean => field(field(pod, "status"), "podIP") !== undefined;
    await stage.sandbox.waitForPod({ name }, { what: "has its pod IP", holds });
  }
  const run = (...args: readonly string[]) =>
    runOn([statusCommand], { args: ["status", ...args, "--server", stage.sandbox.server.url] });
  const { status, printed } = await run();
  assert.equal(status, 1);
  for (
    const line of [
      /^controller {3}none runs as a pod here$/m,
      /^leader {7}nobody holds the Lease$/m,
      /^ConfigMap {4}1 problems$/m,
      /^members {6}0 of 2 ready$/m,
      /^ {2}default\/a: NotJudgedYet$/m,
      /^ {2}default\/b: UnknownNetwork: .*nobody/m,
      /^your rights {2}not known$/m,
      /^not read {5}Cannot ask what this account may do/m,
      /^not all is well$/m,
    ]
  ) assert.match(printed, line);
  const value = JSON.parse((await run("-o", "json")).printed);
  assert.deepEqual([value.kind, value.well, value.members.total], ["Status", false, 2]);
  assert.deepEqual([value.controllers, value.leader], [[], ""]);
});

Deno.test("status, of controllers and a Lease that may not be read: not known, which is not the same as none", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101" });
  const refused = { kind: "status", code: 403 } as const;
  for (const resource of ["pods", "leases"]) {
    const where = { resource, namespace: "kube-system" };
    stage.sandbox.faults.onRequest(where, refused, { times: "until-lifted" });
  }
  const run = (...args: readonly string[]) =>
    runOn([statusCommand], {
      args: ["status", "-n", "default", ...args, "--server", stage.sandbox.server.url],
    });
  const { status, printed } = await run();
  assert.equal(status, 1);
  assert.match(printed, /^controller {3}not known\nleader {7}not known$/m);
  assert.match(printed, /^not read {5}Cannot list the controller's pods: .*403/m);
  const value = JSON.parse((await run("-o", "json")).printed);
  assert.deepEqual([value.controllers, value.leader], [null, null]);
});
