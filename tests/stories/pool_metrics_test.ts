// Pools as somebody sees them who scrapes /metrics of the running program: used, free, and whether the alert comes of it.
import assert from "node:assert/strict";
import { inFolder, seriesOf } from "../ops/alert_trial.ts";
import { readRuleFile } from "../ops/monitoring_files.ts";
import { named, runPromtool } from "../ops/promtool.ts";
import { pods } from "../sandbox/api/resources.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { makePools } from "./pool_objects.ts";
import { setStage } from "./stage.ts";

/** Three IPv4 addresses, and more of the other family than anybody uses up. */
const networks = {
  storage: "id=7 subnet=10.7.0.0/24 range=10.7.0.10-10.7.0.12 subnet=fd07::/64",
  roomy: "id=8 subnet=10.8.0.0/24",
};

interface Scrapes {
  /** With two of three given, and with all of them while one more waits. */
  readonly some: string;
  readonly exhausted: string;
}

let scraped: Promise<Scrapes> | undefined;

async function scrapes(): Promise<Scrapes> {
  return await (scraped ??= scrape());
}

async function scrape(): Promise<Scrapes> {
  await using stage = await setStage();
  makePools(stage);
  stage.networks(networks);
  const log: string[] = [];
  const args = ["run", "--server", stage.sandbox.server.url, "--http-address", "127.0.0.1:0"];
  const product = await startProduct(args, { onLine: (line) => log.push(line) });
  try {
    const address = await waitFor(
      () => log.map((line) => /serving health and metrics on ([^"\s]+)/.exec(line)?.[1]).find(Boolean),
      { what: "the program serves metrics", state: () => log.join("\n") },
    );
    const until = async (figures: readonly string[]): Promise<string> => {
      let text = "";
      await waitFor(async () => {
        text = await (await fetch(`http://${address}/metrics`)).text();
        return figures.every((line) => text.split("\n").includes(line));
      }, { what: figures.join(), state: () => figuresIn(text).join("\n") });
      return text;
    };
    stage.pod({ name: "other", networks: "roomy" });
    for (const name of ["a", "b"]) stage.pod({ name, networks: "storage" });
    const some = await until([...figuresOf("storage", 2, 1), ...figuresOf("roomy", 1, 253)]);
    for (const name of ["c", "d"]) stage.pod({ name, networks: "storage" });
    const exhausted = await until(figuresOf("storage", 3, 0));
    assert.match(exhausted, /^kube_vxlan_controller_pool_writes_total\{outcome="written"\} [1-9]/m);
    stage.sandbox.delete(pods, { name: "a", graceSeconds: 0 });
    await until(figuresOf("storage", 2, 1));
    for (const name of ["b", "c", "d"]) stage.sandbox.delete(pods, { name, graceSeconds: 0 });
    await waitFor(async () => figuresIn(await until([])).every((line) => !line.includes("storage")), {
      what: "nothing is told of a pool that nobody asks",
    });
    return { some, exhausted };
  } finally {
    assert.equal(await product.stop(), 0, log.slice(-20).join("\n"));
  }
}

function figuresOf(network: string, used: number, free: number): readonly string[] {
  return Object.entries({ used, free }).map(([state, value]) =>
    `kube_vxlan_controller_pool_addresses{network="${network}",state="${state}"} ${value}`
  );
}

function figuresIn(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.startsWith("kube_vxlan_controller_pool_addresses"));
}

Deno.test("the program tells what is used and free of each pool, of two families what is left of the scarcer one", async () => {
  const { some, exhausted } = await scrapes();
  assert.equal(figuresIn(some).length, 4);
  assert.equal(figuresIn(exhausted).length, 4);
});

Deno.test({
  ...named(
    "the alert of pools fires on what was scraped from a program with an exhausted pool, and not before",
  ),
  fn: async () => {
    const { some, exhausted } = await scrapes();
    const alertname = "KubeVxlanControllerPoolExhausted";
    const trial = (text: string, exp_samples: readonly object[]): object => ({
      interval: "1m",
      input_series: seriesOf(figuresIn(text).join("\n")),
      promql_expr_test: [{ expr: `ALERTS{alertname="${alertname}"}`, eval_time: "50m", exp_samples }],
    });
    const labels =
      `ALERTS{alertname="${alertname}",alertstate="firing",network="storage",severity="warning"}`;
    await inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/alerts.yaml`, JSON.stringify(await readRuleFile()));
      const tests = [trial(some, []), trial(exhausted, [{ labels, value: 1 }])];
      const file = { rule_files: ["alerts.yaml"], evaluation_interval: "1m", tests };
      await Deno.writeTextFile(`${folder}/tests.yaml`, JSON.stringify(file));
      const { code, said } = await runPromtool(["test", "rules", `${folder}/tests.yaml`]);
      assert.equal(code, 0, said);
    });
  },
});
