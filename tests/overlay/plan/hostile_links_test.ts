// What does a pod with thousands of links, in any form its author may give them, cost when it is planned?
import assert from "node:assert/strict";
import { mostLinks } from "../../../lib/overlay/iproute2/read_links.ts";
import { aliasOf } from "../../../lib/overlay/wanted.ts";
import {
  aDevice,
  aLink,
  anInterface,
  annotationKey,
  anObservation,
  aWantedState,
  planLines,
} from "./worlds.ts";

const links = Array.from({ length: mostLinks - 2 }, (_, n) => `evil${n}`);

Deno.test("64 networks on a device that is not there: ten links are named for each, and how many more there are", () => {
  const interfaces = Array.from(
    { length: 64 },
    (_, n) => anInterface({ name: `net${n}`, vni: n + 1, underlay: "nodev" }),
  );
  const observed = anObservation(links.map((name) => aDevice(name)));
  const { obstacles } = planLines({ wanted: aWantedState(interfaces), observed });
  assert.equal(obstacles.length, 64);
  for (const text of obstacles) {
    assert.match(text, / and 4086 more\. Name one of them/);
    assert.ok(text.length < 400, `${text.length} characters`);
  }
});

/** Links of a network that the pod no longer asks for: they go, those that stand on others first. */
function doomed(below: (n: number) => string): readonly string[] {
  const observed = anObservation(links.map((name, n) =>
    aLink({
      name,
      alias: aliasOf("former", annotationKey),
      vxlan: { vni: n + 1, port: 8472, family: 4, dev: below(n) },
    })
  ));
  return planLines({ wanted: aWantedState([]), observed }).lines;
}

Deno.test("a tower of thousands of links is taken down from its top", () => {
  const lines = doomed((n) => n === 0 ? "eth0" : `evil${n - 1}`);
  assert.deepEqual(lines, links.map((name) => `link delete dev ${name}`).reverse());
});

Deno.test("links that are said to stand on each other in a circle are planned, too", () => {
  assert.equal(doomed((n) => `evil${(n + 1) % links.length}`).length, links.length);
});
