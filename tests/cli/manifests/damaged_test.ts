// What of damaged manifests? Nothing is thrown, and what goes through goes through twice without a change.
import assert from "node:assert/strict";
import fc from "fast-check";
import { convert } from "../../../lib/manifests/convert.ts";
import { inject } from "../../../lib/manifests/inject.ts";
import { NotYaml, type Rewritten } from "../../../lib/manifests/rewrite.ts";
import { lintCommand } from "../../../lib/cli/manifests/lint.ts";
import { runOn } from "../test_host.ts";
import { tries } from "../../tools/by_chance.ts";

const whole = await Deno.readTextFile(new URL("../../testdata/charts/core.yaml", import.meta.url));
const annotation = "vxlan.travelping.com/networks";
const label = { key: "vxlan.travelping.com", value: "true" };
const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };
const map = [{ pattern: "n2network-*", network: "n2" }];
const agents = { agent: "vxlan-controller-agent", initAgent: "vxlan-controller-agent-init", image: "a:1" };

/** The chart with a piece taken out, and another put in. */
const damaged = fc.tuple(
  fc.nat({ max: whole.length }),
  fc.nat({ max: 60 }),
  fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom(
      "\n",
      "---\n",
      "- ",
      "{",
      "]",
      '"',
      "&a ",
      "*a",
      "<<: ",
      "? ",
      "|\n",
      ">-\n",
      "\t",
      "null",
      "[]",
      "!!int ",
    ),
  ),
).map(([at, length, piece]) => whole.slice(0, at) + piece + whole.slice(at + length));

const changes: Readonly<Record<string, (text: string) => Rewritten>> = {
  inject: (text) => inject(text, { annotation, label, classic: false, ...agents }),
  "inject --classic": (text) => inject(text, { annotation, label, classic: true, ...agents }),
  convert: (text) => convert(text, { annotation, label, configMap, map, withConfigMap: false }),
  "convert --with-configmap": (text) =>
    convert(text, { annotation, label, configMap, map, withConfigMap: true }),
};

for (const [name, change] of Object.entries(changes)) {
  Deno.test(`property: ${name} of a damaged chart is refused, or twice as once`, () => {
    fc.assert(
      fc.property(damaged, (text) => {
        const once = attempt(change, text);
        if (once !== undefined) assert.equal(attempt(change, once), once);
      }),
      tries(),
    );
  });
}

Deno.test("property: lint of a damaged chart says something or nothing", async () => {
  await fc.assert(
    fc.asyncProperty(damaged, async (input) => {
      const { status, complained } = await runOn([lintCommand], { args: ["lint"], input });
      assert.ok(status === 0 || status === 1, complained);
      assert.equal(complained, "");
    }),
    tries(),
  );
});

function attempt(change: (text: string) => Rewritten, text: string): string | undefined {
  try {
    return change(text).text;
  } catch (error) {
    if (error instanceof NotYaml) return undefined;
    throw error;
  }
}
