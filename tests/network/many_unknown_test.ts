// A pod that names a thousand networks which are none: of those that are told what was meant is looked up, and of no others.
import assert from "node:assert/strict";
import { noClusterNetworks, readClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { parseAnnotation } from "../../lib/network/grammar/annotation.ts";
import { mostProblems } from "../../lib/network/problem.ts";
import { resolveNetworks } from "../../lib/network/resolve.ts";

const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };

Deno.test("resolveNetworks: what was meant is looked up for as many names as are told", () => {
  const source = { kind: "annotation", key: "k", namespace: "default", pod: "p" } as const;
  const data = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`west-${i}-`, `id=${i + 1}`]));
  const cluster = readClusterNetworks(data, { previous: noClusterNetworks, configMap });
  const asked = Array.from({ length: 1_000 }, (_, i) => `wets-${i}-`).join(",");
  const { entries } = parseAnnotation(asked, source);
  const { problems } = resolveNetworks(entries, {
    cluster,
    source,
    configMap,
    namespace: "default",
    restrictPods: false,
    complete: true,
    lastGood: new Map(),
  });
  assert.equal(problems.length, 1_000);
  assert.equal(problems.filter(({ message }) => message.includes("did you mean west-")).length, mostProblems);
});
