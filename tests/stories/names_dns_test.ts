// Does a real DNS server lead into the network: CoreDNS reads what the controller lists, and a member connects by the name?
import assert from "node:assert/strict";
import { endpointSlices, pods, services } from "../sandbox/api/resources.ts";
import { planesWithProgram } from "../sandbox/kubelet/available_planes.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { goTool } from "../tools/go_tools.ts";
import { inPod } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";
import { freePort } from "../sandbox/tools/free_port.ts";

const canRun = planesWithProgram.includes("namespaces");

Deno.test({
  name: `names: a member is found by CoreDNS and reached through the network${
    canRun ? "" : " (needs Go and namespaces)"
  }`,
  ignore: !canRun,
  fn: async () => {
    await using stage = await setStage({ dataPlane: "namespaces" });
    const lines: string[] = [];
    const run = ["run", "--server", stage.sandbox.server.url, "--http-address", "off", "--names"];
    const product = await startProduct(run, { onLine: (line) => lines.push(line) });
    try {
      stage.networks({ storage: "id=300" });
      stage.sandbox.apply(service);
      for (const [name, ip] of [["db-0", "10.30.0.10"], ["client", "10.30.0.2"]] as const) {
        stage.pod({ name, networks: `storage ip=${ip}/24` });
        stage.sandbox.patch(pods, { name }, { metadata: { labels: { app: name.split("-")[0] } } });
      }
      await using dns = await startDns(stage);
      const answers = (name: string, wanted: readonly string[]): Promise<unknown> =>
        waitFor(async () => (await dns.ask(name)).join() === wanted.join() ? true : undefined, {
          what: `${name} leads to ${wanted.join() || "nobody"}`,
          state: () =>
            `${JSON.stringify(stage.sandbox.store.list(endpointSlices))}\n${lines.slice(-10).join("\n")}`,
        });
      await answers("db-0.db", ["10.30.0.10"]);
      await answers("db", ["10.30.0.10"]);
      assert.deepEqual(await dns.ask("client.db"), []);

      const [address = ""] = await dns.ask("db-0.db");
      const before = await received(stage);
      const served = stage.sandbox.exec({ name: "db-0" }, [
        Deno.execPath(),
        "eval",
        `
        const listener = Deno.listen({ hostname: "${address}", port: 5432 });
        const connection = await listener.accept();
        await connection.write(new TextEncoder().encode("db-0"));
        connection.close();
        listener.close();`,
      ]);
      const said = await waitFor(async () => {
        const { stdout } = await stage.sandbox.exec({ name: "client" }, [
          Deno.execPath(),
          "eval",
          `
          const connection = await Deno.connect({ hostname: "${address}", port: 5432 });
          console.log(await new Response(connection.readable).text());`,
        ]);
        return stdout.trim() === "" ? undefined : stdout.trim();
      }, { what: "the server answers", state: () => lines.slice(-10).join("\n") });
      await served;
      assert.equal(said, "db-0");
      const packets = await received(stage) - before;
      assert.ok(packets >= 3, `${packets} packets came in on the VXLAN link`);

      stage.sandbox.delete(pods, { name: "db-0", graceSeconds: 1 });
      await answers("db-0.db", []);
      stage.sandbox.delete(services, { name: "db" });
    } finally {
      await product.stop();
    }
  },
});

const service = JSON.stringify({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: "db",
    namespace: "default",
    annotations: { "vxlan.travelping.com/network": "storage", "vxlan.travelping.com/selector": "app=db" },
  },
  spec: { type: "ClusterIP", clusterIP: "None", ports: [{ name: "sql", port: 5432, protocol: "TCP" }] },
});

async function received(stage: Stage): Promise<number> {
  return Number(await inPod(stage, "client", ["cat", "/sys/class/net/storage/statistics/rx_packets"]));
}

/** CoreDNS on a free port of loopback, reading the sandbox as it would read a cluster. */
async function startDns(
  stage: Stage,
): Promise<AsyncDisposable & { readonly ask: (name: string) => Promise<readonly string[]> }> {
  const directory = await Deno.makeTempDir();
  const port = freePort();
  await Deno.writeTextFile(`${directory}/kubeconfig`, stage.sandbox.kubeconfig);
  const corefile =
    `.:${port} {\n  bind 127.0.0.1\n  errors\n  kubernetes cluster.local {\n    kubeconfig ${directory}/kubeconfig\n  }\n}\n`;
  await Deno.writeTextFile(`${directory}/Corefile`, corefile);
  const child = new Deno.Command(await goTool("coredns"), {
    args: ["-quiet", "-conf", `${directory}/Corefile`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  let ended = false;
  const over = child.status.finally(() => ended = true);
  const ask = async (name: string): Promise<readonly string[]> => {
    try {
      const nameServer = { ipAddr: "127.0.0.1", port };
      return await Deno.resolveDns(`${name}.default.svc.cluster.local`, "A", { nameServer });
    } catch (error) {
      // No such name; or it does not listen yet, and the caller asks again.
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.TimedOut) return [];
      return error instanceof Error && /refused|no record/i.test(error.message) ? [] : Promise.reject(error);
    }
  };
  return {
    ask,
    [Symbol.asyncDispose]: async () => {
      if (!ended) child.kill("SIGTERM");
      await over;
      await Deno.remove(directory, { recursive: true });
    },
  };
}
