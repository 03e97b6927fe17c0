// Do the examples of the documents work: do their manifests make members without a problem, and do their options parse?
import assert from "node:assert/strict";
import type { V1Pod } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { noClusterNetworks, readClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { membership } from "../../lib/member/member.ts";
import { optionTable } from "../../lib/network/grammar/option_table.ts";
import { optionNames } from "../../lib/network/grammar/spelling.ts";
import { parseAnnotation, parseClusterOptions } from "../../lib/network/grammar/annotation.ts";
import { podView } from "../../lib/member/pod.ts";
import { codeBlocks, section, tableRows } from "./markdown.ts";
import { text, userDocuments } from "./pages.ts";

const annotationKey = "vxlan.travelping.com/networks";
const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };
const source = { kind: "configmap", ...configMap, key: "example" } as const;
const settings = {
  annotationKey,
  agent: "vxlan-controller-agent",
  initAgent: "vxlan-controller-agent-init",
  configMap,
  restrictPods: false,
};

const networks = await text("docs/networks.md");
const readme = await text("README.md");
const documents = (await Promise.all(userDocuments.map(text))).join("\n");
const snippets = codeBlocks(documents).filter(({ language }) => language === "yaml")
  .flatMap((block) =>
    parseAllDocuments(block.text).map((document) => {
      assert.deepEqual(document.errors, [], block.text);
      return document.toJS() as unknown;
    })
  );
const examples = (await Promise.all(["first", "seed", "routed", "names", "pool"].map(async (name) => {
  const yaml = await text(`examples/${name}.yaml`);
  return parseAllDocuments(yaml).map((document) => document.toJS() as unknown);
}))).flat();

/** Networks of every ConfigMap that documents and examples show. */
const data = Object.assign({}, ...records([...examples, ...snippets]).map((one) => one.data).filter(isTexts));

Deno.test("the documents show ConfigMaps, annotations and manifests", () => {
  assert.ok(Object.keys(data).length > 3);
  assert.ok(annotationsIn(snippets).length > 4);
  assert.ok(templatesIn(snippets).length > 1);
});

Deno.test("every ConfigMap of documents and examples parses", () => {
  // Put together, those of different documents may share an id.
  assert.deepEqual(cluster().problems.filter(({ kind }) => kind !== "conflict"), []);
});

for (const annotation of new Set(annotationsIn([...snippets, ...examples]))) {
  Deno.test(`the annotation ${JSON.stringify(annotation)} gives a pod all of its networks`, () => {
    const judged = membership(podView(podOf({ annotation, spec: agentsOnly }), { annotationKey }), context());
    assert.equal(judged.kind, "member");
    assert.deepEqual(judged.kind === "member" && [judged.member.problems, judged.member.unresolved], [
      [],
      [],
    ]);
  });
}

for (const [at, { annotation, spec }] of templatesIn([...snippets, ...examples]).entries()) {
  Deno.test(`pod template ${at + 1} of documents and examples makes a member without a warning`, () => {
    const judged = membership(podView(podOf({ annotation, spec }), { annotationKey }), context());
    assert.equal(judged.kind, "member", JSON.stringify(judged));
    assert.deepEqual(judged.kind === "member" && [judged.member.problems, judged.member.warnings], [[], []]);
  });
}

