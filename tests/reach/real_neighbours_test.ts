// Probes against a real neighbour table: whatever stands in it before, and two that ask each other at once.
import assert from "node:assert/strict";
import { type Ask, beginProbes, endProbes, probeAll } from "../../lib/reach/probe_all.ts";
import { neighbourState, type ProbeTarget, showNeighbour } from "../../lib/reach/neighbour_probe.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { namespaceCommand, runScript } from "../overlay/iproute2/real_namespace.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";

const isRoot = (await namespaceCommand())?.[1] === "-n";
const needs = isRoot ? "" : " (needs root)";

/** What a kernel can have of an address before it is asked for. */
const before = ["none", "reachable", "stale", "delay", "probe", "failed", "incomplete"] as const;
const families = [
  { family: 4, answering: "10.7.0", silent: "10.7.1", of: (number: number) => `.${number}` },
  { family: 6, answering: "fd00:7::a", silent: "fd00:7::b", of: (number: number) => `:${number}` },
] as const;

for (const form of ["first contact", "asked again"]) {
  Deno.test({
    name: `${form}: decided whatever the table has, and left as it was${needs}`,
    ignore: !isRoot,
    fn: async () => {
      await using pair = await twoMembers();
      const mac = (await pair.run("east", "cat /sys/class/net/vx/address")).trim();
      const cases = families.flatMap(({ answering, silent, of }) =>
        [answering, silent].flatMap((place) =>
          before.map((state, at) => ({ state, answers: place === answering, address: place + of(at + 1) }))
        )
      );
      const targets = cases.map(({ address }) => ({ address, device: "vx" }));
      const fixed = ["10.7.0.90", "fd00:7::a:90"];
      await pair.ask("west")([
        ...cases.flatMap(({ state, address }) => entryLine(address, { state, mac })),
        ...fixed.map((address) => entryLine(address, { state: "permanent", mac: "02:00:00:00:00:99" }))
          .flat(),
        showNeighbour({ address: "10.7.0.1", device: "vx" }),
      ], 1);
      const ask = pair.ask("west");
      const first = form === "asked again" ? [] : await introduced(pair, targets);
      // On a slow machine what was proven is out of date by then, and as good as not decided.
      const open = targets.filter((_, at) => first[at] === undefined);
      const again = [...open.length === 0 ? [] : await probeAll(open, { ask, clock: systemClock })];
      const outcomes = targets.map((_, at) => first[at] ?? again.shift());
      const after = await pair.states("west", targets);
      for (const [at, { state, answers, address }] of cases.entries()) {
        const name = `${address}, ${state} before, ${answers ? "answers" : "is silent"}`;
        assert.equal(outcomes[at]?.kind, answers ? "reachable" : "unreachable", name);
        assert.equal(after[at] === "absent", !answers || state === "none", `${name}: ${after[at]} after`);
      }
      const set = await pair.run("west", "ip neigh show nud permanent dev vx");
      assert.equal(set.match(/02:00:00:00:00:99 PERMANENT/g)?.length, fixed.length, set);
    },
  });
}

Deno.test({
  name:
    `what somebody has set for good is never touched: first contact ends ip, then it is not probed${needs}`,
  ignore: !isRoot,
  fn: async () => {
    await using pair = await twoMembers();
    const ask = pair.ask("west");
    for (const state of ["permanent", "noarp"]) {
      const targets = [{ address: "10.7.0.90", device: "vx" }, { address: "fd00:7::a:90", device: "vx" }];
      const entries = targets.flatMap(({ address }) =>
        entryLine(address, { state, mac: "02:00:00:00:00:99" })
      );
      await pair.run("west", entries.map((line) => `ip ${line}`).join("; "));
      const shown = await pair.run("west", `ip neigh show nud ${state} dev vx`);
      await assert.rejects(() => beginProbes(targets, ask), /ip has ended with 2/, state);
      assert.equal(await pair.run("west", `ip neigh show nud ${state} dev vx`), shown);
      if (state === "noarp") continue;
      const outcomes = await probeAll(targets, { ask, clock: systemClock });
      assert.deepEqual(outcomes.map(({ kind }) => kind), ["not probed", "not probed"]);
      assert.equal(await pair.run("west", `ip neigh show nud ${state} dev vx`), shown);
    }
  },
});

Deno.test({
  name: `entries that vanish, or come, between the look and the question change nothing${needs}`,
  ignore: !isRoot,
  fn: async () => {
    await using pair = await twoMembers();
    const mac = (await pair.run("east", "cat /sys/class/net/vx/address")).trim();
    const addresses = families.flatMap(({ answering, silent, of }) =>
      [answering, silent].map((place) => place + of(1))
    );
    const targets = addresses.map((address) => ({ address, device: "vx" }));
    const lines = addresses.flatMap((address) => entryLine(address, { state: "stale", mac }));
    const deeds = { vanish: "ip neigh flush dev vx", come: lines.map((line) => `ip ${line}`).join("; ") };
    for (const [deed, script] of Object.entries(deeds)) {
      await pair.run("west", deed === "vanish" ? deeds.come : deeds.vanish);
      const isDone = new Set<string>();
      const ask: Ask = async (asked, answers) => {
        if (asked.some((line) => line.endsWith(" use")) && isDone.size === 0) {
          isDone.add(deed);
          await pair.run("west", script);
        }
        return await pair.ask("west")(asked, answers);
      };
      const outcomes = await probeAll(targets, { ask, clock: systemClock });
      const wanted = ["reachable", "unreachable", "reachable", "unreachable"];
      assert.deepEqual(outcomes.map(({ kind }) => kind), wanted, deed);
    }
  },
});

