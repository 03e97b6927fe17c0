// Does each mistake come out with its file and line, in the controller's words, in each of the three forms?
import assert from "node:assert/strict";
import { lintCommand } from "../../../lib/cli/manifests/lint.ts";
import { runOn } from "../test_host.ts";

const agents = `spec:
  initContainers:
  - {name: vxlan-controller-agent-init, image: a, securityContext: {capabilities: {add: [NET_ADMIN]}}}
  containers:
  - {name: vxlan-controller-agent, image: a, securityContext: {capabilities: {add: [NET_ADMIN]}}}
`;

function pod(annotations: string, spec = agents): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: a
  labels: {vxlan.travelping.com: "true"}
  annotations:
${annotations}
${spec}`;
}

/** A workload that counts from 10 in a /24; `how` says how many. */
function numbered(kind: string, how: string): string {
  const template = pod("    vxlan.travelping.com/networks: one id=1 ip=10.0.0.10/24+ordinal")
    .split("\n").slice(2).map((line) => `    ${line}`).join("\n").trimEnd();
  return `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: db}\nspec:\n  ${how}\n  template:\n${template}\n`;
}

const map = `apiVersion: v1
kind: ConfigMap
metadata: {name: kube-vxlan-controller, namespace: kube-system}
data:
  storage: id=1000
