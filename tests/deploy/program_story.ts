// Does a program that people download work: lists, runs as the controller, serves health, metrics and the page, ends on SIGTERM?
import assert from "node:assert/strict";
import { tryCommand } from "../cluster/run_command.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { setStage } from "../stories/stage.ts";

const one = { network: "one", vni: 1 };

/** Two pods join a network on the sandbox by way of `program`; `listers` are programs that list them. */
export async function programStory(
  program: string,
  { listers }: { readonly listers: readonly string[] },
): Promise<void> {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  const server = ["--server", stage.sandbox.server.url];
  const log: string[] = [];
  const controller = await startProduct([
    "run",
    ...server,
    "--http-address",
    "127.0.0.1:0",
    "--web",
    "--web-address",
    "127.0.0.1:0",
  ], {
    program,
    onLine: (line) => log.push(line),
  });
  try {
    const address = await waitFor(
      () => log.map((line) => /serving health and metrics on ([^"\s]+)/.exec(line)?.[1]).find(Boolean),
      { what: "the program serves health and metrics", state: () => log.join("\n") },
    );
    const base = address.startsWith("http") ? address : `http://${address}`;
    await stage.holds({ members: [{ pod: "a", ...one }, { pod: "b", ...one }] });
    await waitFor(async () => (await ask(`${base}/readyz`)).status === 200, { what: "/readyz says 200" });
    const metrics = await ask(`${base}/metrics`);
    assert.equal(metrics.status, 200);
    assert.match(metrics.text, /^kube_vxlan_controller_\w+.* 2$/m);
    const page = log.map((line) => /serving the live page on (http:[^"\s]+)/.exec(line)?.[1]).find(Boolean);
    assert.match((await ask(`${page}/page.js`)).text, /^\/\/ The live page/, "the page is in the program");
    assert.match(
      (await ask(`${page}/api/picture`)).text,
      /<svg .*default\/b/,
      "and so is what draws its picture",
    );
    for (const lister of listers) {
      const { code, stdout, stderr } = await tryCommand([...lister.split(" "), "list", "pods", ...server]);
      assert.equal(code, 0, `${lister}: ${stderr}`);
      assert.match(stdout, /default +a .*one/);
    }
  } finally {
    assert.equal(await controller.stop("SIGTERM"), 0, log.slice(-5).join("\n"));
  }
  assert.match(log.at(-1) ?? "", /stopped/);
}

async function ask(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}
