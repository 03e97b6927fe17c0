// Does the chart install what k8s.yaml does, and does each of its values change what it is for?
import assert from "node:assert/strict";
import { repository } from "../cluster/install_controller.ts";
import { chartObjects, helm } from "./helm.ts";
import { keyOf, type KubeObject, kustomizeObjects, objectsIn } from "./kustomize.ts";

const chart = `${repository}deploy/chart`;
const chartLabels = [
  "helm.sh/chart",
  "app.kubernetes.io/instance",
  "app.kubernetes.io/version",
  "app.kubernetes.io/managed-by",
];

Deno.test("helm lint finds nothing", async () => {
  const { code, stdout, stderr } = await helm(["lint", "--strict", chart]);
  assert.equal(code, 0, stdout + stderr);
});

Deno.test("with its default values the chart is k8s.yaml, but for the labels of charts", async () => {
  const plain = await Deno.readTextFile(`${repository}k8s.yaml`);
  const hook = { "helm.sh/hook": "pre-install" };
  const rendered = await chartObjects({ chart });
  const [networks] = rendered.filter(({ kind }) => kind === "ConfigMap");
  assert.deepEqual(
    networks?.metadata.annotations,
    hook,
    "the networks are made once and never touched again",
  );
  assert.deepEqual(rendered.map(withoutChartMarks), objectsIn(plain));
});

Deno.test("with its own values the chart is deploy/ha, and what deploy/monitoring and deploy/admission build", async () => {
  const values = {
    highAvailability: true,
    monitoring: { enabled: true },
    admission: { agentInjection: true, controllerExec: true, controllerStatus: true, networks: "warn" },
  };
  const parts = await Promise.all(
    ["ha", "monitoring", "admission", "validation"].map((name) =>
      kustomizeObjects(`${repository}deploy/${name}`)
    ),
  );
  const expected = parts.flat().sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
  assert.deepEqual((await chartObjects({ chart, values })).map(withoutChartMarks), expected);
});

Deno.test("labels of charts are in no selector and on no pod", async () => {
  const values = { highAvailability: true, monitoring: { enabled: true } };
  for (const object of await chartObjects({ chart, values })) {
    const inside = JSON.stringify([object.spec ?? {}, object.data ?? {}]);
    for (const label of chartLabels) assert.ok(!inside.includes(label), `${keyOf(object)}: ${label}`);
    assert.ok(object.metadata.labels?.["helm.sh/chart"], keyOf(object));
  }
});

Deno.test("another release in another namespace has names of its own everywhere", async () => {
  const values = {
    highAvailability: true,
    monitoring: { enabled: true },
    admission: { agentInjection: true, controllerExec: true, controllerStatus: true, networks: "deny" },
  };
  const objects = await chartObjects({ chart, name: "lab", namespace: "nets", values });
  const name = "lab-kube-vxlan-controller";
  for (const object of objects) {
    assert.ok(object.metadata.name.startsWith(name), keyOf(object));
    assert.ok([undefined, "nets"].includes(object.metadata.namespace), keyOf(object));
  }
  const text = JSON.stringify(objects);
  assert.ok(!text.includes("kube-system"));
  // What is left of the usual name: images, and the chart's own.
  const left = [...text.matchAll(/(?<!lab-)kube-vxlan-controller(-agent)?(:\w+)?/g)].map(([word]) => word);
  const { version } = JSON.parse(await Deno.readTextFile(`${repository}deno.json`));
  const [major] = version.split(".");
  const known = [
    `kube-vxlan-controller:${major}`,
    `kube-vxlan-controller-agent:${major}`,
  ];
  const ofChart = objects.map(() => "kube-vxlan-controller");
  assert.deepEqual(left.sort(), [...ofChart, ...known].sort());
  assert.equal(variables(objects)["KVC_CONFIGMAP_NAME"], name);
  assert.equal(variables(objects)["KVC_LEASE_NAME"], name);
  assert.equal(deployment(objects).spec.template.spec.priorityClassName, undefined);
});

/** The ConfigMap with the networks: those of pools stand beside it. */
function networksOf(objects: readonly KubeObject[]): KubeObject | undefined {
  return objects.find(({ kind, metadata }) =>
    kind === "ConfigMap" && metadata.name === "kube-vxlan-controller"
  );
}

interface ValueCase {
  readonly it: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly see: (objects: readonly KubeObject[]) => unknown;
  readonly expected: unknown;
}

