// What is said of pods whose kernels refuse: once for each interface and cause, for hours.
import assert from "node:assert/strict";
import { SessionEnded } from "../../lib/kube/exec/session.ts";
import { coreEvents, pods } from "../sandbox/api/resources.ts";
import { memberPod } from "../member/member_pod.ts";
import { programWith, warnings } from "./whole_program.ts";

const minute = 60_000;

let tries = 0;
const writes = /^(address|route|link|fdb) (?!show)/;
const causes = [
  {
    it: "an agent that may not change anything, with a hundred peers",
    members: 101,
    refusing: (uid: string, line: string): string | undefined =>
      uid === "uid-p0" && writes.test(line) ? "RTNETLINK answers: Operation not permitted" : undefined,
    most: 1,
    says: /Operation not permitted/,
  },
  {
    it: "a link that is refused in eight pods",
    members: 8,
    refusing: (_: string, line: string): string | undefined =>
      /^link add/.test(line) ? "RTNETLINK answers: File exists" : undefined,
    most: 8,
    says: /File exists/,
  },
  {
    it: "a kernel without vxlan",
    members: 2,
    refusing: (_: string, line: string): string | undefined =>
      /^link add/.test(line) ? "Error: Unknown device type." : undefined,
    most: 2,
    says: /modprobe vxlan/,
  },
  {
    it: "a link that is made, and refused its name",
    members: 8,
    refusing: (_: string, line: string): string | undefined =>
      /^link set .* name west/.test(line) ? "RTNETLINK answers: Cannot allocate memory" : undefined,
    most: 8,
    says: /Cannot create interface west .*Cannot allocate memory/,
  },
  {
    it: "a link that is refused with another number each time",
    members: 3,
    refusing: (_: string, line: string): string | undefined =>
      /^link add/.test(line)
        ? `RTNETLINK answers: Device busy (request ${++tries}, 0x${tries.toString(16)})`
        : undefined,
    most: 3,
    says: /Device busy \(request \d/,
  },
  {
    it: "entries that are refused, each with a number of its own",
    members: 101,
    refusing: (uid: string, line: string): string | undefined =>
      uid === "uid-p0" && /^fdb append/.test(line) ? `RTNETLINK answers: No space at ${++tries}` : undefined,
    most: 1,
    says: /Cannot add entries of several peers to west: .*No space at \d/,
  },
  {
    it: "a link that stands, whose hundred entries are refused",
    members: 101,
    refusing: (uid: string, line: string): string | undefined =>
      uid === "uid-p0" && /^fdb append/.test(line)
        ? "RTNETLINK answers: No buffer space available"
        : undefined,
    most: 1,
    says: /Cannot add entries of several peers to west: .*No buffer space available/,
  },
];
for (const { it, members, refusing, most, says } of causes) {
  Deno.test(`said once in two hours: ${it}`, async () => {
    const program = await programWith(members, ({ toys }) => toys.refusing = refusing);
    await program.clock.advance(120 * minute);
    const said = warnings(program);
    assert.ok(
      said.length > 0 && said.length <= most,
      `${said.length} lines:\n${said.slice(0, 5).join("\n")}`,
    );
    for (const line of said) assert.match(line, says);
    const condition = JSON.stringify(program.api.find(pods, "p0"));
    assert.match(condition, says);
    assert.equal(program.api.list(coreEvents).length, members === 101 ? 101 : most, "an Event for each pod");
    await program.end();
  });
}

Deno.test("said once in two hours: a kubelet that is reached from another port at each try", async () => {
  const program = await programWith(4, ({ toys }) => {
    toys.awaiting = (uid) => {
      if (uid === "uid-p0") return Promise.resolve();
      const reason = `read tcp 10.0.0.1:${30_000 + ++tries}->10.0.0.2:10250: connection reset by peer`;
      return Promise.reject(new SessionEnded({ kind: "rejected", status: 500, reason }, "", reason));
    };
  });
  const { clock, api } = program;
  await clock.advance(120 * minute);
  assert.equal(warnings(program).length, 3, warnings(program).slice(0, 5).join("\n"));
  // p0 is ready, and says so.
  assert.equal(api.list(coreEvents).length, 4);
  // What was written is compared with what the pod shows every five minutes, and there the port counts.
  assert.ok(api.count("PATCH pods/status") <= 1 + 3 * 24, `${api.count("PATCH pods/status")} patches`);
  await program.end();
});

Deno.test("said twice in an hour at most: entries that are refused while peers come and go", async () => {
  const program = await programWith(3, ({ toys }) => {
    toys.refusing = (uid, line) =>
      uid === "uid-p0" && /^fdb append/.test(line)
        ? "RTNETLINK answers: No buffer space available"
        : undefined;
  });
  for (let i = 3; i < 33; i++) {
    const [name, ip] = [`p${i}`, `10.0.1.${i + 1}`];
    program.api.put(pods, memberPod({ name, uid: `uid-${name}`, networks: "west", ip, form: "native" }));
    await program.clock.advance(2 * minute);
  }
  // Of one peer it is named, of several not: who they are is no news.
  assert.ok(warnings(program).length <= 2, warnings(program).join("\n"));
  await program.end();
});
