// Can people use the page with a thousand members, in the dark, by keyboard alone, and on a replica that stands by?
import axe from "axe-core";
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { systemClock } from "../../lib/time/clock.ts";
import { LiveView } from "../../lib/web/live_view.ts";
import type { KeyedMember, PageSource, ProbeSeen } from "../../lib/web/page_data.ts";
import { startWebServer } from "../../lib/web/web_server.ts";
import { seen } from "../graph/seen_member.ts";
import { chromiumPath, startBrowser } from "./browser.ts";

const needs = chromiumPath === undefined ? " (needs chromium)" : "";
const hostile = "<img src=x onerror=alert(1)></svg><script>alert(2)</script>\u202e&#60;b>";

function thousand(): readonly KeyedMember[] {
  return Array.from({ length: 1_000 }, (_, index): KeyedMember => {
    const name = `upf-${index}`;
    const networks = `n${index % 4 + 3} id=${30 + index % 4} ip=10.1.${index >> 8}.${index & 255}/16`;
    const member = { uid: name, ...seen(name, { node: `worker-${index % 10 + 1}`, networks }) };
    return index === 777 ? { ...member, standing: "failing", reasons: [hostile] } : member;
  });
}

Deno.test({
  name: `a thousand members by keyboard, in the dark, on a standby; foreign text stays text${needs}`,
  ignore: chromiumPath === undefined,
  fn: async () => {
    const members = thousand();
    const view = new LiveView({ clock: systemClock });
    for (let at = 0; at < 40; at++) {
      view.interfaceReady(400 + at * 10);
      view.meshReady(600 + at * 10);
    }
    const source: PageSource = {
      version: "0.1.0",
      view,
      synced: () => true,
      leadership: () => ({ leading: false, leader: "controller-b" }),
      members: () => members,
      detail: () => ({ node: "worker-8", problems: [hostile] }),
      probes: () => [...probesOf("n3", 3), ...probesOf("n4", 20)],
    };
    const address = { kind: "listen", hostname: "127.0.0.1", port: 0 } as const;
    const onError = (message: string): void => assert.fail(message);
    const server = startWebServer({ address, clock: systemClock, source, onError });
    await using browser = await startBrowser();
    try {
      for (const dark of [false, true]) {
        const page = await browser.open(`http://${server.address}/`, { dark });
        await page.getByText("the leader is controller-b").waitFor();
        await page.getByText("300 of 1000").waitFor();
        await page.getByText("until the interface was there: median 0.6 s").waitFor();
        await page.getByText("until all peers knew of it: median 0.8 s").waitFor();
        assert.equal(await page.locator("#waits svg .dot").count(), 80, "a dot for each wait");
        await seesProbes(page);
        await useByKeyboard(page);
        assert.deepEqual(await seriousFaults(page), [], dark ? "dark" : "light");
        await page.close();
      }
      assert.deepEqual(browser.complaints, []);
    } finally {
      view.close();
      await server.close();
    }
  },
});

/** Every pair of so many members, and the first of them is answered by nobody. */
function probesOf(network: string, count: number): readonly ProbeSeen[] {
  const names = Array.from({ length: count }, (_, index) => `default/${network}-${index}`);
  return names.flatMap((from) =>
    names.filter((to) => to !== from).map((to): ProbeSeen => ({
      network,
      from,
      to,
      outcome: to === names[0] ? "unreachable" : "reachable",
    }))
  );
}

/** A matrix of few members; of many those pairs that had no answer. */
async function seesProbes(page: Page): Promise<void> {
  const few = page.locator("#probes table", { hasText: "n3-0" });
  await few.waitFor();
  assert.equal(await few.locator("td.reachable", { hasText: "ok" }).count(), 4);
  assert.equal(await few.locator("td.unreachable", { hasText: "no answer" }).count(), 2);
  const many = page.locator("#probes table", { hasText: "n4: 19 of 380 without an answer" });
  await many.waitFor();
  assert.equal(await many.locator("td.unreachable").count(), 38);
}

/** From the beginning of the page to one member's detail and back, with Tab, letters, Enter and Escape only. */
async function useByKeyboard(page: Page): Promise<void> {
  await tabTo(page, "words");
  await page.keyboard.type("upf-777");
  const row = page.locator('[data-pod="default/upf-777"]');
  await page.getByText("upf-778").first().waitFor({ state: "detached" });
  await row.waitFor();
  await page.locator("#rows").getByText(hostile).waitFor();
  await tabTo(page, "default/upf-777");
  await page.keyboard.press("Enter");
  await page.locator("#fields").getByText(hostile).waitFor();
  assert.equal(await focused(page), "detail-title");
  await page.keyboard.press("Escape");
  await page.locator("#detail").waitFor({ state: "hidden" });
  assert.equal(await focused(page), "default/upf-777", "the keyboard is where it was");
  assert.equal(
    await page.locator("img, #rows script, #picture script").count(),
    0,
    "markup of a pod's author",
  );
}

async function focused(page: Page): Promise<string> {
  return String(await page.evaluate("document.activeElement.dataset.pod ?? document.activeElement.id"));
}

/** Presses Tab until this has the focus, and sees that it can be seen. */
async function tabTo(page: Page, wanted: string): Promise<void> {
  for (let pressed = 0; pressed < 30; pressed++) {
    await page.keyboard.press("Tab");
    if (await focused(page) !== wanted) continue;
    const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
    assert.notEqual(outline, "none", `${wanted} shows that it has the focus`);
    return;
  }
  assert.fail(`Tab does not reach ${wanted}`);
}

/** What axe finds that keeps people from using the page. */
async function seriousFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate("axe.run()") as axe.AxeResults;
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ").slice(0, 500)}`);
}
