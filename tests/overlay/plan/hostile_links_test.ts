// What does a pod with thousands of links, in any form its author may give them, cost when it is planned?
import assert from "node:assert/strict";
import { floodMac } from "../../../lib/overlay/iproute2/render.ts";
import { mostLinks } from "../../../lib/overlay/iproute2/read_links.ts";
import { membership } from "../../../lib/member/member.ts";
import { podView } from "../../../lib/member/pod.ts";
import { noClusterNetworks } from "../../../lib/network/cluster_networks.ts";
import { mostProblems } from "../../../lib/network/problem.ts";
import { untended } from "../../../lib/overlay/untended.ts";
import { memberPod, membershipSettings } from "../../member/member_pod.ts";
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

Deno.test("thousands of links that nobody looks after: it is asked of the first ones to whom they may send, and those lose the rest", () => {
  const observed = adrift();
  const names = observed.links.map(({ name }) => name).filter((name) => name.startsWith("evil"));
  const fdb = [0, 63, 64, 4000].map((at) => ({ dev: names[at] ?? "", mac: floodMac, dst: "10.0.0.3" }));
  let asked = 0;
  const maySendTo = (): readonly string[] => asked++ < 0 ? [] : ["10.0.0.2"];
  const wanted = aWantedState([], { mayRemove: false, maySendTo });
  const { lines } = planLines({ wanted, observed: { ...observed, fdb } });
  assert.equal(asked, 64);
  const expected = [names[0], names[63]].map((dev) =>
    `bridge fdb delete ${floodMac} dst 10.0.0.3 dev ${dev}`
  );
  assert.deepEqual(lines, expected);
});

Deno.test("thousands of links that nobody looks after: the first ones are told, and that there are more", () => {
  const { links } = adrift();
  const pod = podView(memberPod({ name: "a", networks: "9x", ip: "10.0.0.1" }), { annotationKey });
  const judged = membership(pod, { settings: membershipSettings, cluster: noClusterNetworks });
  assert.ok(judged.kind === "member");
  const problems = untended(judged.member, { links, annotationKey });
  assert.equal(problems.length, mostProblems + 1);
  assert.match(problems.at(-1)?.message ?? "", /there are more than 50/);
});

/** Each in the name of a network of its own. */
function adrift(): ReturnType<typeof anObservation> {
  return anObservation(links.map((name, n) =>
    aLink({
      name,
      alias: aliasOf(name, annotationKey),
      vxlan: { vni: n + 1, port: 8472, family: 4, dev: "eth0" },
    })
  ));
}
