// Do the manifests agree with each other and with the program: rights, names, commands, options?
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { batchCommand } from "../../lib/overlay/iproute2/render.ts";
import { readyMarker } from "../../lib/overlay/step.ts";

const root = new URL("../../", import.meta.url);

interface KubeObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // deno-lint-ignore no-explicit-any
  readonly [field: string]: any;
}

Deno.test("deploy/ha differs from k8s.yaml in what it is for, and in nothing else", async () => {
  const [single] = await objects("k8s.yaml", "Deployment");
  const [double] = await objects("deploy/ha/two-replicas.yaml", "Deployment");
  assert.ok(single && double);
  const { topologySpreadConstraints, ...pod } = double.spec.template.spec;
  assert.ok(topologySpreadConstraints);
  const expected = structuredClone(single);
  expected.spec.replicas = 2;
  expected.spec.strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };
  expected.spec.template.spec.containers[0].args = ["run", "--leader-election"];
  const found = structuredClone(double);
  found.spec.template.spec = pod;
  assert.deepEqual(found, expected);
});

Deno.test("deploy/namespaced runs the same pod, and has the same rights in Roles", async () => {
  const [everywhere] = await objects("k8s.yaml", "Deployment");
  const [here] = await objects("deploy/namespaced/controller.yaml", "Deployment");
  assert.ok(everywhere && here);
  const { priorityClassName, ...pod } = everywhere.spec.template.spec;
  assert.equal(priorityClassName, "system-cluster-critical");
  const ours = structuredClone(here.spec.template.spec);
  assert.deepEqual(ours.containers[0].args, [
    "run",
    "--namespace=$(POD_NAMESPACE)",
    "--watch-namespaces=$(POD_NAMESPACE)",
  ]);
  ours.containers[0].args = ["run"];
  assert.deepEqual(ours, pod);

  const clusterWide = await rights("k8s.yaml");
  const inRoles = await rights("deploy/namespaced/role.yaml");
  assert.deepEqual(inRoles, clusterWide);
  assert.deepEqual(await objects("deploy/namespaced/role.yaml", "ClusterRole"), []);
});

Deno.test("the controller has no more rights than are written down here", async () => {
  assert.deepEqual(await rights("k8s.yaml"), [
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
  ]);
});

Deno.test("the admission policy lets exactly the program's commands pass", async () => {
  const [policy] = await objects("deploy/admission/controller-exec.yaml", "ValidatingAdmissionPolicy");
  assert.ok(policy);
  const text = policy.spec.variables.map((one: { expression: string }) => one.expression).join("\n");
  const allowed = [...text.matchAll(/variables\.command == (\[[^\]]*\])/g)].map((match) => match[1]);
  const release = await Deno.readTextFile(new URL("lib/controller/agent/release.ts", root));
  const releases = [...release.matchAll(/= (\[.*\]) as const;/g)].map((match) => match[1]);
  assert.ok(releases.length > 0, "the commands of the release are found in the source");
  const used = [batchCommand("ip"), batchCommand("bridge")].map((argv) => JSON.stringify(argv));
  const plain = (list: readonly (string | undefined)[]): string[] =>
    list.map((one) => `${one}`.replaceAll(" ", "")).sort();
  assert.deepEqual(plain(allowed), plain([...used, ...releases]));
});

Deno.test("the injected agent waits for the controller's mark", async () => {
  const [policy] = await objects("deploy/admission/agent-injection.yaml", "MutatingAdmissionPolicy");
  assert.ok(policy);
  const { expression } = policy.spec.mutations[0].jsonPatch;
  assert.ok(expression.includes(`"${readyMarker}"`));
  assert.ok(expression.includes('name: "vxlan-controller-agent"'));
});

const images = [
  { it: "k8s.yaml", file: "k8s.yaml" },
  { it: "deploy/ha", file: "deploy/ha/two-replicas.yaml" },
  { it: "deploy/namespaced", file: "deploy/namespaced/controller.yaml" },
  { it: "deploy/admission", file: "deploy/admission/agent-injection.yaml" },
];
for (const { it, file } of images) {
  Deno.test(`${it} asks for the images of this version`, async () => {
    const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
    const text = await Deno.readTextFile(new URL(file, root));
    const tags = [...text.matchAll(/kube-vxlan-controller(?:-agent)?:(\d[^"\s]*)/g)].map((match) => match[1]);
    assert.ok(tags.length > 0, "an image is named");
    assert.deepEqual(tags.filter((tag) => tag !== version), []);
  });
}

async function objects(file: string, kind: string): Promise<KubeObject[]> {
  const text = await Deno.readTextFile(new URL(file, root));
  return parseAllDocuments(text).map((document): KubeObject => document.toJS()).filter((one) =>
    one?.kind === kind
  );
}

/** `resource/name verb` for every right in the file, sorted, whether in Roles or ClusterRoles. */
async function rights(file: string): Promise<readonly string[]> {
  const roles = [...await objects(file, "ClusterRole"), ...await objects(file, "Role")];
  const found = new Set<string>();
  for (const rule of roles.flatMap((role) => role.rules)) {
    for (const right of rightsOf(rule)) found.add(right);
  }
  return [...found].sort();
}

function rightsOf(
  rule: { readonly resources: string[]; readonly resourceNames?: string[]; readonly verbs: string[] },
): readonly string[] {
  const named = rule.resources.flatMap((resource) =>
    rule.resourceNames?.map((name) => `${resource}/${name}`) ?? [resource]
  );
  return named.flatMap((resource) => rule.verbs.map((verb) => `${resource} ${verb}`));
}
