// Does the agent get into every workload that asks for networks, once, and is all else as it was written?
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { injectCommand } from "../../../lib/cli/manifests/inject.ts";
import { lintCommand } from "../../../lib/cli/manifests/lint.ts";
import { runOn } from "../test_host.ts";

const annotation = "vxlan.travelping.com/networks: one id=7";
const template = (indent: string): string =>
  [
    "metadata:",
    `  annotations: {${annotation.replace(": ", ': "')}"}`,
    "spec:",
    "  containers:",
    "  - name: app # ours",
    "    image: app:1",
    "  volumes:",
    "  - name: scratch",
    "    emptyDir:",
    "  - name: keys",
    "    secret: {secretName: keys, defaultMode: 0644}",
  ].map((line) => `${indent}${line}`).join("\n");

const workloads: readonly (readonly [kind: string, text: string])[] = [
  ["Pod", `apiVersion: v1\nkind: Pod\n${template("").replace("metadata:", "metadata:\n  name: a")}\n`],
  ...["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"].map((kind) =>
    [kind, `kind: ${kind}\nmetadata:\n  name: a\nspec:\n  template:\n${template("    ")}\n`] as const
  ),
  [
    "CronJob",
    `kind: CronJob\nmetadata:\n  name: a\nspec:\n  jobTemplate:\n    spec:\n      template:\n${
      template("        ")
    }\n`,
  ],
  [
    "List",
    `kind: List\nitems:\n- kind: Deployment\n  metadata:\n    name: a\n  spec:\n    template:\n${
      template("      ")
    }\n`,
  ],
];

async function injected(input: string, ...args: readonly string[]): Promise<string> {
  const { status, printed, complained } = await runOn([injectCommand], { args: ["inject", ...args], input });
  assert.equal(status, 0, complained);
  return `${printed}\n`;
}

Deno.test("every kind of workload gets the agent, once, and keeps its words", async (t) => {
  for (const [kind, input] of workloads) {
    for (const args of [[], ["--classic"]]) {
      await t.step(`${kind} ${args.join("")}`, async () => {
        const output = await injected(input, ...args);
        assert.equal(await injected(output, ...args), output, "twice is as once");
        // Nothing of what was written is gone or other than it was.
        const lines = new Set(output.split("\n"));
        assert.deepEqual(input.split("\n").filter((line) => !lines.has(line)), []);
        const linted = await runOn([lintCommand], { args: ["lint"], input: output });
        assert.deepEqual([linted.status, linted.printed], [0, ""]);
      });
    }
  }
});

Deno.test("as the admission policy puts it in: first, and held by its port", async () => {
  const [, [, input = ""] = []] = workloads;
  const [object] = parseAllDocuments(await injected(input)).map((document) => document.toJS());
  const policy = await Deno.readTextFile(
    new URL("../../../deploy/admission/agent-injection.yaml", import.meta.url),
  );
  const { spec, metadata } = object.spec.template;
  assert.equal(metadata.labels["vxlan.travelping.com"], "true");
  const [agent] = spec.initContainers;
  assert.equal(agent.name, "vxlan-controller-agent");
  assert.ok(policy.includes(`"${agent.image}"`), agent.image);
  assert.ok(policy.includes(`args: ["${agent.args[0]}"]`));
  assert.deepEqual(agent.startupProbe.httpGet, { port: 18472 });
  for (
    const [name, value] of Object.entries(agent.startupProbe).filter(([, one]) => typeof one === "number")
  ) {
    assert.ok(policy.includes(`${name}: ${value}`), name);
  }
  assert.deepEqual(agent.securityContext.capabilities, { drop: ["ALL"], add: ["NET_ADMIN"] });
  assert.deepEqual(agent.resources.requests, { cpu: "10m", memory: "16Mi" });
});

Deno.test("what asks for nothing, has an agent or cannot be a member keeps every byte", async (t) => {
  const plain = "kind: Pod\nmetadata:   {name: a}\nspec:\n    containers: [ ]\n";
  const foreign = "# only words\n---\nkind: ConfigMap\ndata:\n    a:   'b'\n---\n\n";
  for (
    const [it, input] of [["no annotation", plain], ["no workload", foreign], ["nothing", "\n"]] as const
  ) {
    await t.step(it, async () => assert.equal(await injected(input), input === "\n" ? "\n" : input));
  }
  await t.step("the host's network", async () => {
    const input =
      `kind: Pod\nmetadata:\n  name: a\n  annotations:\n    ${annotation}\nspec:\n  hostNetwork: true\n`;
    const { printed, complained } = await runOn([injectCommand], { args: ["inject"], input });
    assert.equal(`${printed}\n`, input);
    assert.match(complained, /^Pod a: Cannot add the agent: the pod is in the host's network/);
  });
});

Deno.test("a label with another name", async () => {
  const [, input = ""] = workloads[0] ?? [];
  const output = await injected(input, "--selector", "nets=on");
  assert.match(output, /nets: "on"/);
  const { status, complained } = await runOn([injectCommand], {
    args: ["inject", "--selector", "a in (b)"],
    input,
  });
  assert.equal(status, 2);
  assert.match(complained, /expected KEY=VALUE/);
});
