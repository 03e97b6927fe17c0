// What of manifests in other forms: JSON, lists, CRLF, anchors, keys that stand twice, directives? Seen, and kept as they are.
import assert from "node:assert/strict";
import { parse, parseAllDocuments } from "yaml";
import { convertCommand } from "../../../lib/cli/manifests/convert.ts";
import { injectCommand } from "../../../lib/cli/manifests/inject.ts";
import { lintCommand } from "../../../lib/cli/manifests/lint.ts";
import { runOn } from "../test_host.ts";

const networks = "vxlan.travelping.com/networks";
const pod = `apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    ${networks}: one id=7 # ours
spec:
  containers:
  - name: app
    image: x
`;
const agent = "vxlan-controller-agent";

async function injected(input: string): Promise<string> {
  const { status, printed, complained } = await runOn([injectCommand], { args: ["inject"], input });
  assert.equal(status, 0, complained);
  const again = await runOn([injectCommand], { args: ["inject"], input: `${printed}\n` });
  assert.equal(again.printed, printed, "twice is as once");
  return `${printed}\n`;
}

/** Names of containers of all pods in it, init containers first. */
function containersIn(text: string): readonly (readonly string[])[] {
  const objects = parseAllDocuments(text, { uniqueKeys: false }).map((document) => document.toJS());
  const all = objects.flatMap((one) => one?.items ?? (one === null ? [] : [one]));
  return all.map((one) => one.spec?.template?.spec ?? one.spec).map((spec) =>
    [...spec?.initContainers ?? [], ...spec?.containers ?? []].map(({ name }) => name)
  );
}

const inList = (name: string, template: string): string =>
  `- kind: Deployment\n  metadata: {name: ${name}}\n  spec:\n    template: ${template}\n`;

Deno.test("a template that two share by an anchor: each gets the agent, once", async () => {
  const shared = `&t\n      metadata: {annotations: {${networks}: one id=7}}\n` +
    "      spec: {containers: [{name: app}]}";
  const input = `kind: List\nitems:\n${inList("a", shared)}${inList("b", "*t")}`;
  assert.deepEqual(containersIn(await injected(input)), [[agent, "app"], [agent, "app"]]);
});

Deno.test("a template that others have, but another annotation: theirs stays as it is", async () => {
  const input = `kind: List\nx: &t\n  spec: {containers: [{name: app}]}\nitems:\n` +
    inList("a", `\n      metadata: {annotations: {${networks}: one id=7}}\n      <<: *t`);
  const output = await injected(input);
  const [{ x, items: [{ spec }] }] = parseAllDocuments(output, { merge: true }).map((one) => one.toJS());
  assert.deepEqual(x, { spec: { containers: [{ name: "app" }] } });
  assert.deepEqual(spec.template.spec.containers, [{ name: "app" }]);
  assert.equal(spec.template.spec.initContainers[0].name, agent);
});

Deno.test("init containers that come by a merge key stay", async () => {
  const input = "x: &base\n  initContainers: [{name: wait}]\n" +
    `kind: Pod\nmetadata: {name: a, annotations: {${networks}: one id=7}}\n` +
    "spec:\n  <<: *base\n  containers: [{name: app}]\n";
  const [{ spec }] = parseAllDocuments(await injected(input), { merge: true }).map((one) => one.toJS());
  assert.deepEqual(spec.initContainers.map(({ name }: { name: string }) => name), [agent, "wait"]);
});