Deno.test({
  name: `two that ask each other at once are decided, both, and leave nothing${needs}`,
  ignore: !isRoot,
  fn: async () => {
    await using pair = await twoMembers();
    for (let round = 0; round < 20; round++) {
      for (const [west, east] of [["10.7.9.1", "10.7.0.1"], ["fd00:7::9:1", "fd00:7::a:1"]] as const) {
        const outcomes = await Promise.all([
          metBy(pair, "west", { address: east, device: "vx" }),
          metBy(pair, "east", { address: west, device: "vx" }),
        ]);
        assert.deepEqual(outcomes, ["reachable", "reachable"], `round ${round}`);
      }
    }
    for (const side of ["west", "east"]) {
      const left = await pair.run(side, "ip neigh show dev vx");
      assert.doesNotMatch(left, /INCOMPLETE|FAILED|PROBE|PERMANENT/, side);
    }
  },
});

/** As the controller does: the first contact; where it breaks, or is not decided, asked again. */
async function metBy(pair: Pair, side: string, target: ProbeTarget): Promise<string | undefined> {
  const ask = pair.ask(side);
  const first = await introduced(pair, [target], side).catch(() => [undefined]);
  const [outcome] = first[0] === undefined ? await probeAll([target], { ask, clock: systemClock }) : first;
  return outcome?.kind;
}

async function introduced(
  pair: Pair,
  targets: readonly ProbeTarget[],
  side = "west",
): Promise<Awaited<ReturnType<typeof endProbes>>> {
  const ask = pair.ask(side);
  const known = await beginProbes(targets, ask);
  let states: readonly string[] = [];
  await waitFor(async () => {
    states = await pair.states(side, targets);
    return !states.includes("pending");
  }, { what: "the kernel to decide", timeout: 60_000, state: () => states.join() });
  return await endProbes(targets, { before: known, ask });
}

/** Two namespaces with a VXLAN between them. East has the addresses of those that answer. */
interface Pair extends AsyncDisposable {
  readonly ask: (side: string) => Ask;
  readonly run: (side: string, script: string) => Promise<string>;
  readonly states: (side: string, targets: readonly ProbeTarget[]) => Promise<readonly string[]>;
}

async function twoMembers(): Promise<Pair> {
  const addresses = families.flatMap(({ answering, of }) => before.map((_, at) => answering + of(at + 1)));
  const setUp = [
    "set -e; mount -t tmpfs tmpfs /run; mkdir /run/netns; ip netns add west; ip netns add east",
    "ip link add eth0 netns west type veth peer name eth0 netns east",
    ...[["west", 1, 2], ["east", 2, 1]].flatMap(([side, own, other]) => [
      `ip -n ${side} link set lo up; ip -n ${side} address add 10.244.0.${own}/24 dev eth0`,
      `ip -n ${side} link set eth0 up`,
      `ip -n ${side} link add vx type vxlan id 7 dev eth0 dstport 8472`,
      // Its own address of the link would be tried for two seconds first.
      `ip -n ${side} link set vx addrgenmode none; ip -n ${side} link set vx up`,
      `ip -n ${side} address add fe80::${own}/64 dev vx nodad`,
      `bridge -n ${side} fdb append 00:00:00:00:00:00 dst 10.244.0.${other} dev vx`,
    ]),
    "ip -n west address add 10.7.9.1/16 dev vx; ip -n west address add fd00:7::9:1/64 dev vx nodad",
    ...addresses.map((address) =>
      `ip -n east address add ${address}/${address.includes(":") ? "64 nodad" : "16"} dev vx`
    ),
    "echo ready; exec cat",
  ];
  const holder = new Deno.Command("unshare", {
    args: ["-n", "-m", "sh", "-c", setUp.join("\n")],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = holder.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const said = await stdout.read();
  const close = async (): Promise<void> => {
    await holder.stdin.close();
    await stdout.cancel();
    await holder.stderr.cancel();
    await holder.status;
  };
  if (said.value !== "ready\n") {
    const reason = (await new Response(holder.stderr).text()).trim();
    await holder.status;
    throw new Error(`Cannot make two members: ${reason}`);
  }
  const shell = (script: string): ReturnType<typeof runScript> =>
    runScript(["nsenter", "-t", String(holder.pid), "-n", "-m"], script);
  const ask = (side: string): Ask => async (lines, answers) => {
    const batch = `ip netns exec ${side} ip -json -details -force -batch - <<'LINES'\n${
      lines.join("\n")
    }\nLINES`;
    const { stdout: text } = await shell(`${batch}\necho "status $?"`);
    const said = text.trim().split("\n");
    const status = said.pop()?.split(" ")[1];
    if (said.length !== answers) throw new Error(`Cannot go on: ip has ended with ${status}`);
    return said;
  };
  return {
    ask,
    run: async (side, script) => {
      const { success, stdout: text, stderr } = await shell(`ip netns exec ${side} sh -c '${script}'`);
      if (!success) throw new Error(stderr);
      return text;
    },
    states: async (side, targets) =>
      (await ask(side)(targets.map(showNeighbour), targets.length)).map(neighbourState),
    [Symbol.asyncDispose]: close,
  };
}

function entryLine(
  address: string,
  { state, mac }: { readonly state: string; readonly mac: string },
): readonly string[] {
  switch (state) {
    case "none":
      return [];
    case "failed":
      return [`neigh replace ${address} nud failed dev vx`];
    case "incomplete":
      return [`neigh replace ${address} dev vx use`];
    default:
      return [`neigh replace ${address} lladdr ${mac} nud ${state} dev vx`];
  }
}
