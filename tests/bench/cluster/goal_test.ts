// Does the goal of rollouts grow with what the execs cost, and is every broken count named?
import assert from "node:assert/strict";
import { brokenCounts, goalOf, medianOf, verdictOf } from "./goal.ts";

const measured = { ratio: 1.3, baseCpu: 37, execs: 200, controllerCpu: 3 };

Deno.test("goal: 1.10 where execs cost little", () => {
  assert.equal(goalOf({ ...measured, execs: 1, controllerCpu: 0 }, 0.04), 1.10);
});

Deno.test("goal: what the execs cost, and a little", () => {
  const cpu = { first: 0.04, bare: 0.02 };
  assert.equal(goalOf(measured, 0.04).toFixed(3), "1.347");
  assert.equal(
    verdictOf(measured, cpu),
    "median 1.30; goal 1.10: MISSED; limit 1.35: held (1.10, or (37.0 + 200 × 0.040 + 3.0) / 37.0 + 0.05); " +
      "with execs of 0.020 that end at once 1.24: MISSED",
  );
  assert.match(verdictOf({ ...measured, ratio: 1.4 }, cpu), /limit 1.35: MISSED/);
  assert.match(verdictOf({ ...measured, ratio: 1.1 }, cpu), /goal 1.10: held; limit 1.35: held/);
});

const good = {
  pods: 30,
  execs: 60,
  requests: new Map([["GET", 3], ["PATCH", 31], ["POST", 30], ["PUT", 9]]),
  meshAfterLastInterface: 0.2,
};

Deno.test("counts: kept", () => assert.deepEqual(brokenCounts(good, 2.2), []));

const rows = [
  { it: "execs", with: { execs: 67 }, says: "67 execs for 30 pods, at most 66 are allowed" },
  {
    it: "a GET for each pod",
    with: { requests: new Map([["GET", 33]]) },
    says: "33 GET requests for 30 pods, at most 10 are allowed",
  },
  {
    it: "two patches for each pod",
    with: { requests: new Map([["PATCH", 60]]) },
    says: "60 PATCH requests for 30 pods, at most 40 are allowed",
  },
  {
    it: "two Events for each pod",
    with: { requests: new Map([["POST", 60]]) },
    says: "60 POST requests (Events) for 30 pods, at most 40 are allowed",
  },
  {
    it: "a late mesh",
    with: { meshAfterLastInterface: 0.8 },
    says: "the mesh was complete 0.8 s after the last interface, not within 0.5 s",
  },
];

for (const row of rows) {
  Deno.test(`counts: ${row.it}`, () =>
    assert.deepEqual(brokenCounts({ ...good, ...row.with }, 2.2), [row.says]));
}

Deno.test("median: the lower of two in the middle", () => {
  assert.equal(medianOf([3, 1, 2, 9]), 3);
  assert.equal(medianOf([5, 4, 9]), 5);
});