const cases: readonly ValueCase[] = [
  {
    it: "images.controller",
    values: { images: { controller: "registry.test/c@sha256:1" } },
    see: (objects) => container(objects).image,
    expected: "registry.test/c@sha256:1",
  },
  {
    it: "images.agent",
    values: { images: { agent: "registry.test/a:2" }, admission: { agentInjection: true } },
    see: (objects) => one(objects, "MutatingAdmissionPolicy").spec.variables,
    expected: [{ name: "agentImage", expression: '"registry.test/a:2"' }],
  },
  {
    it: "watchNamespaces: rights in each of them, and in no other",
    values: { watchNamespaces: ["a", "b"] },
    see: (objects) => [
      objects.filter(({ kind }) => kind.startsWith("Cluster")),
      objects.filter(({ kind }) => /^Role/.test(kind)).map(keyOf),
      variables(objects)["KVC_WATCH_NAMESPACES"],
    ],
    expected: [
      [],
      [
        "Role a/kube-vxlan-controller",
        "Role a/kube-vxlan-controller-status",
        "Role b/kube-vxlan-controller",
        "Role b/kube-vxlan-controller-status",
        "Role kube-system/kube-vxlan-controller-config",
        "RoleBinding a/kube-vxlan-controller",
        "RoleBinding a/kube-vxlan-controller-status",
        "RoleBinding b/kube-vxlan-controller",
        "RoleBinding b/kube-vxlan-controller-status",
        "RoleBinding kube-system/kube-vxlan-controller-config",
      ],
      "a,b",
    ],
  },
  {
    it: "watchNamespaces: the bindings are for the controller's account, and name Roles",
    values: { watchNamespaces: ["a"] },
    see: (objects) =>
      objects.filter(({ metadata }) => metadata.namespace === "a").filter(({ roleRef }) => roleRef).map((
        { roleRef, subjects },
      ) => [roleRef.kind, subjects[0].namespace]),
    expected: [["Role", "kube-system"], ["Role", "kube-system"]],
  },
  {
    it: "watchNamespaces: agents are put into pods there only",
    values: { watchNamespaces: ["a"], admission: { agentInjection: true } },
    see: (objects) => one(objects, "MutatingAdmissionPolicy").spec.matchConstraints.namespaceSelector,
    expected: { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["a"] }] },
  },
  {
    it: "settings.names brings its rights, in the watched namespaces only if there are any",
    values: { watchNamespaces: ["a"], settings: { names: true } },
    see: (objects) => [
      variables(objects)["KVC_NAMES"],
      objects.filter(({ metadata }) => metadata.name.endsWith("-names")).map(keyOf).sort(),
    ],
    expected: ["true", ["Role a/kube-vxlan-controller-names", "RoleBinding a/kube-vxlan-controller-names"]],
  },
  {
    it: "highAvailability",
    values: { highAvailability: true },
    see: (
      objects,
    ) => [deployment(objects).spec.replicas, one(objects, "PodDisruptionBudget").spec.minAvailable],
    expected: [2, 1],
  },
  {
    it: "settings are the variables of their flags",
    values: { settings: { "log-level": "debug", "restrict-pods": true, "max-members-per-network": 1000000 } },
    see: (objects) => Object.entries(variables(objects)).filter(([name]) => name.startsWith("KVC_")),
    expected: [
      ["KVC_LEADER_ELECTION", "true"],
      ["KVC_LOG_LEVEL", "debug"],
      ["KVC_MAX_MEMBERS_PER_NETWORK", "1000000"],
      ["KVC_RESTRICT_PODS", "true"],
    ],
  },
  {
    it: "a setting that the base has too is replaced",
    values: { settings: { "leader-election": false } },
    see: (objects) =>
      container(objects).env.filter(({ name }: { name: string }) => name === "KVC_LEADER_ELECTION"),
    expected: [{ name: "KVC_LEADER_ELECTION", value: "false" }],
  },
  {
    it: "networks replace the examples",
    values: { networks: { storage: "id=2000 dstport=4789", plain: 7 } },
    see: (objects) => networksOf(objects)?.data,
    expected: { storage: "id=2000 dstport=4789", plain: "7" },
  },
  {
    it: "resources",
    values: { resources: { limits: { memory: "1Gi" } } },
    see: (objects) => container(objects).resources,
    expected: { limits: { memory: "1Gi" } },
  },
  {
    it: "pod",
    values: { pod: { nodeSelector: { pool: "infra" }, priorityClassName: "mine" } },
    see: (objects) => {
      const { nodeSelector, priorityClassName, serviceAccountName } = deployment(objects).spec.template.spec;
      return [nodeSelector, priorityClassName, serviceAccountName];
    },
    expected: [{ pool: "infra" }, "mine", "kube-vxlan-controller"],
  },
  {
    it: "monitoring",
    values: { monitoring: { enabled: true, labels: { release: "prom" } } },
    see: (objects) =>
      ["ServiceMonitor", "PrometheusRule"].map((kind) => one(objects, kind).metadata.labels?.["release"]),
    expected: ["prom", "prom"],
  },
  {
    it: "admission.controllerExec",
    values: { admission: { controllerExec: true } },
    see: (objects) => objects.filter(({ kind }) => kind.includes("Admission")).map(({ kind }) => kind),
    expected: ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
  },
  {
    it: "admission.networks: deny, as deploy/validation-deny",
    values: { admission: { networks: "deny" } },
    see: (objects) =>
      objects.filter(({ kind }) => kind === "ValidatingAdmissionPolicyBinding").map(({ spec }) =>
        spec.validationActions
      ),
    expected: [["Deny"], ["Deny"]],
  },
  {
    it: "admission.networks follows the settings",
    values: {
      settings: { annotation: "x.example/y", selector: "x.example=yes", "restrict-pods": true },
      admission: { networks: "warn" },
    },
    see: (objects) =>
      objects.flatMap(({ spec }) => spec?.variables ?? []).filter(({ name }: { name: string }) =>
        ["annotation", "selector", "restrictPods"].includes(name)
      ).map(({ expression }: { expression: string }) => expression),
    expected: ['"x.example/y"', '"x.example=yes"', "true"],
  },
  {
    it: "admission.networks: pods are judged where they are served, the ConfigMap where it is",
    values: { watchNamespaces: ["a", "b"], admission: { networks: "deny" } },
    see: (objects) =>
      objects.filter(({ kind }) => kind === "ValidatingAdmissionPolicy").map(({ metadata, spec }) => [
        metadata.name,
        spec.matchConstraints.namespaceSelector?.matchExpressions,
      ]),
    expected: [
      ["kube-vxlan-controller-networks", undefined],
      [
        "kube-vxlan-controller-pods",
        [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["a", "b"] }],
      ],
    ],
  },
  {
    it: "admission.controllerStatus follows the annotation of the settings",
    values: { settings: { annotation: "x.example/y" }, admission: { controllerStatus: true } },
    see: (objects) =>
      one(objects, "ValidatingAdmissionPolicy").spec.variables.find(({ name }: { name: string }) =>
        name === "annotation"
      ),
    expected: { name: "annotation", expression: '"x.example/y"' },
  },
];
for (const { it, values, see, expected } of cases) {
  Deno.test(`value ${it}`, async () =>
    assert.deepEqual(see(await chartObjects({ chart, values })), expected));
}

