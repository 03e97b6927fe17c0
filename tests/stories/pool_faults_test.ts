// What befalls pools: kills, frozen leaders, two at once, objects that are lost. None twice in any kernel, none leaked, after each.
import assert from "node:assert/strict";
import { objectOf } from "../../lib/pools/pool_object.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { type ProductProcess, startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { allGone, held, lawHolds, makePools, statefulPod } from "./pool_objects.ts";
import { running } from "./scenes.ts";
import { poolsName, setStage, type Stage } from "./stage.ts";

const networks = { storage: "id=7 subnet=10.7.0.0/24 subnet=fd07::/64" };
const names = Object.keys(networks);
const object = { namespace: "kube-system", name: `${poolsName}-${objectOf("storage")}` };

async function staged(): Promise<Stage> {
  const stage = await setStage();
  makePools(stage);
  stage.networks(networks);
  return stage;
}

interface Program {
  readonly process: ProductProcess;
  readonly log: string[];
}

/** The program as a process; by `says` it is known how far it is. */
async function program(stage: Stage, ...flags: readonly string[]): Promise<Program> {
  const log: string[] = [];
  const args = ["run", "--server", stage.sandbox.server.url, "--http-address", "off", ...flags];
  return { process: await startProduct(args, { onLine: (line) => log.push(line) }), log };
}

async function says({ log }: Program, text: string): Promise<void> {
  await waitFor(() => log.some((line) => line.includes(text)), {
    what: `it says "${text}"`,
    state: () => log.slice(-10).join("\n"),
  });
}

/** Pods of one name each, one of a StatefulSet among them. */
function members(stage: Stage, from: number, to: number): readonly string[] {
  const found = Array.from({ length: to - from }, (_, at) => `p${from + at}`);
  for (const name of found) stage.pod({ name, networks: "storage" });
  return found;
}

Deno.test("killed between the write and the kernel: the next one gives the same, and what went meanwhile is free", async () => {
  await using stage = await staged();
  // Nothing can be said to any agent, so no kernel is touched.
  const deaf = stage.sandbox.faults.onExec({}, { kind: "hang" }, { times: "until-lifted" });
  const first = await program(stage);
  statefulPod(stage, "db-0", "storage");
  const [stays = "", goes = ""] = members(stage, 0, 2);
  await waitFor(() => held(stage, "storage").size === 3 && deaf.hits > 0, { what: "all are in the object" });
  const before = held(stage, "storage");
  await first.process.stop("SIGKILL");
  deaf.lift();
  stage.sandbox.delete(pods, { name: goes, graceSeconds: 0 });
  const second = await program(stage);
  await running(stage, ["db-0", stays]);
  await lawHolds(stage, names);
  const after = held(stage, "storage");
  assert.deepEqual([...after.keys()].filter((holder) => !before.has(holder)), []);
  assert.equal(after.size, 2, "what went while nobody looked is free");
  for (const [holder, addresses] of after) assert.deepEqual(addresses, before.get(holder));
  await running(stage, members(stage, 2, 4));
  await lawHolds(stage, names);
  await allGone(stage, names);
  assert.equal(await second.process.stop(), 0, second.log.slice(-15).join("\n"));
});

Deno.test("killed again and again while members come and go", async () => {
  await using stage = await staged();
  for (let round = 0; round < 4; round++) {
    const one = await program(stage);
    const before = held(stage, "storage").size;
    members(stage, round * 3, round * 3 + 3);
    if (round > 0) stage.sandbox.delete(pods, { name: `p${round * 3 - 1}`, graceSeconds: 0 });
    // At another point of the work each time: nobody, one or several have what they were given.
    await waitFor(() => held(stage, "storage").size >= before + Math.min(round, 2), { what: "it has begun" });
    await one.process.stop("SIGKILL");
  }
  const last = await program(stage);
  await running(stage, ["p0", "p1", "p3", "p4", "p6", "p7", "p9", "p10", "p11"]);
  await lawHolds(stage, names);
  await allGone(stage, names);
  assert.equal(await last.process.stop(), 0);
});

