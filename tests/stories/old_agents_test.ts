// What does a change cost the others where the image has no program of ours? No exec, however many they are.
import assert from "node:assert/strict";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { membersOf, one, running } from "./scenes.ts";
import { setStage } from "./stage.ts";
import { timeLapse } from "./time_lapse.ts";

const rows = [
  { it: "", options: "id=1", members: 20 },
  { it: "", options: "id=1", members: 40 },
  { it: " with neigh=static", options: "id=1 neigh=static", members: 20 },
];

for (const { it, options, members } of rows) {
  Deno.test(`old agents with addresses${it}: that one of ${members} joins or leaves costs the others no exec`, async () => {
    await using stage = await setStage({ dataPlane: "toy" });
    const clock = timeLapse(5);
    stage.networks({ one: options });
    await stage.startController({ clock });
    const join = (at: number): string => {
      stage.pod({ name: `p${at}`, networks: `one ip=10.1.0.${at}/24 ip=fd01::${at}/64`, form: "native" });
      return `p${at}`;
    };
    const others = Array.from({ length: members - 1 }, (_, at) => join(at + 1));
    await running(stage, others);
    const execsOfOthers = async (names: readonly string[]): Promise<readonly string[]> => {
      await stage.holds({ members: membersOf(one, names) });
      const end = clock.now() + 8_000;
      await waitFor(() => clock.now() > end, { what: "all is done, and what nobody needs is closed" });
      const execs = stage.sandbox.counters.execs().filter(({ pod }) => others.includes(pod));
      stage.sandbox.counters.reset();
      return execs.map(({ pod, command }) => `${pod}: ${command.join(" ")}`);
    };
    assert.ok((await execsOfOthers(others)).length >= 2 * others.length, "each has both tools");

    const last = join(members);
    await running(stage, [last]);
    assert.deepEqual(await execsOfOthers([...others, last]), []);

    stage.sandbox.delete(pods, { name: last, graceSeconds: 0 });
    await waitFor(() => stage.sandbox.find(pods, { name: last }) === undefined, { what: "it is gone" });
    assert.deepEqual(await execsOfOthers(others), []);
  });
}
