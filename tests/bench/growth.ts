// How does the cost of a change grow with the network: N members come at once, one joins, one leaves, we start anew.
import type { Sandbox } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/sandbox.ts";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import {
  controllerOn,
  lastLine,
  makeMembers,
  makeNetworks,
  type RunningProduct,
  untilRunning,
} from "./bench_cluster.ts";

/** What one change cost, all pods and the controller together. */
export interface Cost {
  readonly execs: number;
  /** Read from the API server, answers of execs included. */
  readonly megabytes: number;
  readonly cpuSeconds: number;
  readonly infoLines: number;
  readonly queueAdds: number;
  /** Most times that the whole fdb of one pod was read after the last line had been sent to it. */
  readonly fdbReads: number;
}

export interface Growth {
  readonly members: number;
  readonly allJoin: Cost;
  readonly oneJoins: Cost;
  readonly oneLeaves: Cost;
  readonly restart: Cost;
}

const form = "native";
/** With an address each, which the others must forget: with agents that have a session for each tool that takes both. */
const networkOf = (name: string): string => {
  const at = 1 + Number(/\d+$/.exec(name)?.[0] ?? 65_000);
  return `net0 ip=10.200.${at >> 8}.${at & 255}/16`;
};

/** Counts everything for one size. */
export async function growth(members: number): Promise<Growth> {
  await using sandbox = await startSandbox({ dataPlane: "toy" });
  makeNetworks(sandbox, 1);
  const names = Array.from({ length: members }, (_, i) => `pod${i}`);
  const controller = await controllerOn(sandbox);
  const costOf = (change: () => Promise<void>): Promise<Cost> => measure(sandbox, { controller, change });
  const allJoin = await costOf(async () => {
    makeMembers(sandbox, names, { form, networkOf });
    await untilRunning(sandbox, names);
  });
  const oneJoins = await costOf(async () => {
    makeMembers(sandbox, ["one"], { form, networkOf });
    await untilRunning(sandbox, ["one"]);
  });
  const oneLeaves = await costOf(async () => {
    sandbox.delete(pods, { name: "one", graceSeconds: 0 });
    await waitFor(() => sandbox.find(pods, { name: "one" }) === undefined, { what: "the pod is gone" });
  });
  await controller.stop();
  const { bytes } = sandbox.server.wire;
  sandbox.counters.reset();
  const second = await controllerOn(sandbox);
  await lastLine(sandbox);
  const restart = await costSince(sandbox, { controller: second, before: { ...nothing, bytes } });
  await second.stop();
  return { members, allJoin, oneJoins, oneLeaves, restart };
}

interface Before {
  readonly bytes: number;
  readonly cpuSeconds: number;
  readonly infoLines: number;
  readonly queueAdds: number;
}

const nothing = { cpuSeconds: 0, infoLines: 0, queueAdds: 0 };

async function measure(
  sandbox: Sandbox,
  { controller, change }: { readonly controller: RunningProduct; readonly change: () => Promise<void> },
): Promise<Cost> {
  sandbox.counters.reset();
  const before = { ...await controller.figures(), bytes: sandbox.server.wire.bytes };
  await change();
  await lastLine(sandbox);
  return await costSince(sandbox, { controller, before });
}

async function costSince(
  sandbox: Sandbox,
  { controller, before }: { readonly controller: RunningProduct; readonly before: Before },
): Promise<Cost> {
  const { bytes } = sandbox.server.wire;
  const after = await controller.figures();
  return {
    execs: sandbox.counters.execs().length,
    megabytes: (bytes - before.bytes) / 1e6,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    infoLines: after.infoLines - before.infoLines,
    queueAdds: after.queueAdds - before.queueAdds,
    fdbReads: mostReads(sandbox),
  };
}

/** Of all pods. The barrier of a batch (`dev lo`) reads nothing. */
function mostReads(sandbox: Sandbox): number {
  const lines = new Map<string, string[]>();
  for (const { pod, lines: said } of sandbox.counters.execs({ program: "bridge" })) {
    lines.set(pod, [...lines.get(pod) ?? [], ...said]);
  }
  const reads = [...lines.values()].map((said) => {
    const last = said.findLastIndex((line) => /^fdb (append|delete|replace)/.test(line));
    return said.slice(last + 1).filter((line) => /^fdb show(?! dev lo)/.test(line)).length;
  });
  return Math.max(0, ...reads);
}

/** A table with a column for each size, and the ratio of the last two: 2 is proportional, 4 is a square. */
export function growthTable(results: readonly Growth[]): readonly string[] {
  const costs = ["allJoin", "oneJoins", "oneLeaves", "restart"] as const;
  const figures = ["execs", "megabytes", "cpuSeconds", "infoLines", "queueAdds", "fdbReads"] as const;
  const [before, last] = results.slice(-2);
  const head = ["", ...results.map(({ members }) => String(members)), "ratio"];
  const rows = costs.flatMap((cost) =>
    figures.map((figure) => [
      `${cost} ${figure}`,
      ...results.map((result) => text(result[cost][figure])),
      before === undefined || last === undefined ? "" : text(last[cost][figure] / before[cost][figure]),
    ])
  );
  return [head, ...rows].map(([what = "", ...cells]) =>
    what.padEnd(24) + cells.map((cell) => cell.padStart(12)).join("")
  );
}

/** Execs that one change may cost: three of the pod itself, a few for sessions that were closed just then. */
const mostExecs = 3 + 5;
/** Between proportional and a square, for a doubling. */
const mostRatio = 2.6;

/** What does not hold. Counts only: seconds of a processor depend on the machine, their ratio hardly does. */
export function brokenGrowth(results: readonly Growth[]): readonly string[] {
  const counted = results.flatMap(({ members, allJoin, oneJoins, oneLeaves, restart }) => [
    ...(allJoin.queueAdds > 3 * members ? [`${members} join: ${allJoin.queueAdds} queue adds`] : []),
    ...(allJoin.fdbReads > 1
      ? [`${members} join: ${allJoin.fdbReads} fdb reads of one pod after the mesh`]
      : []),
    ...(restart.fdbReads > 1 ? [`restart at ${members}: ${restart.fdbReads} fdb reads of one pod`] : []),
    ...([["joins", oneJoins], ["leaves", oneLeaves]] as const).flatMap(([what, cost]) => [
      ...(cost.execs > mostExecs ? [`one ${what} ${members}: ${cost.execs} execs`] : []),
      ...(cost.infoLines > 3 ? [`one ${what} ${members}: ${cost.infoLines} INFO lines`] : []),
    ]),
  ]);
  const [before, last] = results.slice(-2);
  if (before === undefined || last === undefined) return counted;
  const grown = (["oneJoins", "oneLeaves"] as const).flatMap((cost) =>
    (["megabytes", "cpuSeconds"] as const).flatMap((figure) => {
      const ratio = last[cost][figure] / before[cost][figure];
      const most = mostRatio * last.members / before.members / 2;
      return ratio > most
        ? [`${cost} ${figure} grow ${text(ratio)} times from ${before.members} to ${last.members}`]
        : [];
    })
  );
  return [...counted, ...grown];
}

function text(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