Deno.test("a leader frozen beyond its lease with a write under way, then woken", async () => {
  await using stage = await staged();
  const first = await program(stage, "--leader-election");
  await says(first, "leading");
  await running(stage, members(stage, 0, 2));
  const second = await program(stage, "--leader-election");
  await says(second, "standing by");
  // The API server has its order to write, and has not carried it out.
  const order = stage.sandbox.faults.onRequest({ verb: "update", resource: "configmaps" }, { kind: "hang" });
  members(stage, 2, 4);
  await waitFor(() => order.hits > 0, { what: "it writes" });
  first.process.signal("SIGSTOP");
  await says(second, "leading");
  await running(stage, ["p2", "p3", ...members(stage, 4, 6)]);
  await lawHolds(stage, names);
  const before = held(stage, "storage");
  order.lift();
  first.process.signal("SIGCONT");
  await says(first, "no longer leading");
  await running(stage, members(stage, 6, 8));
  await lawHolds(stage, names);
  for (const [holder, addresses] of before) assert.deepEqual(held(stage, "storage").get(holder), addresses);
  await allGone(stage, names);
  for (const { process } of [first, second]) assert.equal(await process.stop(), 0);
});

Deno.test("two controllers at once, each sure that it leads, while members come and go", async () => {
  await using stage = await staged();
  for (let count = 0; count < 2; count++) await stage.startController();
  await running(stage, members(stage, 0, 4));
  await lawHolds(stage, names);
  for (const name of ["p0", "p1"]) stage.sandbox.delete(pods, { name, graceSeconds: 0 });
  statefulPod(stage, "db-0", "storage");
  await running(stage, [...members(stage, 4, 8), "db-0"]);
  await lawHolds(stage, names);
  await allGone(stage, names);
});

const losses: readonly { readonly it: string; readonly lose: (stage: Stage) => void }[] = [
  { it: "emptied", lose: ({ sandbox }) => void sandbox.patch(configMaps, object, { data: null }) },
  { it: "deleted, and made again by the manifests", lose: deleteAndApply },
  {
    it: "filled with rubbish, which somebody takes out",
    lose: ({ sandbox }) => void sandbox.patch(configMaps, object, { data: { storage: "held x\u0000 y\n" } }),
  },
  {
    it: "filled with another's addresses",
    lose: ({ sandbox }) =>
      void sandbox.patch(configMaps, object, {
        data: { storage: "held default/nobody u-1 10.7.0.1/24,fd07::1/64 5\n" },
      }),
  },
];

for (const { it, lose } of losses) {
  Deno.test(`the object ${it}, while members come and go`, async () => {
    await using stage = await staged();
    const one = await program(stage);
    statefulPod(stage, "db-0", "storage");
    await running(stage, [...members(stage, 0, 3), "db-0"]);
    await lawHolds(stage, names);
    const before = held(stage, "storage");
    lose(stage);
    members(stage, 3, 5);
    stage.sandbox.delete(pods, { name: "p0", graceSeconds: 0 });
    if (it.includes("rubbish")) {
      await says(one, "is damaged, key storage");
      stage.sandbox.patch(configMaps, object, { data: { storage: null } });
    }
    await running(stage, ["p3", "p4"]);
    await lawHolds(stage, names);
    const after = held(stage, "storage");
    const lost = [...before].filter(([holder, addresses]) =>
      after.has(holder) && after.get(holder)?.join() !== addresses.join()
    );
    assert.deepEqual(lost, [], "nobody has another than before");
    await allGone(stage, names);
    assert.equal(await one.process.stop(), 0);
  });
}

function deleteAndApply(stage: Stage): void {
  stage.sandbox.delete(configMaps, object);
  const metadata = { name: object.name, namespace: object.namespace };
  stage.sandbox.apply(JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata }));
}
