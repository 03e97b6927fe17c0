// Do the manifests agree with each other and with the program: rights, names, commands, options?
import assert from "node:assert/strict";
import { membershipOptions } from "../../lib/cli/settings/options.ts";
import { terminateCommands } from "../../lib/agents/let_go.ts";
import { agentCommand } from "../../lib/agents/program_session.ts";
import { batchCommand } from "../../lib/overlay/iproute2/render.ts";
import { trafficCommand } from "../../lib/overlay/iproute2/read_traffic.ts";
import { readyMarker } from "../../lib/overlay/step.ts";
import { deeds } from "../cluster/thief/deeds.ts";
import { type KubeObject, objectsIn } from "../manifests/kustomize.ts";
import { rightsOf } from "../manifests/rights.ts";

const root = new URL("../../", import.meta.url);

Deno.test("the controller has no more rights than are written down here", async () => {
  const pools = Array.from({ length: 16 }, (_, at) => `configmaps/kube-vxlan-controller-pool-${at}`);
  const expected = [
    ...pools.flatMap((name) => [`${name} get`, `${name} update`]),
    "configmaps/kube-vxlan-controller get",
    "configmaps/kube-vxlan-controller list",
    "configmaps/kube-vxlan-controller watch",
    "events create",
    "events patch",
    "leases create",
    "leases/kube-vxlan-controller get",
    "leases/kube-vxlan-controller update",
    "pods get",
    "pods list",
    "pods watch",
    "pods/exec create",
    "pods/exec get",
    "pods/status patch",
  ];
  assert.deepEqual(rightsOf(objectsIn(await text("k8s.yaml"))), expected.sort());
});

Deno.test("what a thief could do with each right is tried on a real API server", async () => {
  const rights = rightsOf(objectsIn(await text("k8s.yaml")));
  const missing = rights.filter((right) => !deeds.some((deed) => deed.right === right));
  assert.deepEqual(missing, [], "rights of which tests/cluster/thief/deeds.ts tries nothing");
});

Deno.test("the policy on pods/status goes by the annotation that the controller has when nothing is said", async () => {
  const file = "deploy/admission/controller-status.yaml";
  const [policy] = await objects(file, "ValidatingAdmissionPolicy");
  const [annotation] = policy?.spec.variables ?? [];
  assert.deepEqual(annotation, {
    name: "annotation",
    expression: JSON.stringify(membershipOptions.annotation.fallback),
  });
});

Deno.test("the admission policy lets exactly the program's commands pass", async () => {
  const [policy] = await objects("deploy/admission/controller-exec.yaml", "ValidatingAdmissionPolicy");
  assert.ok(policy);
  const expressions = policy.spec.variables.map((one: { expression: string }) => one.expression).join("\n");
  const allowed = [...expressions.matchAll(/variables\.command == (\[[^\]]*\])/g)].map((match) => match[1]);
  const sessions = [agentCommand, trafficCommand, ...(["ip", "ip6", "bridge"] as const).map(batchCommand)];
  const used = [...sessions, ...Object.values(terminateCommands)].map((argv) => JSON.stringify(argv));
  const plain = (list: readonly (string | undefined)[]): string[] =>
    list.map((one) => `${one}`.replaceAll(" ", "")).sort();
  assert.deepEqual(plain(allowed), plain(used));
});

Deno.test("the injected agent waits for the controller's mark", async () => {
  const [policy] = await objects("deploy/admission/agent-injection.yaml", "MutatingAdmissionPolicy");
  assert.ok(policy);
  const { expression } = policy.spec.mutations[0].jsonPatch;
  const [, opened] = /args: \["--ready-http-port=(\d+)"\]/.exec(expression) ?? [];
  const [, asked] = /httpGet\{\s*port: (\d+)/.exec(expression) ?? [];
  assert.ok(
    opened !== undefined && opened === asked,
    `the port that answers is ${opened}, asked is ${asked}`,
  );
  assert.ok(expression.includes('name: "vxlan-controller-agent"'));
});

Deno.test("everybody who reads the controller's mark knows the same text", async () => {
  for (const file of ["agent/pid1/marker.go", "agent/README.md", "docs/agents.md"]) {
    assert.ok((await text(file)).includes(readyMarker), file);
  }
});

const imageFiles = [
  "k8s.yaml",
  "deploy/admission/agent-injection.yaml",
  "examples/seed.yaml",
  "examples/routed.yaml",
];
for (const file of imageFiles) {
  Deno.test(`${file} asks for the images of this version`, async () => {
    const { version } = JSON.parse(await text("deno.json"));
    const named = [...(await text(file)).matchAll(/(?:\bimage: |expression: '")([^"\s]+:[^"\s]+)/g)];
    assert.ok(named.length > 0, "an image is named");
    assert.deepEqual(named.filter(([, image = ""]) => !image.endsWith(`:${version}`)), []);
  });
}

Deno.test("the examples change nothing that belongs to all", async () => {
  for (const file of ["examples/seed.yaml", "examples/routed.yaml"]) {
    const kinds = new Set(objectsIn(await text(file)).map(({ kind }) => kind));
    assert.deepEqual([...kinds].filter((kind) => !["Pod", "Deployment"].includes(kind)), [], file);
  }
});

async function objects(file: string, kind: string): Promise<readonly KubeObject[]> {
  return objectsIn(await text(file)).filter((one) => one.kind === kind);
}

async function text(file: string): Promise<string> {
  return await Deno.readTextFile(new URL(file, root));
}
