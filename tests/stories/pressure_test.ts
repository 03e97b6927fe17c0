// Stories of many pods at once, some of which are slow: the others do not wait for them.
import assert from "node:assert/strict";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { membersOf, running } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";
import { pods } from "../sandbox/api/resources.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";

const west = { network: "west", vni: 101 };

function runningOf(
  stage: Stage,
  where: { readonly namespace: string; readonly names: readonly string[] },
): number {
  return where.names.filter((name) =>
    textField(field(stage.sandbox.find(pods, { namespace: where.namespace, name }), "status"), "phase") ===
      "Running"
  ).length;
}

const slowCases = [
  { it: "a hundred pods of one namespace answer late", namespaces: 1 },
  { it: "a hundred pods of five namespaces answer late", namespaces: 5 },
];
for (const { it, namespaces } of slowCases) {
  Deno.test(`${it}: thirty others are released before the first of them`, async () => {
    await using stage = await setStage({ dataPlane: "toy" });
    stage.networks({ west: "id=101", slow: "id=102" });
    const namespaceOf = (at: number): string => `slow${at % namespaces}`;
    const late = Array.from(
      { length: namespaces },
      (_, i) =>
        stage.sandbox.faults.onExec({ namespace: namespaceOf(i) }, { kind: "slow", delay: 4_500 }, {
          times: "until-lifted",
        }),
    );
    await stage.startController({ limits: { shutdown: 100 } });
    const slow = Array.from({ length: 100 }, (_, i) => `s${i}`);
    for (const [at, name] of slow.entries()) {
      stage.pod({ name, namespace: namespaceOf(at), networks: "slow" });
    }
    // As many as there are workers for one namespace.
    await waitFor(() => late.reduce((sum, { hits }) => sum + hits, 0) >= 48, {
      what: "the slow ones are looked at",
    });
    const others = Array.from({ length: 30 }, (_, i) => `p${i}`);
    for (const name of others) stage.pod({ name, networks: "west" });
    await running(stage, others);
    const before = slow.filter((name, at) =>
      runningOf(stage, { namespace: namespaceOf(at), names: [name] }) > 0
    );
    assert.deepEqual(before, []);
    await stage.holds({ members: membersOf(west, others) });
  });
}
