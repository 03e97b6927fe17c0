// Where do long sessions of `ip` and `bridge` differ from single commands? Shown on the real tools and on the
// toy.
import assert from "node:assert/strict";
import { barrier, readRefusals } from "../../../lib/overlay/iproute2/read.ts";
import type { Tool } from "../../../lib/overlay/step.ts";
import { createToyNamespace } from "../../sandbox/toy/kernel.ts";
import { namespaceCommand, runScript } from "./real_namespace.ts";

/** What is done in turn: a line in the one session that stays open, or a command of somebody else. */
type Turn =
  | { readonly inSession: string }
  | { readonly elsewhere: string }
  | { readonly elsewhereBridge: string };

interface Trap {
  readonly it: string;
  readonly tool: Tool;
  readonly turns: readonly Turn[];
  /** Numbers of the session's lines that are refused. */
  readonly refused: readonly number[];
  /** What the last line of the session answers, as far as it tells of vx: destinations or MTU. */
  readonly last: readonly (string | number)[];
  /** The toy shows the names of now. */
  readonly isRealOnly?: true;
}

const make = "link add name vx address 02:00:00:00:00:01 type vxlan id 6 dev eth0 dstport 8472";
const append = (dst: string): Turn => ({ inSession: `fdb append 00:00:00:00:00:00 dst ${dst} dev vx` });
const neighbour = "neigh replace 10.1.0.7 lladdr 02:00:00:00:00:07 dev vx nud permanent";
const flush: Turn = { inSession: "neigh flush to 10.1.0.7 dev vx nud permanent" };
const remake: readonly Turn[] = [{ elsewhere: "link delete dev vx" }, { elsewhere: make }];

const traps: readonly Trap[] = [
  {
    it: "bridge: a filter by device sticks",
    tool: "bridge",
    turns: [
      { elsewhere: make },
      append("10.0.0.2"),
      { inSession: "fdb show dev lo" },
      { inSession: "fdb show" },
    ],
    refused: [],
    last: [],
  },
  {
    it: "bridge: a filter by what was learned sticks too",
    tool: "bridge",
    turns: [
      { elsewhere: make },
      append("10.0.0.2"),
      { inSession: "fdb show dynamic" },
      { inSession: "fdb show" },
    ],
    refused: [],
    last: [],
  },
  {
    it: "bridge: the marker leaves no filter behind",
    tool: "bridge",
    turns: [
      { elsewhere: make },
      append("10.0.0.2"),
      { inSession: "link show dev lo" },
      { inSession: "fdb show" },
    ],
    refused: [],
    last: ["10.0.0.2"],
  },
  {
    it: "bridge: a link that was made anew is not found any more, not even after a listing",
    tool: "bridge",
    turns: [
      { elsewhere: make },
      append("10.0.0.2"),
      ...remake,
      { inSession: "fdb show" },
      append("10.0.0.2"),
      { inSession: "fdb show" },
    ],
    refused: [3],
    last: [],
  },
  {
    it: "bridge: a link that came after the session began is found",
    tool: "bridge",
    turns: [
      append("10.0.0.2"),
      { elsewhere: make },
      append("10.0.0.2"),
      { inSession: "fdb show" },
    ],
    refused: [1],
    last: ["10.0.0.2"],
  },
  {
    it: "bridge: a link that was made anew is found after a listing that names it",
    tool: "bridge",
    turns: [
      { elsewhere: make },
      append("10.0.0.2"),
      ...remake,
      { elsewhereBridge: "fdb append 00:00:00:00:00:00 dst 10.0.0.3 dev vx" },
      append("10.0.0.2"),
      { inSession: "fdb show" },
      append("10.0.0.2"),
      { inSession: "fdb show" },
    ],
    refused: [2],
    last: ["10.0.0.3", "10.0.0.2"],
  },
  {
    it: "ip: a link that somebody else made anew is not found before a listing",
    tool: "ip",
    turns: [
      { elsewhere: make },
      { inSession: "address show" },
      ...remake,
      { inSession: "link set dev vx mtu 1300" },
      { inSession: "address show" },
      { inSession: "link set dev vx mtu 1310" },
      { inSession: "address show" },
    ],
    refused: [2],
    last: [1310],
  },
  {
    it: "ip: after a listing it is found once, for a change makes the session forget it again",
    tool: "ip",
    turns: [
      { elsewhere: make },
      { inSession: "address show" },
      ...remake,
      { inSession: "address show" },
      { inSession: "link set dev vx mtu 1300" },
      { inSession: "link set dev vx mtu 1310" },
      { inSession: "link delete dev vx" },
      { inSession: "address show" },
    ],
    refused: [4, 5],
    last: [1300],
  },
  {
    it: "ip: a link that the session itself made anew is found",
    tool: "ip",
    turns: [
      { elsewhere: make },
      { inSession: "address show" },
      { inSession: "link delete dev vx" },
      { inSession: make },
      { inSession: "link set dev vx mtu 1300" },
      { inSession: "address show" },
    ],
    refused: [],
    last: [1300],
  },
  {
    it: "ip: of a link that somebody else made anew no neighbour is flushed a second time, and nothing said",
    tool: "ip",
    turns: [
      { elsewhere: make },
      flush,
      ...remake,
      { elsewhere: neighbour },
      flush,
      { inSession: "neigh show nud permanent" },
    ],
    refused: [],
    last: ["10.1.0.7"],
  },
  {
    it: "ip: after a listing it is",
    tool: "ip",
    turns: [
      { elsewhere: make },
      flush,
      ...remake,
      { elsewhere: neighbour },
      { inSession: "address show" },
      flush,
      { inSession: "neigh show nud permanent" },
    ],
    refused: [],
    last: [],
  },
  {
    it:
      "ip: of a link that somebody else has renamed the routes are shown under its old name, after a listing too",
    tool: "ip",
    turns: [
      { elsewhere: make },
      { elsewhere: "link set dev vx up" },
      { elsewhere: "route add 10.9.0.0/24 dev vx" },
      { inSession: "route show table all exact 10.9.0.0/24" },
      { elsewhere: "link set dev vx down" },
      { elsewhere: "link set dev vx name vy" },
      { elsewhere: "link set dev vy up" },
      { elsewhere: "route add 10.9.0.0/24 dev vy" },
      { inSession: "address show" },
      { inSession: "route show table all exact 10.9.0.0/24" },
    ],
    refused: [],
    last: ["10.9.0.0/24"],
    isRealOnly: true,
  },
];

