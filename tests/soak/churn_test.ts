// Ten minutes of pods that come and go, one change a second, under random faults: right at the end, and nothing grows.
import assert from "node:assert/strict";
import { startProduct } from "../sandbox/tools/product.ts";
import { seedOr } from "../tools/by_chance.ts";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { readFigures } from "../bench/process_figures.ts";
import { brokenNow } from "../pools/address_law.ts";
import { addressWorld, allGone, lawHolds, makePools } from "../stories/pool_objects.ts";
import { setStage, type Stage } from "../stories/stage.ts";

/** Minutes; KVC_CHURN_MINUTES shortens it for a try. */
const minutes = Number(Deno.env.get("KVC_CHURN_MINUTES") ?? 10);
const most = 40;
const networks = ["one", "two", "three"];
/** The one of them whose members get addresses of a pool. */
const pooled = "three";

/** A generator that can be started again with the same seed. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

Deno.test("ten minutes of churn under random faults", async () => {
  const seed = seedOr("any");
  const random = chance(seed);
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  await using stage = await setStage();
  const options = networks.map((
    name,
    i,
  ) => [name, `id=${i + 1}${name === pooled ? " subnet=10.30.0.0/24" : ""}`]);
  stage.networks(Object.fromEntries(options));
  makePools(stage);
  const log: string[] = [];
  let address = "";
  const product = await startProduct([
    "run",
    "--server",
    stage.sandbox.server.url,
    "--http-address",
    "127.0.0.1:0",
  ], {
    onLine: (line) => {
      log.push(line);
      if (log.length > 500) log.shift();
      address ||= /serving health and metrics on ([^"\s]+)/.exec(line)?.[1] ?? "";
    },
  });
  try {
    await waitFor(() => address !== "", { what: "the controller serves its metrics" });
    const members = new Map<string, string>();
    const memory: number[] = [];
    for (let second = 0; second < minutes * 60; second++) {
      change(stage, { members, random, pick, second });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      if (second % 30 === 29) memory.push((await readFigures(address)).heapMiB);
      if (second % 5 === 4) assert.deepEqual(brokenNow(await addressWorld(stage, [pooled])), []);
    }
    stage.sandbox.faults.liftAll();
    for (const name of members.keys()) await stage.sandbox.waitForPhase({ name }, "Running");
    await stage.holds({
      members: [...members].map(([pod, network]) => ({ pod, network, vni: networks.indexOf(network) + 1 })),
    });
    await lawHolds(stage, [pooled]);
    await allGone(stage, [pooled]);
    const half = Math.floor(memory.length / 2);
    const [before, after] = [mean(memory.slice(0, half)), mean(memory.slice(half))];
    assert.ok(after < before * 1.5 + 20, `heap grew from ${before.toFixed(0)} to ${after.toFixed(0)} MiB`);
  } catch (error) {
    throw new Error(
      `KVC_SEED=${seed}: ${error instanceof Error ? error.message : error}\n${log.slice(-40).join("\n")}`,
    );
  } finally {
    assert.equal(await product.stop(), 0);
  }
});

/** One change, and now and then a fault. */
function change(
  stage: Stage,
  { members, random, pick, second }: {
    readonly members: Map<string, string>;
    readonly random: () => number;
    readonly pick: <T>(all: readonly T[]) => T | undefined;
    readonly second: number;
  },
): void {
  const { sandbox } = stage;
  const victim = pick([...members.keys()]);
  const dice = random();
  if (members.size >= most || (dice < 0.35 && victim !== undefined)) {
    if (victim === undefined) return;
    sandbox.delete(pods, { name: victim, graceSeconds: Math.floor(random() * 3) });
    members.delete(victim);
  } else if (dice < 0.45 && victim !== undefined) {
    const network = pick(networks) ?? "one";
    stage.annotate(victim, network);
    members.set(victim, network);
  } else {
    const [name, network] = [`p${second}`, pick(networks) ?? "one"];
    stage.pod({ name, networks: network, form: random() < 0.5 ? "native" : "classic" });
    members.set(name, network);
  }
  const fault = random();
  if (fault < 0.05) sandbox.server.watches.drop();
  else if (fault < 0.08) sandbox.faults.onExec({}, { kind: "drop", afterLines: Math.floor(random() * 4) });
  else if (fault < 0.1) sandbox.faults.onExec({}, { kind: "refuse", code: 500 }, { times: 3 });
  else if (fault < 0.12) sandbox.faults.onRequest({ verb: "watch" }, { kind: "gone-event" });
  else if (fault < 0.13) sandbox.server.forgetHistory();
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