`;

interface Row {
  readonly it: string;
  readonly text: string;
  /** `LINE: severity: text`; none: all is well. */
  readonly found: readonly (readonly [line: number, severity: string, message: RegExp])[];
}

const rows: readonly Row[] = [
  { it: "all is well", text: `${map}---\n${pod("    vxlan.travelping.com/networks: storage")}`, found: [] },
  {
    it: "a StatefulSet whose last pod is outside of the subnet",
    text: numbered("StatefulSet", "replicas: 300"),
    found: [[11, "error", /ordinal 299 10\.0\.1\.53: expected one from 10\.0\.0\.1 to 10\.0\.0\.254/]],
  },
  {
    it: "a StatefulSet that begins outside of it",
    text: numbered("StatefulSet", "replicas: 3\n  ordinals: {start: 250}"),
    found: [[12, "error", /ordinal 250 10\.0\.1\.4: /]],
  },
  {
    it: "an Indexed Job whose last pod has the broadcast address",
    text: numbered("Job", "completionMode: Indexed\n  completions: 246"),
    found: [[12, "error", /ordinal 245 10\.0\.0\.255: /]],
  },
  { it: "a StatefulSet that fits exactly", text: numbered("StatefulSet", "replicas: 245"), found: [] },
  {
    it: "without a ConfigMap no network is unknown",
    text: pod("    vxlan.travelping.com/networks: storage"),
    found: [],
  },
  {
    it: "with one it is",
    text: `${map}---\n${pod("    vxlan.travelping.com/networks: storge")}`,
    found: [[13, "error", /"storge": it has no id: .*has no key storge/]],
  },
  {
    it: "the line within a block",
    text: pod(
      "    vxlan.travelping.com/networks: |\n      one id=1\n      two\n        mtu=huge\n        id=2",
    ),
    found: [[10, "error", /mtu=huge/]],
  },
  {
    it: "one line in quotes",
    text: pod('    vxlan.travelping.com/networks: "one vni=1"'),
    found: [[7, "error", /vni=1.*did you mean id/]],
  },
  {
    it: "a key of the ConfigMap, in a block",
    text: map.replace("storage: id=1000", "storage: |\n    id=1000\n    ip=10.0.0.1/24"),
    found: [[7, "error", /key storage: .*ip=10\.0\.0\.1\/24/]],
  },
  {
    it: "a number in the ConfigMap that is not in quotes",
    text: map.replace("id=1000", "1000"),
    found: [[5, "error", /key storage: Cannot read 1000: a ConfigMap holds texts only/]],
  },
  {
    it: "another key of it that is none, in its own line",
    text: map.replace("id=1000", "id=1000\n  # more\n  other:\n    id: 7"),
    found: [[7, "error", /key other: Cannot read \{"id":7\}/]],
  },
  {
    it: "two networks with one id",
    text: `${map}  other: id=1000\n`,
    found: [[5, "error", /1000/]],
  },
  {
    it: "no NET_ADMIN",
    text: pod("    vxlan.travelping.com/networks: one id=1", agents.replaceAll("[NET_ADMIN]", "[]")),
    found: [[1, "error", /NET_ADMIN/], [1, "error", /NET_ADMIN/]],
  },
  {
    it: "no agent: it may come later",
    text: pod("    vxlan.travelping.com/networks: one id=1", "spec: {containers: []}\n"),
    found: [[1, "warning", /no agent/]],
  },
  {
    it: "another key",
    text: pod("    vxlan.travelping.com/network: one"),
    found: [[1, "error", /rename its annotation "vxlan\.travelping\.com\/network"/]],
  },
  {
    it: "the annotation without the label",
    text: pod("    vxlan.travelping.com/networks: one id=1").replace("vxlan.travelping.com:", "app:"),
    found: [[7, "error", /not the label vxlan\.travelping\.com=true/]],
  },
  {
    it: "a Service that cannot have names",
    text:
      `kind: Service\nmetadata:\n  name: db\n  annotations:\n    vxlan.travelping.com/network: one\nspec:\n  clusterIP: None\n  selector: {app: db}\n`,
    found: [[1, "error", /create the Service anew without spec\.selector/]],
  },
  {
    it: "a template of a chart",
    text: "kind: Pod\nmetadata:\n  name: {{ .name }}\n",
    found: [[3, "error", /a chart must be rendered first/]],
  },
  {
    it: "a folded block",
    text: pod(
      "    vxlan.travelping.com/networks: >-\n      one id=1,\n\n\n      two\n      id=2\n      mtu=huge",
    ),
    found: [[13, "error", /mtu=huge/]],
  },
  {
    it: "plain and quoted texts over several lines",
    text: `${pod("    vxlan.travelping.com/networks: one id=1,\n      two id=2\n      mtu=huge")}---\n${
      pod('    vxlan.travelping.com/networks:\n      "one id=1,\n      two vni=2"')
    }`,
    found: [[9, "error", /mtu=huge/], [24, "error", /vni=2/]],
  },
  {
    it: "a block of a key in braces",
    text: 'kind: Pod\nmetadata: {name: a, labels: {vxlan.travelping.com: "true"}, annotations: {\n  b: c,\n' +
      '  vxlan.travelping.com/networks: "one vni=1"}}\n' + agents,
    found: [[4, "error", /vni=1/]],
  },
  {
    it: "a label that is no text",
    text: pod("    vxlan.travelping.com/networks: one id=1").replace('"true"', "true"),
    found: [[
      5,
      "error",
      /Cannot read the label vxlan\.travelping\.com: "true" is no text; put it in quotes/,
    ]],
  },
  {
    it: "an annotation that is no text, and one that is nothing",
    text: `${pod("    vxlan.travelping.com/networks: 5")}---\n${pod("    vxlan.travelping.com/networks:")}`,
    found: [
      [7, "error", /annotation vxlan\.travelping\.com\/networks: "5" is no text/],
      [20, "error", /networks: nothing stands behind it/],
    ],
  },
  {
    it: "what an alias stands for, where it stands",
    text: `x: &nets\n  vxlan.travelping.com/networks: one vni=1\n${
      pod("    a: b").replace("annotations:\n    a: b", "annotations: *nets")
    }`,
    found: [[2, "error", /vni=1/]],
  },
  {
    it: "what a merge key brings",
    text: `x: &nets {vxlan.travelping.com/networks: one vni=1}\n${pod("    <<: *nets")}`,
    found: [[1, "error", /vni=1/]],
  },
  {
    it: "a workload of others",
    text:
      `kind: Rollout\nmetadata: {name: a}\nspec:\n  template:\n    metadata:\n      annotations:\n        vxlan.travelping.com/networks: one vni=1\n    spec:\n      containers: []\n`,
    found: [[7, "error", /not the label/]],
  },
  { it: "nothing", text: "", found: [] },
];

Deno.test("what is found, and in which line", async (t) => {
  for (const { it, text, found } of rows) {
    await t.step(it, async () => {
      const { status, printed } = await runOn([lintCommand], {
        args: ["lint", "-f", "a.yaml"],
        files: { "a.yaml": text },
      });
      const lines = printed === "" ? [] : printed.split("\n");
      assert.equal(lines.length, found.length, printed);
      for (const [at, [line, severity, message]] of found.entries()) {
        assert.ok(
          lines[at]?.startsWith(`a.yaml:${line}: ${severity}: `),
          `${lines[at]} is not in line ${line}`,
        );
        assert.match(lines[at] ?? "", message);
      }
      assert.equal(status, found.some(([, severity]) => severity === "error") ? 1 : 0);
    });
  }
});

Deno.test("findings for programs and for pull requests", async () => {
  const files = { "a,b.yaml": pod('    vxlan.travelping.com/networks: "one id=0145"'), "c.yaml": map };
  const run = (form: string): ReturnType<typeof runOn> =>
    runOn([lintCommand], { args: ["lint", "-o", form, "-f", "a,b.yaml", "c.yaml"], files });
  const { apiVersion, kind, items: [finding, ...more] } = JSON.parse((await run("json")).printed);
  assert.deepEqual([apiVersion, kind], ["vxlan.travelping.com/v1", "FindingList"]);
  assert.deepEqual([finding.file, finding.line, finding.severity, finding.object, more], [
    "a,b.yaml",
    7,
    "error",
    "Pod a",
    [],
  ]);
  const { printed } = await run("github");
  assert.match(
    printed,
    /^::error file=a%2Cb\.yaml,line=7::Pod a: Cannot use "id=0145"|^::error file=a%2Cb\.yaml,line=7::/,
  );
});

Deno.test("a file that is not there, and the pipe", async () => {
  const missing = await runOn([lintCommand], { args: ["lint", "-f", "no.yaml"] });
  assert.equal(missing.status, 2);
  assert.match(missing.complained, /Cannot read no\.yaml: /);
  const piped = await runOn([lintCommand], { args: ["lint"], input: map.replace("1000", "0") });
  assert.equal(piped.status, 1);
  assert.match(piped.printed, /^stdin:5: error: ConfigMap kube-system\/kube-vxlan-controller: key storage: /);
});

Deno.test("a folder: the manifests in it, by name; none is a mistake", async () => {
  const files = { "d/b.yml": map.replace("1000", "0"), "d/a.json": "{", "d/note.txt": "x: [", "e/f.txt": "" };
  const { status, printed } = await runOn([lintCommand], { args: ["lint", "-f", "d"], files });
  assert.equal(status, 1);
  assert.deepEqual(printed.split("\n").map((line) => line.split(":")[0]), ["d/a.json", "d/b.yml"], printed);
  const empty = await runOn([lintCommand], { args: ["lint", "-f", "e"], files });
  assert.equal(empty.status, 2);
  assert.match(empty.complained, /^error: Cannot read e: no file in it ends with \.yaml, \.yml or \.json$/);
});

Deno.test("anchors that multiply are refused, and nothing hangs", async () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (const [at, name] of [..."bcdefgh"].entries()) {
    bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${"abcdefgh"[at]}`).join(", ")}]`);
  }
  const { status, printed } = await runOn([lintCommand], { args: ["lint"], input: `${bomb.join("\n")}\n` });
  assert.equal(status, 1);
  assert.match(printed, /Excessive alias count/);
});
