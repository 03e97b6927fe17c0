// A queue that does not move: do its numbers and the liveness probe tell, though it tells nothing itself?
import assert from "node:assert/strict";
import { createLiveness } from "../../lib/ops/liveness.ts";
import { checkHealth } from "../../lib/ops/health.ts";
import { memberPod } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import { type Program, programWith } from "./whole_program.ts";

const minute = 60_000;

/** The gauges of the queue of members, and what the probe says. */
async function told(
  { metrics }: Program,
  liveness: ReturnType<typeof createLiveness>,
): Promise<Readonly<Record<"depth" | "waiting" | "running" | "unfinished" | "probe", number | string>>> {
  const text = await metrics.render();
  const gauge = (name: string): number =>
    Number(new RegExp(`^\\S*workqueue_${name}\\{name="members"\\} (\\S+)$`, "m").exec(text)?.[1]);
  const probe = /\[-\]\S+ .*/.exec(checkHealth("livez", liveness.checks).text)?.[0] ?? "ok";
  return {
    depth: gauge("depth"),
    waiting: gauge("longest_waiting_seconds"),
    running: gauge("longest_running_processor_seconds"),
    unfinished: gauge("unfinished_work_seconds"),
    probe,
  };
}

function watched({ controller, clock }: Program): ReturnType<typeof createLiveness> {
  return createLiveness({ clock, longestRunning: () => controller.state().stuckFor });
}

Deno.test("a look that never ends shows, and kills the process in the end; one that is idle shows nothing", async () => {
  const program = await programWith(2);
  const { clock, toys, api } = program;
  const liveness = watched(program);
  await clock.advance(20 * minute);
  const idle = { depth: 0, waiting: 0, running: 0, unfinished: 0, probe: "ok" };
  assert.deepEqual(await told(program, liveness), idle);

  const silent = Promise.withResolvers<void>();
  toys.opening = (uid) => uid.startsWith("uid-stuck") ? silent.promise : Promise.resolve();
  const since = clock.now();
  for (const name of ["stuck1", "stuck2"]) {
    const ip = `10.0.2.${name.at(-1)}`;
    api.put(pods, memberPod({ name, uid: `uid-${name}`, networks: "west", ip, form: "native" }));
  }
  await clock.advance(9 * minute);
  const { running, unfinished, ...before } = await told(program, liveness);
  assert.deepEqual(before, { depth: 0, waiting: 0, probe: "ok" });
  assert.ok(Number(running) > 530 && Number(unfinished) > 1_060, `${running} s, ${unfinished} s together`);
  await clock.advance(2 * minute);
  assert.match(
    String((await told(program, liveness)).probe),
    /workers failed: a worker has been busy for 6\d\d s/,
  );
  assert.ok(clock.now() - since > 600_000);

  toys.opening = undefined;
  silent.resolve();
  await clock.advance(minute);
  assert.deepEqual(await told(program, liveness), idle);
  liveness.close();
  await program.end();
});

Deno.test("keys that nobody takes show in depth, and kill the process in the end, though no worker is busy", async () => {
  const program = await programWith(2);
  const { clock, api } = program;
  const liveness = watched(program);
  // Timers set from now on never fire; those of the heartbeat do.
  const { after } = clock;
  const dead: (() => void)[] = [];
  Object.assign(clock, {
    after: (ms: number, run: () => void) => {
      if (ms > 900 && ms <= 1_000) return after(ms, run);
      dead.push(run);
      return () => {};
    },
  });
  api.put(
    pods,
    memberPod({ name: "late", uid: "uid-late", networks: "west", ip: "10.0.2.9", form: "native" }),
  );
  await clock.advance(11 * minute);
  const { depth, waiting, running, probe } = await told(program, liveness);
  assert.ok(Number(depth) >= 1 && Number(waiting) >= 600, `${depth} keys, ${waiting} s`);
  assert.equal(running, 0);
  assert.match(String(probe), /workers failed/);
  Object.assign(clock, { after });
  for (const run of dead.splice(0)) run();
  await clock.advance(minute);
  assert.equal((await told(program, liveness)).depth, 0);
  liveness.close();
  await program.end();
});
