// Does a day go by without anything piling up? The whole controller on a fast clock: pods come and go, the wall clock jumps.
import assert from "node:assert/strict";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { memberPod } from "../member/member_pod.ts";
import { startProgram } from "./whole_program.ts";

const hour = 3_600_000;
const members = 8;

Deno.test("a day: pods come and go, the wall clock jumps, and nothing piles up", async () => {
  const program = startProgram();
  const { clock, api, toys, controller, status, events } = program;
  api.put(configMaps, {
    metadata: { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" },
    data: { west: "id=101" },
  });
  const alive: string[] = [];
  let born = 0;
  const come = (): void => {
    const name = `p${born++}`;
    const pod = memberPod({
      name,
      uid: `uid-${name}`,
      networks: "west",
      ip: `10.0.1.${born % 200 + 1}`,
      form: "native",
    });
    api.put(pods, pod);
    alive.push(name);
  };
  const sizes = (): readonly number[] => [
    clock.waiting().length,
    api.watches.count(),
    controller.state().sessions,
    status.size,
    events.size,
  ];
  for (let i = 0; i < members; i++) come();
  // Lists and watches come between the timers: the first pods must not be gone before they were looked at.
  for (let second = 0; second < 60; second++) await clock.advance(1_000);
  const settled: (readonly number[])[] = [];
  for (let elapsed = 0; elapsed < 24 * 6; elapsed++) {
    await clock.advance(hour / 6);
    // Two pods of eight are replaced every ten minutes.
    for (let i = 0; i < 2; i++) {
      api.remove(pods, `${alive.shift()}`);
      come();
    }
    if (elapsed === 36) clock.shiftWall(2 * hour);
    if (elapsed === 72) clock.shiftWall(-4 * hour);
    await clock.advance(45_000);
    settled.push(sizes());
  }
  const first = settled.slice(0, 72).reduce(larger);
  const second = settled.slice(72).reduce(larger);
  // How many members are looked at at the moment of a sample is chance; what one pod leaves behind comes 144 times.
  assert.deepEqual(
    second.map((size, at) => size <= (first[at] ?? 0) + members),
    first.map(() => true),
    `${first} then ${second}`,
  );
  assert.deepEqual(program.leadership, ["started"]);
  assert.equal(controller.state().members, members);
  for (const name of alive) {
    const { stdout } = toys.kernel(`uid-${name}`).run(["bridge", "fdb", "show", "dev", "west"]);
    assert.equal(
      JSON.parse(stdout).filter((entry: { readonly dst?: string }) => entry.dst).length,
      members - 1,
    );
  }
  assert.equal(program.lines.filter((line) => / (WARN|ERROR) /.test(line)).join("\n"), "");
  // Two lists of pods every ten minutes, one of those with the label and one of all pods' metadata for labels that were
  // lost; each pod is written once, and its Event once.
  assert.ok(api.count("LIST pods") < 24 * 14, `${api.count("LIST pods")} lists`);
  assert.equal(api.count("PATCH pods/status"), born);
  assert.equal(api.count("POST events"), born);
  await program.end();
  assert.deepEqual(clock.waiting(), []);
});

function larger(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.map((value, at) => Math.max(value, b[at] ?? 0));
}
