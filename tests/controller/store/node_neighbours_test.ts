// How many neighbours may there be on a node, when is that said, and does the count follow those who go and move?
import assert from "node:assert/strict";
import { NodeNeighbours } from "../../../lib/controller/store/node_neighbours.ts";

const segment = "lab/7/8472/4";

/** Members by turns on so many nodes. */
function members(
  count: number,
  { nodes, said = [] }: { readonly nodes: number; readonly said?: string[] },
): NodeNeighbours {
  const neighbours = new NodeNeighbours((notice) => said.push(notice));
  for (let at = 0; at < count; at++) {
    neighbours.put(`m${at}`, { node: `node${at % nodes}`, segments: [segment] });
  }
  return neighbours;
}

for (
  const [count, nodes, most, isSaid] of [
    [42, 2, 861, false],
    [44, 2, 946, true],
    [94, 10, 930, true],
    [90, 10, 801, false],
    [31, 1, 930, true],
  ] as const
) {
  Deno.test(`${count} members on ${nodes} nodes: ${most} neighbours at most, ${isSaid ? "said once" : "not said"}`, () => {
    const said: string[] = [];
    const neighbours = members(count, { nodes, said });
    assert.equal(neighbours.most(), most);
    const [notice, ...more] = said.splice(0);
    assert.equal(notice !== undefined, isSaid);
    assert.deepEqual(more, []);
    if (notice !== undefined) {
      assert.match(notice, /^Network "lab\/7\/8472\/4" .* on node node\d: .*gc_thresh3/);
    }
    neighbours.put("late", { node: "node0", segments: [segment] });
    neighbours.put("later", { node: "node0", segments: [segment] });
    assert.equal(said.length, 0 + Number(!isSaid && neighbours.most() > 900));
  });
}

Deno.test("networks of one node add up; who goes or moves is counted no more where it was", () => {
  const neighbours = members(4, { nodes: 2 });
  for (const [uid, node] of [["m0", "node0"], ["m2", "node0"], ["x", "node1"]] as const) {
    neighbours.put(uid, { node, segments: uid === "x" ? ["lan"] : [segment, "lan"] });
  }
  assert.equal(neighbours.most(), 2 * 3 + 2 * 2);
  neighbours.put("m2", { segments: [] });
  assert.equal(neighbours.most(), 2 * 2 + 1);
  for (const uid of ["m0", "m1", "m3", "x"]) neighbours.put(uid, { segments: [] });
  assert.equal(neighbours.most(), 0);
});