Deno.test("README and the table in docs/networks.md have all options, in order", () => {
  const lines = [...section(readme, "Options").matchAll(/^- `(\w+)=[^`]+`: /gm)].map(([, name]) => name);
  assert.deepEqual(lines, [...optionNames]);
  assert.deepEqual(optionRows().map(({ name }) => name), [...optionNames]);
});

for (const { name, examples: shown, where } of optionRows()) {
  Deno.test(`the example of ${name} is accepted where the table says, and nowhere else`, () => {
    assert.ok(["both", "annotation", "ConfigMap"].includes(where), where);
    for (const example of shown) {
      const own = parseAnnotation(`net ${example}`, { ...source }).problems;
      // A part of a pool is none without its subnet.
      const around = name === "range" || name === "exclude" ? "subnet=192.168.10.0/24 " : "";
      const all = parseClusterOptions(around + example, source).problems;
      assert.equal(own.length === 0, where !== "ConfigMap", JSON.stringify(own));
      assert.equal(all.length === 0, where !== "annotation", JSON.stringify(all));
    }
  });
}

Deno.test("the table in docs/networks.md says of each option what the program's says", () => {
  const where = { cluster: "ConfigMap", pod: "annotation" } as const;
  for (const [name, row] of Object.entries(optionTable)) {
    const only = "only" in row ? row.only : undefined;
    const shown = optionRows().find((one) => one.name === name);
    assert.equal(shown?.examples[0], row.example);
    assert.ok(shown.meaning.startsWith(row.help), `${name}: ${row.help}`);
    assert.equal(shown.where, only === undefined ? "both" : where[only.level], name);
  }
});

Deno.test("the defaults in docs/networks.md are those of the program", () => {
  const said = new Map(optionRows().map(({ name, fallback }) => [name, fallback.replaceAll("`", "")]));
  for (const [name, { fallback }] of Object.entries(optionTable)) {
    if (fallback !== undefined) assert.equal(said.get(name), String(fallback), name);
  }
});

function cluster(): ReturnType<typeof readClusterNetworks> {
  return readClusterNetworks(data, { previous: noClusterNetworks, configMap });
}

function context(): Parameters<typeof membership>[1] {
  return { settings, cluster: cluster() };
}

interface OptionRow {
  readonly name: string;
  readonly examples: readonly string[];
  readonly fallback: string;
  readonly where: string;
  readonly meaning: string;
}

function optionRows(): readonly OptionRow[] {
  const rows = tableRows(networks, "Network configuration").filter((cells) => cells.length === 5);
  return rows.map(([name = "", example = "", fallback = "", where = "", meaning = ""]) => {
    const option = name.replaceAll("`", "");
    const spans = [...`${example} ${meaning}`.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? "");
    const examples = spans.filter((span) => span.startsWith(`${option}=`));
    return { name: option, examples, fallback, where, meaning };
  });
}

const agent = { image: "agent", securityContext: { capabilities: { add: ["NET_ADMIN"] } } };
const agentsOnly = {
  initContainers: [{ ...agent, name: settings.initAgent }],
  containers: [{ ...agent, name: settings.agent }],
};

function podOf({ annotation, spec }: { readonly annotation: string; readonly spec: unknown }): V1Pod {
  // Of a StatefulSet, since examples may ask for an address by its number.
  const metadata = {
    ...{ uid: "u", namespace: "lab", name: "p-1", annotations: { [annotationKey]: annotation } },
    ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: "p", uid: "s", controller: true }],
  };
  return { metadata, spec, status: { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] } } as unknown as V1Pod;
}

interface Template {
  readonly annotation: string;
  readonly spec: unknown;
}

/** Pods and pod templates that bring their containers. */
function templatesIn(values: readonly unknown[]): readonly Template[] {
  return records(values).flatMap(({ metadata, spec }) => {
    const [annotation] = annotationsIn([metadata]);
    const brings = isRecord(spec) && (Array.isArray(spec.containers) || Array.isArray(spec.initContainers));
    return annotation === undefined || !brings ? [] : [{ annotation, spec }];
  });
}

function annotationsIn(values: readonly unknown[]): readonly string[] {
  return records(values).flatMap(({ annotations }) => {
    const text = isRecord(annotations) ? annotations[annotationKey] : undefined;
    return typeof text === "string" ? [text] : [];
  });
}

/** Every mapping in these values, at any depth. */
function records(values: readonly unknown[]): readonly Readonly<Record<string, unknown>>[] {
  return values.flatMap((value) => {
    if (Array.isArray(value)) return records(value);
    return isRecord(value) ? [value, ...records(Object.values(value))] : [];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === "string");
}
