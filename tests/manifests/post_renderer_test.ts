// Does a real Helm put a chart that was written for Multus into our networks, with our program as its post-renderer?
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { helm, helm3 } from "./helm.ts";
import { helmWithPlugin, labChart, postRenderer } from "./post_renderer.ts";

const networks = "vxlan.travelping.com/networks";
const expected = new Map([
  ["lab-amf", /^n2 id=\d+ ip=10\.100\.50\.249\/29$/],
  ["lab-gnb", /^n2 id=\d+ ip=10\.100\.50\.250\/29$/],
  ["lab-smf", /^n4 id=\d+ ip=10\.100\.50\.244\/29$/],
  ["lab-upf", /^n4 id=\d+ ip=10\.100\.50\.241\/29$/],
]);

Deno.test("helm template --post-renderer vxlan", async () => {
  await using plugin = await helmWithPlugin();
  const { code, stdout, stderr } = await helm(["template", "lab", labChart, ...postRenderer], plugin);
  assert.equal(code, 0, stderr);
  const objects = parseAllDocuments(stdout, { uniqueKeys: false }).map((one) => one.toJS()).filter(Boolean);
  assert.deepEqual(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort(), [
    ...[...expected.keys()].map((name) => `Deployment ${name}`),
  ]);
  for (const { metadata, spec } of objects) {
    const { template } = spec;
    assert.match(template.metadata.annotations[networks], expected.get(metadata.name) ?? /no such/);
    assert.equal(template.spec.initContainers[0].name, "vxlan-controller-agent");
    assert.equal(template.metadata.labels["vxlan.travelping.com"], "true");
    assert.equal(
      spec.selector.matchLabels["vxlan.travelping.com"],
      undefined,
      "selectors stay what they are",
    );
  }
  // Helm's own words about where each comes from, and the chart's.
  assert.match(stdout, /^# Source: lab\/templates\/amf\.yaml$/m);
  assert.match(stdout, /nf: amf # the function/);
});

Deno.test("where the program is missing, Helm fails and renders nothing", async () => {
  await using plugin = await helmWithPlugin({ program: false });
  const { code, stdout, stderr } = await helm(["template", "lab", labChart, ...postRenderer], plugin);
  assert.notEqual(code, 0);
  assert.equal(stdout.trim(), "");
  assert.match(
    stderr,
    helm3 ? /kube-vxlan-controller: not found/ : /failed to invoke post-renderer plugin "vxlan"/,
  );
});
