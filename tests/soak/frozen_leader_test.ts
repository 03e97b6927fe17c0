// A leader that is stopped for a minute and goes on: another one leads by then, and the woken one keeps its hands off.
import assert from "node:assert/strict";
import { type ProductProcess, startProduct } from "../sandbox/tools/product.ts";
import { leases } from "../sandbox/api/resources.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { setStage, type Stage } from "../stories/stage.ts";

const one = { network: "one", vni: 1 };

interface Replica {
  readonly product: ProductProcess;
  readonly log: string[];
}

Deno.test("a leader frozen for a minute writes nothing when it wakes", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  const first = await start(stage);
  await waitFor(() => says(first, "leading"), { what: "the first replica leads" });
  const second = await start(stage);
  await waitFor(() => says(second, "standing by"), { what: "the second stands by" });
  const held = holder(stage);
  first.product.signal("SIGSTOP");
  await waitFor(() => says(second, "leading"), { what: "the second leads", timeout: 60_000 });
  stage.pod({ name: "a", networks: "one", form: "native" });
  await stage.sandbox.waitForPhase({ name: "a" }, "Running");
  await new Promise((resolve) => setTimeout(resolve, 40_000));
  first.product.signal("SIGCONT");
  stage.pod({ name: "b", networks: "one", form: "native" });
  await stage.sandbox.waitForPhase({ name: "b" }, "Running");
  await stage.holds({ members: ["a", "b"].map((pod) => ({ pod, ...one })) });
  await waitFor(() => says(first, "no longer leading"), { what: "the first knows that its time is over" });
  assert.notEqual(holder(stage), held);
  const perPod = ["a", "b"].map((pod) => stage.sandbox.counters.execs({ pod }).length);
  assert.ok(Math.max(...perPod) <= 3, `one replica worked on each pod: ${perPod.join(" and ")} execs`);
  for (const { product } of [first, second]) assert.equal(await product.stop(), 0);
});

async function start(stage: Stage): Promise<Replica> {
  const log: string[] = [];
  const args = ["run", "--server", stage.sandbox.server.url, "--http-address", "off", "--leader-election"];
  return { product: await startProduct(args, { onLine: (line) => log.push(line) }), log };
}

function says({ log }: Replica, text: string): boolean {
  return log.some((line) => line.includes(text));
}

function holder(stage: Stage): string {
  const lease = stage.sandbox.find(leases, { namespace: "kube-system", name: "kube-vxlan-controller" });
  return textField(field(lease, "spec"), "holderIdentity") ?? "";
}