const command = await namespaceCommand();

for (const trap of traps) {
  if (trap.isRealOnly !== true) {
    Deno.test(`session trap on the toy: ${trap.it}`, () => {
      assert.deepEqual(onToy(trap), { refused: trap.refused, last: trap.last });
    });
  }
  Deno.test({
    name: `session trap on the real tools: ${trap.it}`,
    ignore: command === undefined,
    fn: async () => {
      assert.deepEqual(await onReal(trap, command ?? []), { refused: trap.refused, last: trap.last });
    },
  });
}

interface Seen {
  readonly refused: readonly number[];
  readonly last: readonly (string | number)[];
}

function onToy({ tool, turns }: Trap): Seen {
  const device = { mac: "02:42:0a:f4:01:05", mtu: 1500, addresses: ["10.0.0.1/24"] };
  const toy = createToyNamespace({ eth0: device });
  const session = toy.batch(tool);
  const refused: number[] = [];
  let [count, last] = [0, ""];
  for (const turn of turns) {
    if (!("inSession" in turn)) {
      assert.equal(toy.run(elsewhere(turn).split(" ")).code, 0);
      continue;
    }
    const reply = session.line(turn.inSession);
    count++;
    if (reply.stderr !== undefined) refused.push(count);
    last = reply.stdout ?? last;
  }
  return { refused, last: aboutVx(last) };
}

/**
 * The session reads from a pipe that stays open. Others act only when it has carried out what it was given:
 * each of its lines is followed by the marker, whose answer is waited for.
 */
async function onReal({ tool, turns }: Trap, namespace: readonly string[]): Promise<Seen> {
  const options = tool === "ip" ? "-json -details" : "-json";
  const { success, stdout, stderr } = await runScript(
    namespace,
    [
      "set -e",
      "ip link set lo up; ip link add eth0 type veth peer name eth0p",
      "ip link set eth0 up; ip link set eth0p up; ip address add 10.0.0.1/24 dev eth0",
      'dir=$(mktemp -d); trap \'rm -r "$dir"\' EXIT; mkfifo "$dir/in"; exec 3<>"$dir/in"',
      // Made here and not by the session: whoever counts its answers must find the file, or would not wait at all.
      ': >"$dir/out"; : >"$dir/err"',
      `${tool} ${options} -force -batch - <"$dir/in" >>"$dir/out" 2>>"$dir/err" 3<&- & session=$!`,
      ...commands(turns),
      "exec 3>&-; wait $session || true",
      'cat "$dir/out"; echo @stderr; cat "$dir/err"',
    ].join("\n"),
  );
  assert.ok(success, stderr);
  const [answers = "", errors = ""] = stdout.split("@stderr\n");
  return {
    // Every second line is a marker.
    refused: readRefusals(errors).map(({ line }) => (line + 1) / 2),
    last: aboutVx(answers.trimEnd().split("\n").at(-2) ?? "[]"),
  };
}

function commands(turns: readonly Turn[]): readonly string[] {
  let answers = 0;
  return turns.map((turn) => {
    if (!("inSession" in turn)) return elsewhere(turn);
    answers += turn.inSession.includes(" show") ? 2 : 1;
    return `echo '${turn.inSession}' >&3; echo '${barrier}' >&3; ` +
      `while [ "$(wc -l <"$dir/out")" -lt ${answers} ]; do sleep 0.01; done`;
  });
}

function elsewhere(turn: Exclude<Turn, { readonly inSession: string }>): string {
  return "elsewhere" in turn ? `ip ${turn.elsewhere}` : `bridge ${turn.elsewhereBridge}`;
}

function aboutVx(line: string): readonly (string | number)[] {
  const entries: readonly { ifname?: string; dev?: string; dst?: string; mtu?: number }[] = JSON.parse(line);
  return entries.filter(({ ifname, dev }) => (ifname ?? dev) === "vx").flatMap(({ dst, mtu }) =>
    dst ?? mtu ?? []
  );
}
