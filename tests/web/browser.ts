// A real browser for tests of the live page: Debian's Chromium over its debugging port.
import { type Browser, chromium, type Page } from "playwright-core";
import { findProgram } from "../sandbox/namespaces/programs.ts";

/** Where Chromium is, or undefined: apt-get install chromium. */
export const chromiumPath: string | undefined = await findProgram("chromium");

/** How a page is opened. */
export interface PageOptions {
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** Pages, and what they complained of: console errors, exceptions, requests that were blocked. */
export interface TestBrowser extends AsyncDisposable {
  open(url: string, options?: PageOptions): Promise<Page>;
  readonly complaints: readonly string[];
}

/** Starts Chromium with a profile of its own. Not by playwright's pipe, which Deno does not have. */
export async function startBrowser(): Promise<TestBrowser> {
  if (chromiumPath === undefined) {
    throw new Error("Cannot start a browser: no chromium; apt-get install chromium");
  }
  const profile = await Deno.makeTempDir({ prefix: "kvc-browser-" });
  const child = new Deno.Command(chromiumPath, {
    args: [
      ...["--headless=new", "--hide-scrollbars", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
      ...["--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const { endpoint, drained } = await endpointOf(child.stderr);
  const browser = await chromium.connectOverCDP(endpoint);
  const complaints: string[] = [];
  return {
    complaints,
    open: (url, options = {}) => openPage(browser, { url, complaints, ...options }),
    [Symbol.asyncDispose]: async () => {
      // Over the debugging port this only disconnects.
      await browser.close();
      child.kill("SIGTERM");
      await child.status;
      await drained;
      await removeProfile(profile);
    },
  };
}

/** Chromium's helpers end a moment after it, and write until then. */
async function removeProfile(profile: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.remove(profile, { recursive: true });
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function openPage(
  browser: Browser,
  { url, complaints, dark = false, width = 1100, height = 900 }: PageOptions & {
    readonly url: string;
    readonly complaints: string[];
  },
): Promise<Page> {
  const context = await browser.newContext({
    colorScheme: dark ? "dark" : "light",
    viewport: { width, height },
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  await page.goto(url);
  return page;
}

/** The address that Chromium writes on stderr; what else it writes is read and dropped. */
async function endpointOf(
  stderr: ReadableStream<Uint8Array>,
): Promise<{ readonly endpoint: string; readonly drained: Promise<void> }> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Cannot start a browser: chromium ended and said ${text.slice(-500)}`);
    text += value;
    const endpoint = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
    if (endpoint === undefined) continue;
    const drain = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    return { endpoint, drained: drain() };
  }
}
