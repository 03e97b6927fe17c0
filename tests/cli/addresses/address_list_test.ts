// What does `list addresses` say of pools and of pods with addresses of their own, and what when an object is damaged?
import assert from "node:assert/strict";
import { inspectCommand } from "../../../lib/cli/inspect/inspect.ts";
import { listCommand } from "../../../lib/cli/show/list.ts";
import { objectOf } from "../../../lib/pools/pool_object.ts";
import { configMaps, pods } from "../../sandbox/api/resources.ts";
import { waitFor } from "../../sandbox/tools/waiting.ts";
import { held, makePools, statefulPod } from "../../stories/pool_objects.ts";
import { running } from "../../stories/scenes.ts";
import { poolsName, setStage } from "../../stories/stage.ts";
import { type CommandResult, runOn } from "../test_host.ts";

Deno.test("list addresses: who has which, since when, and what cannot be read", async (t) => {
  await using stage = await setStage({ dataPlane: "toy" });
  makePools(stage);
  stage.networks({
    storage: "id=7 subnet=10.7.0.0/24 range=10.7.0.9-10.7.0.13",
    both: "id=8 subnet=10.8.0.0/24 subnet=fd08::/64",
    plain: "id=9",
  });
  const controller = await stage.startController();
  stage.pod({ name: "a", networks: "both, storage" });
  await running(stage, ["a"]);
  stage.pod({ name: "own", networks: "storage ip=10.7.0.11/24, plain ip=10.9.0.1/24" });
  await running(stage, ["own"]);
  statefulPod(stage, "db-0", "storage");
  stage.pod({ name: "elsewhere", namespace: "other", networks: "storage" });
  await running(stage, ["db-0"]);
  await waitFor(() => held(stage, "storage").size === 3, { what: "everybody has an address" });
  const [db = "", uid] = [held(stage, "storage").get("default/db-0")?.[0], uidOf("a")];

  function uidOf(name: string): string {
    const found = stage.sandbox.store.list(pods).find(({ metadata }) => metadata.name === name);
    return found?.metadata.uid ?? "";
  }
  function run(...args: readonly string[]): Promise<CommandResult> {
    return runOn([listCommand, inspectCommand], { args: [...args, "--server", stage.sandbox.server.url] });
  }
  async function rows(...args: readonly string[]): Promise<readonly string[]> {
    const { status, printed, complained } = await run("list", "addresses", ...args);
    assert.deepEqual([status, complained], [0, ""]);
    return printed.split("\n").map((line) =>
      line.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, "DATE").split(/ {2,}/).join(" ")
    );
  }

  await t.step("as a table: from pools and from annotations, by network and number", async () => {
    assert.deepEqual(await rows("-n", "default"), [
      "NETWORK ADDRESS HOLDER STATE SINCE",
      "both 10.8.0.1/24 default/a held DATE",
      "both fd08::1/64 default/a held DATE",
      "plain 10.9.0.1/24 default/own own -",
      "storage 10.7.0.9/24 default/a held DATE",
      ...[`storage ${db}/24 default/db-0 held DATE`, "storage 10.7.0.11/24 default/own own -"].sort((a, b) =>
        Number(a.split(/[./]/)[3]) - Number(b.split(/[./]/)[3])
      ),
    ]);
  });
  await t.step("all namespaces, one network, the beginning of an address, names, labels", async () => {
    assert.equal((await rows("-A")).length, 8);
    assert.equal((await rows("storage", "-A", "--no-headers")).length, 4);
    assert.deepEqual(await rows("10.7.0.9", "-A", "--no-headers", "-o", "name"), ["address/10.7.0.9"]);
    assert.deepEqual(await rows("-A", "-l", "nothing=here", "-o", "name"), [""]);
    assert.match((await rows("10.7.0.9", "-o", "wide", "-A"))[1] ?? "", new RegExp(`DATE \\S+ ${uid}$`));
  });
  await t.step("as a value, and on pods", async () => {
    const { apiVersion, kind, items } = JSON.parse(
      (await run("list", "addresses", "10.8.", "-o", "json")).printed,
    );
    assert.deepEqual([apiVersion, kind], ["vxlan.travelping.com/v1", "AddressList"]);
    const [{ since, node, ...rest }] = items;
    assert.ok(Math.abs(Date.parse(since) - Date.now()) < 600_000, since);
    assert.equal(typeof node, "string");
    assert.deepEqual(rest, {
      network: "both",
      address: "10.8.0.1/24",
      holder: "default/a",
      state: "held",
      uid,
    });
    const listed = JSON.parse((await run("list", "pods", "a", "-n", "default", "-o", "json")).printed);
    assert.deepEqual(
      listed.items[0].networks.map(({ name, addresses }: { name: string; addresses: string[] }) =>
        [name, ...addresses].join(" ")
      ),
      ["both 10.8.0.1/24 fd08::1/64", "storage 10.7.0.9/24"],
    );
    const { status, printed } = await run("inspect", "default/a");
    assert.equal(status, 0, printed);
    assert.match(printed, /network storage: .*10\.7\.0\.9\/24/);
  });
  await t.step("inspect sees that an address of the pool is missing in the kernel", async () => {
    await controller.stop();
    await stage.sandbox.exec({ name: "a" }, ["ip", "address", "del", "10.7.0.9/24", "dev", "storage"]);
    const { status, printed } = await run("inspect", "default/a");
    assert.equal(status, 1);
    assert.match(printed, /to do: .*10\.7\.0\.9\/24/);
  });
  await t.step("freed, and kept for the StatefulSet's pod of that name", async () => {
    const again = await stage.startController();
    stage.sandbox.delete(pods, { name: "db-0", graceSeconds: 0 });
    await waitFor(() => !held(stage, "storage").has("default/db-0"), { what: "it is freed" });
    await again.stop();
    assert.ok((await rows("-n", "default")).includes(`storage ${db}/24 default/db-0 freed DATE`));
  });
  await t.step(
    "a damaged object is said, with what to do; the others are listed; exit status 1",
    async () => {
      const name = `${poolsName}-${objectOf("storage")}`;
      stage.sandbox.patch(configMaps, { namespace: "kube-system", name }, { data: { storage: "rubbish" } });
      const { status, printed, complained } = await run("list", "addresses");
      assert.equal(status, 1);
      assert.ok(printed.includes("10.8.0.1/24"));
      assert.match(
        complained,
        new RegExp(`not read: .*"storage": ConfigMap kube-system/${name} is damaged, key`),
      );
      assert.match(complained, /line 1 cannot be read: "rubbish"; remove the key \(kubectl/);
      const pod = await run("list", "pods", "a", "-n", "default");
      assert.equal(pod.status, 0);
      assert.match(pod.complained, /is damaged/);
    },
  );
  await t.step("an object that is not there, and one that may not be read", async () => {
    const name = `${poolsName}-${objectOf("storage")}`;
    stage.sandbox.delete(configMaps, { namespace: "kube-system", name });
    const gone = await run("list", "addresses");
    assert.equal(gone.status, 1);
    assert.match(gone.complained, new RegExp(`${name} is not there; apply the manifests again`));
    const read = { verb: "get", resource: "configmaps" } as const;
    stage.sandbox.faults.onRequest(read, { kind: "status", code: 403 }, { times: "until-lifted" });
    const refused = await run("list", "addresses");
    assert.equal(refused.status, 1);
    assert.match(refused.complained, /addresses of "both": .*403/);
    assert.match(refused.printed, /10\.9\.0\.1\/24/, "those of their own are known");
  });
});
