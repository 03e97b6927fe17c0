// Is nothing written into a pod before it is known to be the one that is meant, and what does it cost to find out?
import assert from "node:assert/strict";
import { type AgentTools, AnotherPod, toolsOfSamePod } from "../../lib/agents/agent_tools.ts";
import type { AgentAddress } from "../../lib/agents/session_pool.ts";
import type { Tool } from "../../lib/overlay/step.ts";
import { SessionEnded } from "../../lib/kube/exec/session.ts";

const agentOf = (podIPs: readonly string[]): AgentAddress => ({
  uid: "uid-a",
  podIPs,
  namespace: "default",
  pod: "a",
  container: "agent",
  containerId: "1",
});

/** What `ip -json -details address show` says in a pod with these. */
function addressesOf(ips: readonly string[]): string {
  const addr_info = ips.map((local) => ({
    family: local.includes(":") ? "inet6" : "inet",
    local,
    prefixlen: local.includes(":") ? 64 : 24,
  }));
  return JSON.stringify([{ ifindex: 2, ifname: "eth0", mtu: 1500, flags: ["UP"], addr_info }]);
}

/** One session for each tool into a pod with these addresses; every line is noted. */
function toolsInto(ips: readonly string[]): AgentTools & {
  readonly lines: string[];
  readonly closed: Tool[];
} {
  const [lines, closed]: [string[], Tool[]] = [[], []];
  const session = (tool: Tool): Parameters<Parameters<AgentTools["with"]>[1]["use"]>[0] => ({
    exchange: (said) => {
      lines.push(...said.map((line) => `${tool} ${line}`));
      const answers = said.filter((line) => / show\b/.test(line))
        .map((line) => line === "address show" ? addressesOf(ips) : "[]");
      return Promise.resolve({ answers, stderr: "", firstLine: 1 });
    },
  });
  const sessions = { ip: session("ip"), ip6: session("ip6"), bridge: session("bridge") };
  return {
    lines,
    closed,
    with: async (_, { tool, use }) => await use(sessions[tool]),
    closeSession: (_, tool) => void closed.push(tool),
  };
}

interface Row {
  readonly it: string;
  readonly tool?: Tool;
  /** Of the pod that is meant; default 10.0.0.1. */
  readonly meant?: readonly string[];
  /** Of the pod that answers; default 10.0.0.1. */
  readonly found?: readonly string[];
  /** The pod is gone meanwhile. */
  readonly isGone?: true;
  readonly said: readonly (readonly string[])[];
  /** Lines that arrive in the pod. */
  readonly heard: readonly string[];
  readonly fails?: "another pod" | "gone";
}

const look = ["address show", "route show table all"];
const write = ["link set dev west up", "link show dev lo"];
const other = ["10.0.0.2", "fd00::2"];

const rows: readonly Row[] = [
  {
    it: "a look first costs no line more",
    said: [look, write],
    heard: [...look, ...write].map((line) => `ip ${line}`),
  },
  {
    it: "who writes first asks first, and once",
    said: [write, write],
    heard: ["address show", ...write, ...write].map((line) => `ip ${line}`),
  },
  {
    it: "another pod is found at the look",
    found: other,
    said: [look],
    heard: look.map((line) => `ip ${line}`),
    fails: "another pod",
  },
  {
    it: "nothing is written into another pod",
    found: other,
    said: [write],
    heard: ["ip address show"],
    fails: "another pod",
  },
  {
    it: "a pod without addresses is another one",
    found: [],
    said: [look],
    heard: look.map((line) => `ip ${line}`),
    fails: "another pod",
  },
  {
    it: "one of two families is enough",
    meant: ["10.0.0.1", "fd00::1"],
    found: ["fe80::1", "fd00::1"],
    said: [write],
    heard: ["address show", ...write].map((line) => `ip ${line}`),
  },
  {
    it: "an address in other words is the same",
    meant: ["fd00::1"],
    found: ["fd00:0:0::1"],
    said: [write],
    heard: ["address show", ...write].map((line) => `ip ${line}`),
  },
  {
    it: "an address that begins alike is another",
    meant: ["10.0.0.1"],
    found: ["10.0.0.11"],
    said: [look],
    heard: look.map((line) => `ip ${line}`),
    fails: "another pod",
  },
  {
    it: "bridge tells no addresses and asks nothing",
    tool: "bridge",
    found: other,
    said: [["fdb append 00:00:00:00:00:00 dst 10.0.0.3 dev west", "link show dev lo"]],
    heard: ["bridge fdb append 00:00:00:00:00:00 dst 10.0.0.3 dev west", "bridge link show dev lo"],
  },
  {
    it: "one that is gone may be looked at to the end",
    isGone: true,
    said: [look],
    heard: look.map((line) => `ip ${line}`),
  },
  {
    it: "nothing is written by ip for one that is gone",
    isGone: true,
    said: [write],
    heard: [],
    fails: "gone",
  },
  {
    it: "nothing is written by bridge for one that is gone",
    tool: "bridge",
    isGone: true,
    said: [["fdb append 00:00:00:00:00:00 dst 10.0.0.3 dev west", "link show dev lo"]],
    heard: [],
    fails: "gone",
  },
];

for (
  const { it, tool = "ip", meant = ["10.0.0.1"], found = ["10.0.0.1"], isGone, said, heard, fails } of rows
) {
  Deno.test(`agent tools: ${it}`, async () => {
    const into = toolsInto(found);
    const tools = toolsOfSamePod(into, () => isGone ? undefined : {});
    const talk = async (): Promise<void> => {
      for (const lines of said) {
        const answers = lines.filter((line) => / show\b/.test(line)).length;
        const use: Parameters<AgentTools["with"]>[1]["use"] = (session) =>
          session.exchange(lines, { answers, deadline: 1_000 });
        await tools.with(agentOf(meant), { tool, use });
      }
    };
    if (fails === undefined) await talk();
    else {
      await assert.rejects(talk, (error) => {
        assert.ok(error instanceof SessionEnded && error.outcome.kind === "gone");
        assert.equal(error instanceof AnotherPod, fails === "another pod");
        return true;
      });
    }
    assert.deepEqual(into.lines, heard);
    assert.deepEqual(into.closed, fails === "another pod" ? ["ip", "ip6", "bridge"] : []);
  });
}
