// Is what programs read described? Each command is run with -o json, and its fields are compared with the table of docs/cli.md.
import assert from "node:assert/strict";
import { commands } from "../../../main.ts";
import { isRecord } from "../../../lib/text/json.ts";
import { tableRows } from "../../docs/markdown.ts";
import { text } from "../../docs/pages.ts";
import { field, type KubeObject } from "../../sandbox/store/kube_object.ts";
import { setStage } from "../../stories/stage.ts";
import { runOn } from "../test_host.ts";

/** `items.networks.name`: a path, where lists are entered; each with the fields that stand there. */
function fieldsIn(value: unknown, path = ""): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  if (Array.isArray(value)) return value.length === 0 ? found : fieldsIn(value[0], path);
  if (!isRecord(value)) return found;
  found.set(path, Object.keys(value));
  for (const [key, inner] of Object.entries(value)) {
    for (const [below, keys] of fieldsIn(inner, path === "" ? key : `${path}.${key}`)) found.set(below, keys);
  }
  return found;
}

Deno.test("docs/cli.md has the kinds and fields of all that is printed for programs", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101" });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "west ip=10.0.0.1/24" });
  for (const name of ["a", "b"]) {
    const holds = (pod: KubeObject): boolean => field(field(pod, "status"), "podIP") !== undefined;
    await stage.sandbox.waitForPod({ name }, { what: "has its pod IP", holds });
  }
  const documented = new Map(
    tableRows(await text("docs/cli.md"), "For programs")
      .map(([kind = "", path = "", fields = ""]) => [
        `${kind} ${path}`.replaceAll("`", "").trim(),
        fields.replaceAll("`", "").split(", ").sort(),
      ]),
  );
  const seen = new Map<string, readonly string[]>();
  const kinds = new Set<unknown>();
  const lines = [
    ...["list pods", "list networks", "list addresses", "inspect default/a", "inspect default/a default/b"],
    ...["check network west", "status", "status --pre"],
  ];
  for (const line of lines) {
    const args = [...line.split(" "), "-o", "json", "--server", stage.sandbox.server.url];
    const { printed, complained } = await runOn(commands, { args });
    assert.notEqual(printed, "", `${line}: ${complained}`);
    note(JSON.parse(printed));
  }
  const files = { "a.yaml": "kind: Pod\nmetadata: {annotations: {vxlan.travelping.com/networks: a}}\n" };
  note(JSON.parse((await runOn(commands, { args: ["lint", "-f", "a.yaml", "-o", "json"], files })).printed));

  /** Those of an inspection in a list are those of the inspection. */
  function note(value: Readonly<Record<string, unknown>>): void {
    assert.equal(value.apiVersion, "vxlan.travelping.com/v1");
    kinds.add(value.kind);
    for (const [path, keys] of fieldsIn(value)) {
      const isOwn = value.kind !== "InspectionList" || path === "";
      const all = path === "" ? keys.filter((key) => key !== "apiVersion" && key !== "kind") : keys;
      if (isOwn && all.join() !== "items") seen.set(`${value.kind} ${path}`.trim(), [...all].sort());
    }
  }

  assert.ok(kinds.has("InspectionList"));
  assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(documented));
});
