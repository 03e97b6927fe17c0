// Hundreds of edits by chance on running pods, a few dozen in each cluster: see the story of ten.
import assert from "node:assert/strict";
import { neighbourTable } from "../cluster/neighbour_table.ts";
import { editByChance } from "../edits/edit_run.ts";
import { runs, seedOr } from "../tools/by_chance.ts";

/** Edits in one cluster, which is then as far from its beginning as edits take it. */
const edits = 40;

Deno.test("edits by chance on running pods, cluster after cluster (KVC_RUNS)", async () => {
  await using _ = await neighbourTable("roomy");
  const first = seedOr("any");
  for (let at = 0; at < runs(5); at++) {
    const sent = await editByChance({ edits, seed: first + at });
    assert.ok(sent >= edits, `only ${sent} frames came back with KVC_SEED=${first + at}`);
  }
});
