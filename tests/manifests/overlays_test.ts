// Do the overlays differ from the base in what they are for, and in nothing else?
import assert from "node:assert/strict";
import { repository } from "../cluster/install_controller.ts";
import { keyOf, type KubeObject, kustomizeObjects } from "./kustomize.ts";
import { withCopy } from "./repository_copy.ts";
import { rightsOf } from "./rights.ts";

const build = (name: string): Promise<readonly KubeObject[]> =>
  kustomizeObjects(`${repository}deploy/${name}`);
const base = await build("base");

Deno.test("deploy/ha: two replicas on two nodes, a disruption budget, and nothing else", async () => {
  const ha = await build("ha");
  const expected = base.map(changed("Deployment", (deployment) => {
    deployment.spec.replicas = 2;
    deployment.spec.strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };
    const { matchLabels } = deployment.spec.selector;
    deployment.spec.template.spec.topologySpreadConstraints = [{
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels },
    }];
  }));
  assert.deepEqual(ha.filter(({ kind }) => kind !== "PodDisruptionBudget"), expected);
  const [budget] = ha.filter(({ kind }) => kind === "PodDisruptionBudget");
  assert.deepEqual(budget?.spec, { minAvailable: 1, selector: one(ha, "Deployment").spec.selector });
});

Deno.test("deploy/names: the flag and the rights that it needs, and nothing else", async () => {
  const names = await build("names");
  const added = names.filter((object) => !base.some((other) => keyOf(other) === keyOf(object)));
  assert.deepEqual(added.map(keyOf).sort(), [
    "ClusterRole /kube-vxlan-controller-names",
    "ClusterRoleBinding /kube-vxlan-controller-names",
  ]);
  assert.deepEqual(rightsOf(added), [
    ...["create", "delete", "list", "patch", "watch"].map((verb) => `endpointslices ${verb}`),
    ...["list", "watch"].map((verb) => `services ${verb}`),
  ]);
  const expected = base.map(changed("Deployment", (deployment) => {
    deployment.spec.template.spec.containers[0].env.push({ name: "KVC_NAMES", value: "true" });
  }));
  assert.deepEqual(names.filter((object) => !added.includes(object)), expected);
});

Deno.test("deploy/namespaced: the same pod and the same rights, in one namespace only", async () => {
  const here = await build("namespaced");
  assert.deepEqual(rightsOf(here), rightsOf(base));
  assert.deepEqual(here.filter(({ metadata }) => metadata.namespace !== "default").map(keyOf), []);
  assert.deepEqual(here.filter(({ kind }) => kind.startsWith("Cluster")).map(keyOf), []);
  for (const { kind, roleRef, subjects } of here) {
    if (kind !== "RoleBinding") continue;
    assert.equal(roleRef.kind, "Role");
    assert.deepEqual(subjects.map((subject: { namespace: string }) => subject.namespace), ["default"]);
  }
  const pod = structuredClone(one(base, "Deployment").spec);
  assert.equal(pod.template.spec.priorityClassName, "system-cluster-critical");
  delete pod.template.spec.priorityClassName;
  pod.template.spec.containers[0].env.push({
    name: "KVC_WATCH_NAMESPACES",
    valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } },
  });
  assert.deepEqual(one(here, "Deployment").spec, pod);
});

const upgrades = [
  { upgrade: "upgrade", of: "base" },
  { upgrade: "upgrade/ha", of: "ha" },
  { upgrade: "upgrade/namespaced", of: "namespaced" },
];
for (const { upgrade, of } of upgrades) {
  Deno.test(`deploy/${upgrade} is deploy/${of} without the networks`, async () => {
    const install = await build(of);
    const kept = install.filter(({ kind, metadata }) =>
      kind !== "ConfigMap" || metadata.name !== "kube-vxlan-controller"
    );
    assert.equal(kept.length, install.length - 1);
    assert.deepEqual(await build(upgrade), kept);
  });
}

Deno.test("deploy/validation-deny refuses what deploy/validation warns of, and differs in nothing else", async () => {
  const warns = await build("validation");
  const expected = warns.map(changed("ValidatingAdmissionPolicyBinding", (binding) => {
    assert.deepEqual(binding.spec.validationActions, ["Warn", "Audit"]);
    binding.spec.validationActions = ["Deny"];
  }));
  assert.deepEqual(await build("validation-deny"), expected);
});