const refused = [
  { it: "a misspelt setting", values: { settings: { "log-levle": "debug" } }, says: /log-levle/ },
  { it: "a setting that cannot be", values: { settings: { "log-level": "loud" } }, says: /log-level/ },
  { it: "a value that there is not", values: { ha: true }, says: /ha/ },
  {
    it: "two replicas of which each changes pods",
    values: { highAvailability: true, settings: { "leader-election": false } },
    says: /Cannot run two replicas without leader election/,
  },
  {
    it: "a policy that would not fit the settings",
    values: { settings: { annotation: "x/y" }, admission: { agentInjection: true } },
    says: /Cannot set annotation together with admission/,
  },
  {
    it: "a selector by which no policy can tell who is a member",
    values: { settings: { selector: "net in (a,b)" }, admission: { networks: "warn" } },
    says: /Cannot judge pods by this selector.*one label with its value/,
  },
];
for (const { it, values, says } of refused) {
  Deno.test(`refused: ${it}`, async () => {
    await assert.rejects(() => chartObjects({ chart, values }), says);
  });
}

function one(objects: readonly KubeObject[], kind: string): KubeObject {
  const [found, ...more] = objects.filter((object) => object.kind === kind);
  assert.ok(found !== undefined && more.length === 0, `one ${kind}`);
  return found;
}

function deployment(objects: readonly KubeObject[]): KubeObject {
  return one(objects, "Deployment");
}

// deno-lint-ignore no-explicit-any
function container(objects: readonly KubeObject[]): any {
  return deployment(objects).spec.template.spec.containers[0];
}

function variables(objects: readonly KubeObject[]): Readonly<Record<string, string>> {
  const env: readonly { readonly name: string; readonly value: string }[] = container(objects).env;
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

/** Without the labels of charts and the mark of a hook. */
function withoutChartMarks(object: KubeObject): KubeObject {
  const { labels = {}, annotations = {}, ...metadata } = object.metadata;
  const own = (from: Readonly<Record<string, string>>, not: readonly string[]): object => {
    const left = Object.entries(from).filter(([key]) => !not.includes(key));
    return Object.fromEntries(left);
  };
  const kept = { labels: own(labels, chartLabels), annotations: own(annotations, ["helm.sh/hook"]) };
  const present = Object.fromEntries(
    Object.entries(kept).filter(([, value]) => Object.keys(value).length > 0),
  );
  return { ...object, metadata: { ...metadata, ...present } };
}
