// Does the running program feed every metric of the catalogue? What nobody feeds is an empty panel, and an alert that sleeps.
import assert from "node:assert/strict";
import { Counter, Gauge, type Metric, Registry } from "prom-client";
import type { Host } from "../../lib/cli/host.ts";
import { runProgram } from "../../lib/cli/program.ts";
import { runCommand } from "../../lib/cli/run/run.ts";
import { counters, gauges, histograms } from "../../lib/ops/metric_catalogue.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { makePools } from "./pool_objects.ts";
import { setStage } from "./stage.ts";

Deno.test("the program feeds every metric of its catalogue", async () => {
  using fed = watchInstruments();
  await using stage = await setStage();
  stage.networks({ one: "id=1", bad: "nonsense", pooled: "id=9 subnet=10.9.0.0/24 peer=203.0.113.7" });
  makePools(stage);
  const order = new AbortController();
  const log: string[] = [];
  // The ends of a watch, and a failure that is tried again, do not happen by themselves.
  stage.sandbox.faults.onRequest({ verb: "watch", resource: "pods" }, { kind: "status", code: 500 });
  stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 500, message: "not now" }, { times: 2 });
  const ended = runProgram([runCommand], host({ stage: stage.sandbox.server.url, stop: order.signal, log }));
  try {
    for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
    stage.pod({ name: "addressed", networks: "pooled" });
    stage.pod({ name: "broken", networks: "nobody-knows-it" });
    await stage.holds({ members: ["a", "b"].map((pod) => ({ pod, network: "one", vni: 1 })) });
    // How long a peer's entry takes is measured of pods that come while it watches.
    stage.pod({ name: "late", networks: "one" });
    const address = await servedAt(log);
    const read = async (): Promise<string> => await (await fetch(`http://${address}/metrics`)).text();
    const missing = async (): Promise<readonly string[]> => {
      await read();
      return Object.keys({ ...counters, ...gauges, ...histograms }).filter((name) => !fed.names.has(name));
    };
    let left = await missing();
    await waitFor(async () => (left = await missing()).length === 0, {
      what: "every metric was fed",
      state: () => `${left.join(", ")}\n${log.slice(-10).join("\n")}`,
    });
    assert.match(
      await read(),
      /^kube_vxlan_controller_fdb_entries_outside 1$/m,
      "one member, one VTEP outside",
    );
  } finally {
    order.abort();
    assert.equal(await ended, 0, log.join("\n"));
  }
});

async function servedAt(log: readonly string[]): Promise<string> {
  const address = (): string | undefined =>
    log.map((line) => /serving health and metrics on (\S+)/.exec(line)?.[1]).find((found) =>
      found !== undefined
    );
  await waitFor(() => address() !== undefined, { what: "it serves metrics", state: () => log.join("\n") });
  return address() ?? "";
}

function host(
  { stage, stop, log }: { readonly stage: string; readonly stop: AbortSignal; readonly log: string[] },
): Host {
  return {
    args: [
      "run",
      "--server",
      stage,
      "--http-address",
      "127.0.0.1:0",
      "--leader-election",
      "--interface-info",
      "2",
    ],
    env: () => undefined,
    readTextFile: (path) => Deno.readTextFile(path),
    listFolder: () => Promise.resolve(undefined),
    readInput: () => Promise.resolve(""),
    print: (line) => log.push(line),
    output: { isTerminal: () => false, write: () => {} },
    complain: (line) => log.push(line),
    clock: systemClock,
    stop,
  };
}

/** Notes which instruments are used. prom-client registers a metric while it is still being made, so all but gauges wait. */
function watchInstruments(): Disposable & { readonly names: ReadonlySet<string> } {
  const names = new Set<string>();
  const note = (metric: Metric & { readonly name: string }, method: string): void => {
    const feed: unknown = Reflect.get(metric, method);
    assert.ok(typeof feed === "function", `${metric.name} has ${method}`);
    Reflect.set(metric, method, (...given: unknown[]): unknown => {
      names.add(metric.name);
      return feed.apply(metric, given);
    });
  };
  const { registerMetric } = Registry.prototype;
  Registry.prototype.registerMetric = function (metric: Metric & { readonly name: string }): void {
    if (metric instanceof Gauge) note(metric, "set");
    else queueMicrotask(() => note(metric, metric instanceof Counter ? "inc" : "observe"));
    registerMetric.call(this, metric);
  };
  return { names, [Symbol.dispose]: () => Registry.prototype.registerMetric = registerMetric };
}