const handwritten: readonly (readonly [it: string, text: string])[] = [
  [
    "indented by four, blanks before comments and blank lines",
    `apiVersion:   v1
kind: Deployment


metadata:
    name: a      # the name


spec:
    template:
        metadata:
            annotations:
                # why
                ${networks}: >-
                    one id=7,
                    two id=8
        spec:
            volumes: [ ]
            containers:
                - name:  app
                  args: [ "a",'b' ,  c]   # spaced
                  env:
                      - { name: A,value: "1" }
`,
  ],
  [
    "lists that stand as far as their key, and lists that do not",
    `kind: Pod
metadata:
   name: a
   annotations:
      ${networks}: "one id=7"
spec:
   containers:
   - name: app
     command:
        - sh
        - -c
        - |
           if true; then
             echo   "x"   # no comment
           fi

   tolerations:
      - key: x
        operator:    Exists
`,
  ],
  [
    "two thousand lines that are all written in another way",
    `kind:  Pod
metadata:
    name:  a
    annotations:
        ${networks}:  one id=7
spec:
    containers:
      - name: app
        env:
${
      Array.from({ length: 1_000 }, (_, at) => `          - name:   V${at}\n            value:  "${at}"\n`)
        .join("")
    }`,
  ],
  [
    "flow over several lines",
    `{
  kind: Pod, metadata: {name: a,
    annotations: {${networks}: one id=7}},
  spec: {containers: [
    {name: app}
  ]}
}
`,
  ],
];

Deno.test("what is not changed keeps every byte, in documents that are changed too", async (t) => {
  for (const [it, input] of handwritten) {
    for (const text of [input, input.replaceAll("\n", "\r\n")]) {
      await t.step(`${it}${text === input ? "" : ", CRLF"}`, async () => {
        const output = await injected(text);
        assert.deepEqual(containersIn(output), [[agent, "app"]]);
        if (it.startsWith("flow")) return;
        const lines = new Set(output.split("\n"));
        // Its list is set after the others; all that was written is still there.
        assert.deepEqual(text.split("\n").filter((line) => !lines.has(line)), []);
      });
    }
  }
});

Deno.test("byte order marks of several files", async () => {
  const files = { "a.yaml": `\ufeff${pod}`, "b.yaml": `\ufeff${pod}` };
  const { status, printed, complained } = await runOn([injectCommand], {
    args: ["inject", "-f", "a.yaml", "b.yaml"],
    files,
  });
  assert.equal(status, 0, complained);
  assert.deepEqual(containersIn(printed), [[agent, "app"], [agent, "app"]]);
});

Deno.test("JSON stays JSON, with its indentation", async (t) => {
  const value = {
    apiVersion: "v1",
    kind: "List",
    items: [{
      kind: "Deployment",
      metadata: { name: "a" },
      spec: {
        replicas: 3,
        template: {
          metadata: { annotations: { [networks]: "one id=7" } },
          spec: { containers: [{ name: "app" }] },
        },
      },
    }],
  };
  for (const indent of [0, 2, 4]) {
    await t.step(`indented by ${indent}`, async () => {
      const output = await injected(`${JSON.stringify(value, null, indent)}\n`);
      const read = JSON.parse(output);
      assert.equal(output, `${JSON.stringify(read, null, indent)}\n`);
      assert.deepEqual(containersIn(output), [[agent, "app"]]);
      const [{ spec }] = read.items;
      assert.deepEqual(
        [
          spec.replicas,
          spec.template.metadata.labels,
          spec.template.spec.initContainers[0].startupProbe.periodSeconds,
        ],
        [3, { "vxlan.travelping.com": "true" }, 1],
      );
    });
  }
});

Deno.test("lines that end with CRLF still do", async () => {
  const output = await injected(pod.replaceAll("\n", "\r\n"));
  assert.doesNotMatch(output.trimEnd(), /[^\r]\n/);
  assert.deepEqual(containersIn(output), [[agent, "app"]]);
});

Deno.test("items of a PodList, which have no kind", async () => {
  const list = `apiVersion: v1\nkind: PodList\nitems:\n- ${
    pod.split("\n").slice(2).join("\n  ").trimEnd()
  }\n`;
  assert.deepEqual(containersIn(await injected(list)), [[agent, "app"]]);
  const { status, printed } = await runOn([lintCommand], { args: ["lint"], input: list });
  assert.equal(status, 1);
  assert.match(printed, /:7: error: Pod a: Cannot become a member: /);
});

Deno.test("a directive, empty documents, an end marker", async () => {
  for (
    const input of [
      `%YAML 1.1\n---\n${pod}`,
      `# c\n%YAML 1.2\n# d\n---\n${pod}`,
      `---\n---\n${pod}...\n---\n---\n`,
    ]
  ) {
    const output = await injected(input);
    assert.deepEqual(containersIn(output).filter((names) => names.length > 0), [[agent, "app"]]);
  }
});

