// A story of edits by chance on running pods, typos included: all are made as they say, and who is not concerned never loses a frame.
import assert from "node:assert/strict";
import type { Happening } from "../edits/happenings.ts";
import { editByChance, happenInTurn } from "../edits/edit_run.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { findProgram } from "../sandbox/namespaces/programs.ts";
import { seedOr } from "../tools/by_chance.ts";

/** Another seed (KVC_SEED) makes another story. A long one is in tests/soak. */
const edits = 10;

const route = "route=10.99.3.0/24:10.98.3.9";
const gone = { west: "id=1", east: "id=2 mtu=12", north: "id=3" };

const idsAndBack: Happening["edits"] = [
  { kind: "configmap", data: { west: "id=2", east: "id=1", north: "id=3" } },
  { kind: "configmap", data: { west: "peer=10.0.0" } },
];
const killed = { kind: "agent killed", pod: "lab/c" } as const;

/** Edits in their order; what each is for. At first a is in east and north, b in west and north. */
const hard: readonly (Happening & { readonly what: string })[] = [
  {
    what: "a gateway in one of two subnets",
    edits: textOf("a", `north ip=10.98.3.1/24 ip=10.97.3.1/24 ${route}, east`),
  },
  { what: "that subnet goes, the route stands", edits: textOf("a", `north ip=10.97.3.1/24 ${route}, east`) },
  { what: "no address: any gateway is believed", edits: textOf("a", `north ip=none ${route}, east`) },
  { what: "an address in another subnet", edits: textOf("a", `north ip=10.97.3.1/24 ${route}, east`) },
  { what: "the route goes", edits: textOf("a", "north ip=10.97.3.1/24, east") },
  {
    what: "a typo while nobody leads",
    edits: textOf("a", "north ip=10.97.3.1/24 metric=5, east"),
    mishap: { kind: "away" },
  },
  { what: "who keeps it by that has a peer less", edits: textOf("b", "west") },
  { what: "it is mended", edits: textOf("a", "north ip=10.97.3.1/24, east") },
  { what: "a key cannot be read", edits: [{ kind: "configmap", data: gone }], mishap: { kind: "restart" } },
  {
    what: "another leader, and a new address",
    edits: textOf("a", "north ip=10.97.3.1/24 ip=10.98.3.1/24, east"),
    mishap: { kind: "takeover" },
  },
  {
    what: "an agent ends while its pod goes elsewhere",
    edits: [{ kind: "configmap", data: { west: "id=1", east: "id=4", north: "id=3" } }],
    mishap: { kind: "agent killed", pod: "a" },
  },
  { what: "only lab/c is left", edits: ["a", "b", "lab/d"].flatMap((pod) => textOf(pod, "")) },
  // The more often an agent ends, the longer it is away.
  { what: "its agent ends", edits: textOf("a", "north"), mishap: killed },
  { what: "and once more", edits: textOf("a", ""), mishap: killed },
  {
    what: "ids change, then are in doubt: which text was first is not known yet, its agent is away",
    edits: [...idsAndBack, ...textOf("lab/c", "east metric=5, 2east")],
    mishap: killed,
  },
  { what: "it is as it was decided", edits: textOf("b", "north") },
];

function textOf(pod: string, text: string): Happening["edits"] {
  return [{ kind: "annotation", pod, text }];
}

const ping = await findProgram("ping");

for (const at of [0, 1]) {
  const seed = seedOr(2026) + at;
  Deno.test({
    name: `${edits} edits by chance on running pods${seed % 2 === 0 ? "" : ", which are restricted"}` +
      `: who is not concerned loses no frame${ping === undefined ? " (needs ping)" : ""}`,
    ignore: !availablePlanes.includes("namespaces") || ping === undefined,
    fn: async () => {
      const sent = await editByChance({ edits, seed });
      assert.ok(sent >= edits, `only ${sent} frames came back: the edits leave nobody alone`);
    },
  });
}

Deno.test({
  name:
    "edits that were hard, and controllers and agents that go meanwhile: who is not concerned loses no frame" +
    (ping === undefined ? " (needs ping)" : ""),
  ignore: !availablePlanes.includes("namespaces") || ping === undefined,
  fn: async () => {
    const came = await happenInTurn(hard, { again: "The edits are always these", restrictPods: false });
    assert.ok(came >= hard.length, `only ${came} frames came back: the edits leave nobody alone`);
  },
});
