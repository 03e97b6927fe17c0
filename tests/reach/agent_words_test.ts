// Does the agent's program let the lines of probes through? It knows no abbreviations: what `ip` takes is not enough.
import assert from "node:assert/strict";
import {
  endProbe,
  introduce,
  type NeighbourState,
  showNeighbour,
  startProbe,
} from "../../lib/reach/neighbour_probe.ts";

const target = { address: "10.0.0.2", device: "vx0" };
const states: readonly NeighbourState[] = ["absent", "reachable", "failed", "permanent", "pending", "idle"];

Deno.test("every line of a probe begins with words that the agent's program knows", async () => {
  const grammar = await Deno.readTextFile(new URL("../../agent/session/grammar.go", import.meta.url));
  const [, list = ""] = /"neigh": +\{([^}]*)\}/.exec(grammar) ?? [];
  const verbs = [...list.matchAll(/"(\w+)"/g)].map(([, verb]) => verb);
  assert.ok(verbs.length > 3);
  const lines = [
    showNeighbour(target),
    ...introduce(target),
    ...states.flatMap((state) => [...startProbe(target, state), endProbe(target, state)]),
  ];
  for (const line of lines) {
    const [object, verb] = line.split(" ");
    assert.equal(object, "neigh");
    assert.ok(verbs.includes(verb ?? ""), line);
  }
});