Deno.test("deploy/components/openshift adds to the base and changes nothing", async () => {
  const directory = await Deno.makeTempDir({ dir: `${repository}deploy`, prefix: "test-" });
  try {
    const kustomization = { resources: ["../base"], components: ["../components/openshift"] };
    await Deno.writeTextFile(`${directory}/kustomization.yaml`, JSON.stringify(kustomization));
    const all = await kustomizeObjects(directory);
    const added = all.filter((object) => !base.some((other) => keyOf(other) === keyOf(object)));
    assert.deepEqual(all.filter((object) => !added.includes(object)), base);
    assert.deepEqual(added.map(({ kind }) => kind).sort(), ["RoleBinding", "SecurityContextConstraints"]);
    const { metadata, subjects } = one(added, "RoleBinding");
    const account = one(base, "ServiceAccount");
    assert.deepEqual(subjects, [{ kind: "ServiceAccount", ...account.metadata }]);
    assert.equal(metadata.namespace, account.metadata.namespace);
    assert.deepEqual(one(added, "SecurityContextConstraints").allowedCapabilities, ["NET_ADMIN"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("deploy/components/network-policy lets Prometheus to the controller's port, wherever that is installed", async () => {
  const directory = await Deno.makeTempDir({ dir: `${repository}deploy`, prefix: "test-" });
  try {
    const kustomization = {
      namespace: "elsewhere",
      resources: ["../base"],
      components: ["../components/network-policy"],
    };
    await Deno.writeTextFile(`${directory}/kustomization.yaml`, JSON.stringify(kustomization));
    const all = await kustomizeObjects(directory);
    assert.equal(all.length, base.length + 1);
    const { metadata, spec } = one(all, "NetworkPolicy");
    const pod = one(all, "Deployment").spec.template;
    assert.equal(metadata.namespace, "elsewhere");
    for (const [key, value] of Object.entries(spec.podSelector.matchLabels)) {
      assert.equal(pod.metadata.labels[key], value);
    }
    const [{ port }] = spec.ingress[0].ports;
    assert.ok(pod.spec.containers[0].ports.some(({ name }: { name: string }) => name === port));
    assert.deepEqual(spec.policyTypes, ["Ingress"], "its way to the API server stays open");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("every install elects a leader, and takes its settings from variables", async () => {
  for (const name of ["base", "ha", "namespaced", ...upgrades.map(({ upgrade }) => upgrade)]) {
    const [container] = one(await build(name), "Deployment").spec.template.spec.containers;
    assert.deepEqual(container.args, ["run"], name);
    assert.deepEqual(container.env[0], { name: "KVC_LEADER_ELECTION", value: "true" }, name);
  }
});

function one(objects: readonly KubeObject[], kind: string): KubeObject {
  const [found, ...more] = objects.filter((object) => object.kind === kind);
  assert.ok(found !== undefined && more.length === 0, `one ${kind}`);
  return found;
}

Deno.test("names of the controller's own, written once, stand in every text of deploy/validation", async () => {
  const own = { KVC_CONFIGMAP_NAME: "nets", KVC_ANNOTATION: "x.example/y", KVC_SELECTOR: "x.example=yes" };
  const usual = {
    KVC_CONFIGMAP_NAME: "kube-vxlan-controller",
    KVC_ANNOTATION: "vxlan.travelping.com/networks",
    KVC_SELECTOR: "vxlan.travelping.com=true",
  };
  await withCopy(async (root) => {
    const path = `${root}deploy/components/policy-names/names.yaml`;
    let text = (await Deno.readTextFile(path)).replace("namespace: kube-system", "namespace: edge");
    for (const [name, value] of Object.entries(own)) {
      text = text.replace(new RegExp(`(name: ${name}\n +value: ).*`), `$1${value}`);
    }
    await Deno.writeTextFile(path, text);
    const given = await kustomizeObjects(`${root}deploy/validation`);
    const found = given.map((object) => ({
      ref: object["spec"].paramRef,
      names: object["spec"].matchConstraints?.resourceRules[0].resourceNames,
      place: object["spec"].matchConditions?.[0].expression,
      variables: object["spec"].variables?.filter(({ name }: { name: string }) =>
        ["annotation", "selector"].includes(name)
      ).map(({ expression }: { expression: string }) => expression),
    }));
    const texts = JSON.stringify(found);
    for (const value of Object.values(own)) assert.ok(texts.includes(value), `${value}: ${texts}`);
    for (const value of [...Object.values(usual), "kube-system"]) assert.ok(!texts.includes(value), texts);
  });
});

/** A copy in which the objects of a kind are changed. */
function changed(kind: string, change: (object: KubeObject) => void): (object: KubeObject) => KubeObject {
  return (object) => {
    const copy = structuredClone(object);
    if (copy.kind === kind) change(copy);
    return copy;
  };
}
