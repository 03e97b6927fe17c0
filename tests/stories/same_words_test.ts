// A story of a pod that keeps what it had: list, inspect, status, condition and annotation say the same of it.
import assert from "node:assert/strict";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { pods } from "../sandbox/api/resources.ts";
import { type Product, startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { makePools } from "./pool_objects.ts";
import { running } from "./scenes.ts";
import { conditionOf } from "./shown.ts";
import { setStage, type Stage } from "./stage.ts";

const networks = { west: "id=10 subnet=10.1.0.0/24 neigh=static", east: "id=20 dstport=4789" };
const asked = "west, east ip=10.2.0.1/24 name=e";

/** What is edited on the running pods a and b, of which a is looked at; and what its condition says then. */
const edits: readonly {
  readonly it: string;
  readonly edit: (stage: Stage) => void;
  readonly says: RegExp;
}[] = [
  {
    it: "a typo in both of its networks",
    edit: (stage) => stage.annotate("a", "west metric=5, east ip=10.2.0.1/24 name=e mtu=x"),
    says: /"metric" is no option.*"mtu=x"/,
  },
  {
    it: "a route that another of its networks excludes",
    edit: (stage) => stage.annotate("a", `${asked} route=10.1.0.0/24:10.2.0.9`),
    says: /subnet 10\.1\.0\.0\/24 .*network "west"/,
  },
  {
    it: "an id that is gone",
    edit: (stage) => stage.annotate("a", `${asked}, nowhere`),
    says: /has no key nowhere/,
  },
];

for (const { it, edit, says } of edits) {
  Deno.test(`the same is said of a pod everywhere: ${it}`, async () => {
    await using stage = await setStage();
    makePools(stage);
    stage.networks(networks);
    const lines: string[] = [];
    const server = ["--server", stage.sandbox.server.url];
    await using _running = ended(
      await startProduct(["run", ...server, "--http-address", "off"], { onLine: (line) => lines.push(line) }),
    );
    stage.pod({ name: "a", networks: asked });
    await running(stage, ["a"]);
    stage.pod({ name: "b", networks: "west, east ip=10.2.0.2/24" });
    await running(stage, ["b"]);
    const condition = (): ReturnType<typeof conditionOf> =>
      conditionOf(stage.sandbox.find(pods, { name: "a" }));
    await waitFor(() => condition()?.status === "True", {
      what: "all is well",
      state: () => lines.join("\n"),
    });
    edit(stage);
    await waitFor(() => condition()?.status === "False", { what: "it is said" });
    const { message = "" } = condition() ?? {};
    assert.match(message, says);
    const ask = async (...words: readonly string[]): Promise<unknown> => {
      const said: string[] = [];
      await (await startProduct([...words, "-o", "json", ...server], { onLine: (line) => said.push(line) }))
        .ended;
      return JSON.parse(said.join("\n"));
    };
    const [list, inspected, peer, status] = await Promise.all([
      ask("list", "pods"),
      ask("inspect", "a"),
      ask("inspect", "b"),
      ask("status"),
    ]);
    const [listed] = listOf(list, "items").filter((one) => textField(one, "name") === "a");
    const annotations = field(stage.sandbox.find(pods, { name: "a" })?.metadata, "annotations");
    const shown = listOf(JSON.parse(textField(annotations, "vxlan.travelping.com/network-status")), "");
    const found = listOf(inspected, "networks");
    assert.deepEqual(found.map(formOf), ["east e 20 10.2.0.1", "west west 10 10.1.0.1"]);
    assert.deepEqual(listOf(listed, "networks").map(formOf), found.map(formOf), "list and inspect");
    const had = shown.filter((one) => field(one, "interface") !== undefined);
    assert.deepEqual(had.map(formOf), found.map(formOf), "annotation and inspect");
    const problems = listOf(inspected, "problems");
    assert.deepEqual(listOf(listed, "problems"), problems);
    const [failing] = listOf(field(status, "members"), "notReady");
    assert.deepEqual(listOf(failing, "problems"), problems);
    const where = /^annotation \S+ of pod \S+, line/;
    assert.equal(message, problems.map((one) => String(one).replace(where, "annotation, line")).join("; "));
    assert.deepEqual(listOf(peer, "problems"), [], "its peer is as it should be");
    assert.deepEqual(
      listOf(peer, "networks").map((one) => listOf(one, "peers").map((each) => textField(each, "pod"))),
      [["default/a"], ["default/a"]],
    );
  });
}

function ended(product: Product): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      await product.stop();
    },
  };
}

/** A list in a value that a program prints; "": the value itself. */
function listOf(value: unknown, name: string): readonly unknown[] {
  const found = name === "" ? value : field(value, name);
  return Array.isArray(found) ? found : [];
}

/** `NETWORK INTERFACE VNI ADDRESS,…` */
function formOf(network: unknown): string {
  const ips = [...listOf(network, "addresses"), ...listOf(network, "ips")].map((one) =>
    String(one).split("/")[0]
  );
  return [textField(network, "name"), textField(network, "interface"), field(network, "vni"), ips.join()]
    .join(
      " ",
    );
}
