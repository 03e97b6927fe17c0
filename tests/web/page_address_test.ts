// Is it said in the log when others than this machine can read the live page, and only then?
import assert from "node:assert/strict";
import { freePort } from "../sandbox/tools/free_port.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { setStage } from "../stories/stage.ts";

for (
  const { host, warns } of [
    { host: "127.0.0.1", warns: false },
    { host: "[::1]", warns: false },
    { host: "0.0.0.0", warns: true },
    { host: "", warns: true },
  ]
) {
  Deno.test(`the page on ${host || "every address"}: ${warns ? "a warning" : "no warning"}`, async () => {
    await using stage = await setStage({ dataPlane: "toy" });
    const lines: string[] = [];
    const address = ["--web", "--web-address", `${host}:${freePort()}`];
    const controller = await startProduct(
      ["run", "--server", stage.sandbox.server.url, "--http-address", "off", ...address],
      { onLine: (line) => lines.push(line) },
    );
    try {
      await waitFor(() => lines.some((line) => line.includes("watching:")), {
        what: "it runs",
        state: () => lines.join("\n"),
      });
    } finally {
      await controller.stop();
    }
    assert.ok(lines.some((line) => line.includes("serving the live page on http://")));
    const warning = lines.find((line) => line.includes("asks for no password"));
    assert.equal(warning !== undefined && /WARN/.test(warning), warns, lines.join("\n"));
  });
}
