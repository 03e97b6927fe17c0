// A trouble that comes, goes and comes back, or changes its cause at every retry: how much is said of it in two hours?
import assert from "node:assert/strict";
import { SessionEnded } from "../../lib/kube/exec/session.ts";
import { memberPod } from "../member/member_pod.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import type { FakeClock } from "../time/fake_clock.ts";
import { type Program, programWith, warnings } from "./whole_program.ts";

const minute = 60_000;

function refused(status: number, reason = "broken"): SessionEnded {
  return new SessionEnded({ kind: "rejected", status, reason }, "", `it was refused (${status}): ${reason}`);
}

/** A text that comes back is said at once, and then ever less often: so often in two hours, at most. */
const returns = 1 + Math.ceil(Math.log2(3_600)) + 2;

const rows: readonly {
  readonly it: string;
  readonly members: number;
  /** What an exec into a member, which is the nth since the start, ends with. */
  readonly fails: (exec: number, clock: FakeClock) => SessionEnded | undefined;
  /** A peer comes or goes every so often. */
  readonly peers?: true;
  /** Of each member. */
  readonly most: { readonly warnings: number; readonly events: number };
}[] = [
  {
    it: "another cause at each retry",
    members: 3,
    fails: (exec) => refused(exec % 4 < 2 ? 500 : 503),
    most: { warnings: 2, events: 2 * returns },
  },
  {
    it: "another cause at each retry, in forty pods",
    members: 40,
    fails: (exec) => refused(exec % 4 < 2 ? 500 : 503),
    most: { warnings: 2, events: 2 * returns },
  },
  {
    it: "another cause at each retry, with another number each time",
    members: 3,
    fails: (exec) => refused(exec % 4 < 2 ? 500 : 503, `broken on port ${30_000 + exec}`),
    most: { warnings: 2, events: 2 * returns },
  },
  {
    it: "a cause that lasts for 5 s, every half a minute",
    members: 3,
    fails: (_, clock) => clock.now() % 30_000 < 5_000 ? refused(500) : undefined,
    peers: true,
    most: { warnings: returns, events: 2 * returns },
  },
  {
    it: "a cause that lasts for 5 s, every half a minute, and another one the next time",
    members: 3,
    fails: (_, clock) =>
      clock.now() % 30_000 < 5_000 ? refused(500 + Math.floor(clock.now() / 30_000) % 2) : undefined,
    peers: true,
    most: { warnings: 2 * returns, events: 3 * returns },
  },
];

for (const { it, members, fails, peers, most } of rows) {
  Deno.test(`said ever less often: ${it}`, async () => {
    const execs = new Map<string, number>();
    const program = await programWith(members, ({ toys, clock }) => {
      toys.awaiting = (uid) => {
        const exec = execs.get(uid) ?? 0;
        execs.set(uid, exec + 1);
        const error = uid.startsWith("uid-p") ? fails(exec, clock) : undefined;
        return error === undefined ? Promise.resolve() : Promise.reject(error);
      };
    });
    for (let at = 0; at < 120 * minute; at += 5_000) {
      if (peers) churn(program, at / 5_000);
      await program.clock.advance(5_000);
    }
    assert.ok([...execs.values()].some((count) => count > 100), "it was met again and again");
    const said = warnings(program);
    const about = program.api.requests.filter((request) => /(POST|PATCH) events default\/p\d/.test(request));
    assert.ok(said.length >= members, "it is said of each");
    assert.ok(said.length <= most.warnings * members, `${said.length} lines\n${said.slice(0, 9).join("\n")}`);
    assert.ok(about.length >= members && about.length <= most.events * members, `${about.length} Events`);
    const recovered = program.lines.filter((line) => line.includes("recovered"));
    assert.ok(recovered.length <= said.length, `${recovered.length} times it was over`);
    await program.end();
  });
}

Deno.test("said ever less often: two who fight for the ConfigMap, one with a slip", async () => {
  const program = await programWith(3);
  for (let at = 0; at < 720; at++) {
    program.api.put(configMaps, {
      metadata: { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" },
      data: { west: at % 2 === 0 ? "id=101 mtu=x" : "id=101" },
    });
    await program.clock.advance(10_000);
  }
  const said = warnings(program);
  // The slip, that the last good options are kept, and that it is as before.
  assert.ok(said.length >= 3 && said.length <= 3 * returns, `${said.length} lines`);
  await program.end();
});

/** Every second time a peer comes, which goes the next time. */
function churn({ api }: Program, turn: number): void {
  if (turn % 2 === 1) return api.remove(pods, "q");
  const pod = { name: "q", uid: `uid-q${turn}`, networks: "west", ip: "10.0.9.9", form: "native" } as const;
  api.put(pods, memberPod(pod));
}
