// deno task screenshots: how the live page looks, empty, with 3 and 1,000 members, and with a failure, in light and dark.
import { systemClock } from "../../lib/time/clock.ts";
import { LiveView } from "../../lib/web/live_view.ts";
import type { KeyedMember, PageSource, ProbeSeen } from "../../lib/web/page_data.ts";
import { startWebServer } from "../../lib/web/web_server.ts";
import { root } from "../docs/pages.ts";
import { seen } from "../graph/seen_member.ts";
import { startBrowser, type TestBrowser } from "./browser.ts";

const three = ["a", "b", "gw"].map((name, index) =>
  member({
    name,
    node: `worker-${index % 2 + 1}`,
    networks: name === "gw"
      ? "west id=101 ip=192.168.11.1/29, east id=102 ip=192.168.12.1/29"
      : name === "a"
      ? "west id=101 ip=192.168.11.2/29 route=192.168.12.0/29:192.168.11.1"
      : "east id=102 ip=192.168.12.2/29 route=192.168.11.0/29:192.168.12.1",
  })
);
const thousand = Array.from({ length: 1_000 }, (_, index) =>
  member({
    name: `upf-${index}`,
    node: `worker-${index % 10 + 1}`,
    networks: `n${index % 4 + 3} id=${30 + index % 4} ip=10.1.${index >> 8}.${index & 255}/16`,
  }));
const failure = three.map((one): KeyedMember =>
  one.name === "b"
    ? { ...one, standing: "failing", reasons: ["Cannot make interface east: the container has no NET_ADMIN"] }
    : one
);
const probes = three.flatMap(({ name: from }) =>
  three.filter(({ name }) => name !== from).map(({ name: to }): ProbeSeen => ({
    network: "west",
    from: `default/${from}`,
    to: `default/${to}`,
    outcome: from === "b" || to === "b" ? "unreachable" : "reachable",
  }))
);

const scenes: Readonly<Record<string, readonly KeyedMember[]>> = { empty: [], three, thousand, failure };

if (import.meta.main) {
  await using browser = await startBrowser();
  for (const [name, members] of Object.entries(scenes)) {
    for (const dark of [false, true]) await shoot(browser, { name, members, dark });
  }
}

async function shoot(
  browser: TestBrowser,
  { name, members, dark }: {
    readonly name: string;
    readonly members: readonly KeyedMember[];
    readonly dark: boolean;
  },
): Promise<void> {
  const view = new LiveView({ clock: systemClock });
  for (const [index] of members.entries()) {
    const share = (index * 7_919 + 500) % 1_009 / 1_009;
    view.interfaceReady(400 + 900 * share ** 3);
    view.meshReady(600 + 1_100 * share ** 3);
  }
  const source: PageSource = {
    version: "0.1.0",
    view,
    synced: () => true,
    leadership: () => ({ leading: true }),
    members: () => members,
    detail: () => undefined,
    probes: () => name === "failure" ? probes : [],
  };
  const address = { kind: "listen", hostname: "127.0.0.1", port: 0 } as const;
  const server = startWebServer({
    address,
    clock: systemClock,
    source,
    onError: (message) => {
      throw new Error(message);
    },
  });
  const page = await browser.open(`http://${server.address}/`, { dark });
  await page.locator("html[data-revision]").waitFor();
  // As high as all that is shown, and no more.
  const height = await page.locator("main").evaluate((main) =>
    Math.ceil(main.getBoundingClientRect().bottom)
  );
  const path = `docs/pictures/page-${name}-${dark ? "dark" : "light"}.png`;
  await page.screenshot({
    path: new URL(path, root).pathname,
    fullPage: true,
    clip: { x: 0, y: 0, width: 1100, height: height + 16 },
  });
  await page.close();
  view.close();
  await server.close();
}

function member(
  { name, node, networks }: { readonly name: string; readonly node: string; readonly networks: string },
): KeyedMember {
  return { uid: name, ...seen(name, { node, networks }) };
}