Deno.test("a byte order mark", async () => {
  assert.deepEqual(containersIn((await injected(`\ufeff${pod}`)).replace(/^\ufeff/, "")), [[agent, "app"]]);
});

Deno.test("a key that stands twice: as kubectl takes it where it does not matter, refused where it does", async () => {
  const ports = "    ports: [{containerPort: 1}]\n    ports: [{containerPort: 2}]\n";
  const output = await injected(pod + ports);
  assert.ok(output.includes("containerPort: 1") && output.includes("containerPort: 2"));
  const twice = pod.replace("spec:", "  annotations: {a: b}\nspec:");
  const { status, printed, complained } = await runOn([injectCommand], { args: ["inject"], input: twice });
  assert.deepEqual([status, printed], [1, ""]);
  assert.match(complained, /line 7: Cannot read the YAML: the key "annotations" stands twice in one map/);
});

const deployment = (labels: string, selector: string): string =>
  `kind: Deployment
metadata:
  name: a
spec:
  selector:
    matchLabels: ${selector}
  template:
    metadata:
      annotations:
        ${networks}: one id=7
      labels: ${labels}
    spec:
      containers:
      - name: app
`;

Deno.test("labels that an anchor shares: the selector does not get ours", async (t) => {
  const both = { app: "a" };
  for (
    const [it, input] of [
      ["named by the template", deployment("*l", "&l {app: a}")],
      [
        "named by another",
        deployment("&l {app: a}", "{app: a}").replace("name: a\n", "name: a\n  labels: *l\n"),
      ],
    ] as const
  ) {
    await t.step(it, async () => {
      // In the second, the alias stands before its anchor, which is no YAML.
      const text = it === "named by another" ? input.replace("  labels: *l\n", "") + "status: *l\n" : input;
      const { spec, status } = parse(await injected(text));
      assert.deepEqual(spec.selector.matchLabels, both);
      assert.deepEqual(spec.template.metadata.labels, { ...both, "vxlan.travelping.com": "true" });
      if (status !== undefined) assert.deepEqual(status, both);
    });
  }
});

Deno.test("containers that an anchor shares: the agent is in one list only", async () => {
  const input = pod.replace(
    "  containers:\n  - name: app\n    image: x\n",
    "  initContainers: &c\n  - name: app\n  containers: *c\n",
  );
  assert.deepEqual(containersIn(await injected(input)), [[agent, "app", "app"]]);
});

Deno.test("convert keeps these forms too", async () => {
  const multus = pod.replace(/ {4}vxlan.*\n/, "    k8s.v1.cni.cncf.io/networks: n2network-amf@n2\n");
  const convert = async (input: string): Promise<string> => {
    const { status, printed, complained } = await runOn([convertCommand], {
      args: ["convert", "--map", "n2network-*=n2"],
      input,
    });
    assert.equal(status, 0, complained);
    return `${printed}\n`;
  };
  const json = await convert(`${JSON.stringify(parse(multus))}\n`);
  assert.match(JSON.parse(json).metadata.annotations[networks], /^n2 id=\d+$/);
  assert.equal(await convert(json), json);
  assert.doesNotMatch((await convert(multus.replaceAll("\n", "\r\n"))).trimEnd(), /[^\r]\n/);
});

Deno.test("a network whose last entry stays with Multus comes into no ConfigMap", async () => {
  const input = pod.replace(
    / {4}vxlan.*\n/,
    `    k8s.v1.cni.cncf.io/networks: '[{"name": "n2network-amf", "ips": [" 10.0.0.1/24"]}]'\n`,
  );
  const { printed, complained } = await runOn([convertCommand], {
    args: ["convert", "--map", "n2network-*=n2", "--with-configmap"],
    input,
  });
  assert.equal(`${printed}\n`, input);
  assert.match(complained, /stays with Multus: Cannot read "ip="/);
});
