// Does the live page show in a real browser what the controller does: joins, failures, restarts, foreign text, by keyboard?
import axe from "axe-core";
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { freePort } from "../sandbox/tools/free_port.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { setStage, type Stage } from "../stories/stage.ts";
import { chromiumPath, startBrowser } from "./browser.ts";

const needs = chromiumPath === undefined ? " (needs chromium)" : "";

Deno.test({
  name: `the page follows a join, a failure and a restart of the controller${needs}`,
  ignore: chromiumPath === undefined,

  fn: async () => {
    await using stage = await setStage({ dataPlane: "toy" });
    await using browser = await startBrowser();
    stage.networks({ west: "id=101" });
    const port = freePort();
    const start = () => startProduct(runArguments(stage, port), { onLine: () => {} });
    let controller = await start();
    try {
      const page = await openWhenServed(browser.open, `http://127.0.0.1:${port}/`);
      await page.getByText("no members").waitFor();
      stage.pod({ name: "a", networks: "west ip=10.0.0.1/24" });
      stage.pod({ name: "b", networks: "west ip=10.0.0.2/24" });
      await rowOf(page, "default/a").getByText("ready").waitFor();
      await page.locator("#picture svg text", { hasText: "default/b" }).waitFor();
      stage.pod({ name: "evil", networks: 'west, "<img src=x onerror=alert(1)>"' });
      await rowOf(page, "default/evil").getByText("failing").waitFor();
      assert.equal(await page.locator("img").count(), 0, "text of a pod's author became markup");
      await page.locator("#picture svg .box.failing").first().waitFor();

      await page.locator("#words").fill("10.0.0.2");
      await rowOf(page, "default/a").waitFor({ state: "detached" });
      await rowOf(page, "default/b").getByRole("button").press("Enter");
      const fields = page.locator("#fields");
      await fields.getByText("default/a on node", { exact: false }).waitFor();
      await page.keyboard.press("Escape");
      await fields.waitFor({ state: "hidden" });
      assert.equal(await page.evaluate("document.activeElement.dataset.pod"), "default/b");
      assert.deepEqual(await seriousFaults(page), []);
      assert.equal(browser.complaints.join("\n"), "");

      await controller.stop();
      await page.getByText("no connection to the controller").waitFor();
      stage.pod({ name: "late", networks: "west" });
      controller = await start();
      await page.locator("#words").fill("late");
      await rowOf(page, "default/late").getByText("ready").waitFor();
      const unexpected = browser.complaints.filter((text) => !text.includes("net::ERR_"));
      assert.deepEqual(unexpected, [], "only the connection was complained of");
    } finally {
      await controller.stop();
    }
  },
});

function runArguments(stage: Stage, port: number): readonly string[] {
  const page = ["--web", "--web-address", `127.0.0.1:${port}`];
  return ["run", "--server", stage.sandbox.server.url, "--http-address", "off", ...page];
}

/** The program takes a moment until it listens. */
async function openWhenServed(open: (url: string) => Promise<Page>, url: string): Promise<Page> {
  for (;;) {
    try {
      await (await fetch(url)).body?.cancel();
      return await open(url);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function rowOf(page: Page, pod: string): ReturnType<Page["locator"]> {
  return page.locator("#rows tr", { has: page.locator(`[data-pod="${pod}"]`) });
}

/** What axe finds that keeps people from using the page. */
async function seriousFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate("axe.run()") as axe.AxeResults;
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
