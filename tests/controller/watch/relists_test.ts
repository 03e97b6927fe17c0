// Lists instead of events: what do they cost, and what is said, when many pods are missing from one and when none is?
import assert from "node:assert/strict";
import { memberPod } from "../../member/member_pod.ts";
import { pods } from "../../sandbox/api/resources.ts";
import { type Program, programWith, warnings } from "../whole_program.ts";

const second = 1_000;

/** So many watches of pods are answered with 410; those that run end. */
function onlyLists({ api }: Program, times: number): void {
  let left = times;
  api.befall = ({ verb, resource }) =>
    verb === "watch" && resource === pods && left-- > 0 ? { status: 410 } : undefined;
  api.watches.end();
}

/** Lines sent to pods that change something. */
function writes({ toys }: Program): readonly string[] {
  return [...toys.lines.values()].flat().filter((line) => !/ show\b/.test(line));
}

async function rest({ clock }: Program, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) await clock.advance(second);
}

for (const members of [63, 123]) {
  Deno.test(`all but three of ${members} are missing from one list: three lists, a line for each in who stays, and one for all in the log`, async () => {
    const program = await programWith(members);
    const { api, toys, lines, controller } = program;
    await rest(program, 60);
    for (const said of toys.lines.values()) said.splice(0);
    const before = lines.length;
    api.requests.length = 0;
    onlyLists(program, 1);
    for (let at = 3; at < members; at++) api.remove(pods, `p${at}`);
    await rest(program, 20);
    assert.equal(controller.store.tracked.size, 3);
    assert.equal(api.count("GET pods"), 0);
    // Who is selected, who of all still lives, and who shows what we set.
    assert.equal(api.count("LIST pods"), 3);
    const deletes = writes(program).filter((line) => line.startsWith("fdb delete"));
    assert.equal(deletes.length, 3 * (members - 3));
    // Why there was a list, that there are events again, and how many peers went.
    assert.equal(warnings(program).length, 1);
    assert.equal(lines.length, before + 3, lines.slice(before).join("\n"));
    await program.end();
  });
}

Deno.test("an hour of lists and no watch: nothing is written into any pod, and it is told once", async () => {
  const program = await programWith(4);
  const { api, toys, lines } = program;
  await rest(program, 60);
  for (const said of toys.lines.values()) said.splice(0);
  const before = lines.length;
  api.requests.length = 0;
  onlyLists(program, Infinity);
  await rest(program, 3_600);
  assert.ok(api.count("LIST pods") > 100);
  assert.deepEqual(writes(program), []);
  assert.equal(lines.length, before + 1, lines.slice(before).join("\n"));
  await program.end();
});

for (const phase of ["Succeeded", "Failed"]) {
  Deno.test(`a pod that has ${phase} while nothing was watched: nothing of it is kept`, async () => {
    const program = await programWith(4);
    const { api, controller } = program;
    await rest(program, 60);
    onlyLists(program, 1);
    const pod = memberPod({
      ...{ name: "p1", uid: "uid-p1", networks: "west", ip: "10.0.1.2" },
      ...{ form: "native", stage: "finished" } as const,
    });
    api.put(pods, { ...pod, status: { ...pod.status, phase } });
    await rest(program, 20);
    assert.equal(controller.store.tracked.size, 3);
    assert.deepEqual([program.status.size, program.events.size, controller.state().sessions], [3, 3, 3]);
    assert.equal(api.count("GET pods"), 0);
    await program.end();
  });
}
