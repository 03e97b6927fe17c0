// A story of edits by chance on running pods, typos included: all are made as they say, and who is not concerned never loses a frame.
import assert from "node:assert/strict";
import { editByChance } from "../edits/edit_run.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { findProgram } from "../sandbox/namespaces/programs.ts";
import { seedOr } from "../tools/by_chance.ts";

/** Another seed (KVC_SEED) makes another story. A long one is in tests/soak. */
const edits = 10;

const ping = await findProgram("ping");

Deno.test({
  name: `${edits} edits by chance on running pods: who is not concerned loses no frame` +
    (ping === undefined ? " (needs ping)" : ""),
  ignore: !availablePlanes.includes("namespaces") || ping === undefined,
  fn: async () => {
    const sent = await editByChance({ edits, seed: seedOr(2026), mishaps: "none" });
    assert.ok(sent >= edits, `only ${sent} frames came back: the edits leave nobody alone`);
  },
});
