// Which files are written from deploy/, the version and the program's options, and what must they say? k8s.yaml, the image
// names in files that are applied alone, the chart's version and the settings that it takes.
import assert from "node:assert/strict";
import { parse } from "yaml";
import {
  flagOf,
  logOptions,
  membershipOptions,
  type OptionRow,
  runOptions,
} from "../../lib/cli/settings/options.ts";
import type { Level } from "../../lib/network/grammar/option_table.ts";
import { kustomizeObjects, objectsIn } from "./kustomize.ts";
import { optionExpressions } from "./option_expressions.ts";
import { withReasons } from "./reasons.ts";

const imagesFile = "deploy/components/images/kustomization.yaml";
const schemaFile = "deploy/chart/values.schema.json";
const bases = ["rights", "networks", "pools", "deployment"].map((name) => `deploy/base/${name}.yaml`);

/** The generated files below `root` that are not as they should be, with the text they should have. */
export async function staleFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const { version } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const images = parse(await Deno.readTextFile(root + imagesFile)).images.map(imageText);
  const [, agent = ""] = images;
  const rewritten: readonly Rewrite[] = [
    { path: imagesFile, pattern: /(newTag: )(.*)/g, value: JSON.stringify(version) },
    { path: "deploy/chart/Chart.yaml", pattern: /^((?:appV|v)ersion: )(.*)$/gm, value: version },
    {
      path: "deploy/admission/agent-injection.yaml",
      pattern: /(name: agentImage\n +expression: )(.*)/g,
      value: `'"${agent}"'`,
    },
    ...["seed", "routed"].map((name) => ({
      path: `examples/${name}.yaml`,
      pattern: /(\bimage: )(.*)/g,
      value: agent,
    })),
    // They have images beside the agent's.
    ...["dhcp", "first", "gateway", "names", "pool", "vrrp"].map((name) => ({
      path: `examples/${name}.yaml`,
      pattern: /(name: vxlan-controller-agent\n +image: )(.*)/g,
      value: agent,
    })),
  ];
  const wanted = new Map<string, string>();
  for (const rewrite of rewritten) wanted.set(rewrite.path, await rewrittenText(root, rewrite));
  for (const [path, level] of validations) wanted.set(path, await withOptions(root, { path, level }));
  wanted.set(schemaFile, await schemaText(root));
  wanted.set("k8s.yaml", await installText(root));
  const stale = new Map<string, string>();
  for (const [path, text] of wanted) {
    if (await Deno.readTextFile(root + path).catch(() => "") !== text) stale.set(path, text);
  }
  return stale;
}

/** What k8s.yaml must say: deploy/base, with the reasons. */
export async function installText(root: string): Promise<string> {
  return `# Kube VXLAN Controller: kubectl apply -f k8s.yaml
#
# Made from deploy/base; change it there and run \`deno task manifests\`. It has the first networks of the cluster. To
# upgrade an install without touching its networks: kubectl apply -k deploy/upgrade
#
# Everything lives in kube-system under the name kube-vxlan-controller. What the controller may do is written out
# rule by rule below, with the reason; each rule can be seen to be needed by taking it away.
${await reasoned(root, "deploy/base")}`;
}

/** What upgrade.yaml of a release says: the same without the networks, which belong to the users of the cluster. */
export async function upgradeText(root: string): Promise<string> {
  return `# Kube VXLAN Controller, to be applied over an older one: kubectl apply -f upgrade.yaml
# The ConfigMap with the networks is not in it and stays as it is.
${await reasoned(root, "deploy/upgrade")}`;
}

async function reasoned(root: string, directory: string): Promise<string> {
  const built = await kustomizeObjects(root + directory);
  const sources = await Promise.all(bases.map((path) => Deno.readTextFile(root + path)));
  const text = withReasons(built, sources);
  assert.deepEqual(objectsIn(text), built, "the reasons changed an object");
  return text;
}

/** Flags that the chart sets itself, or on which its objects rest. */
const chartsOwn = [
  ...[
    "namespace",
    "namespaceFile",
    "configmapName",
    "poolsName",
    "leaseName",
    "watchNamespaces",
    "httpAddress",
  ],
];

/** The settings that the chart takes are the program's: a misspelt one is refused. */
async function schemaText(root: string): Promise<string> {
  const schema = JSON.parse(await Deno.readTextFile(root + schemaFile));
  const rows = Object.entries<OptionRow>({ ...membershipOptions, ...runOptions, ...logOptions })
    .filter(([key]) => !chartsOwn.includes(key));
  schema.properties.settings.properties = Object.fromEntries(
    rows.map(([key, row]) => [flagOf(key), settingSchema(row)]),
  );
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function settingSchema(row: OptionRow): object {
  const { description } = row;
  if (row.value === undefined) return { type: "boolean", description };
  if (row.choices !== undefined) return { enum: row.choices, description };
  return { type: ["string", "number"], description };
}

/** The policies that know the options of networks. */
const validations = [["deploy/validation/pods.yaml", "pod"], [
  "deploy/validation/networks.yaml",
  "cluster",
]] as const;

async function withOptions(
  root: string,
  { path, level }: { readonly path: string; readonly level: Level },
): Promise<string> {
  let text = await Deno.readTextFile(root + path);
  for (const [name, expression] of Object.entries(optionExpressions(level))) {
    const pattern = new RegExp(`(name: ${name}\\n +expression: )(.*)`, "g");
    const value = `'${expression.replaceAll("'", "''")}'`;
    text = replaced(text, { path, pattern, value });
  }
  return text;
}

interface Rewrite {
  readonly path: string;
  /** The first group stays, the second becomes `value`. */
  readonly pattern: RegExp;
  readonly value: string;
}

async function rewrittenText(root: string, { path, pattern, value }: Rewrite): Promise<string> {
  return replaced(await Deno.readTextFile(root + path), { path, pattern, value });
}

function replaced(text: string, { path, pattern, value }: Rewrite): string {
  if (text.match(pattern) === null) {
    throw new Error(`Cannot write into ${path}: it has nothing like ${pattern}`);
  }
  return text.replaceAll(pattern, (_, before: string) => before + value);
}

interface ImageEntry {
  readonly newName: string;
  readonly newTag?: string;
  readonly digest?: string;
}

function imageText({ newName, newTag, digest }: ImageEntry): string {
  return newName + (newTag === undefined ? "" : `:${newTag}`) + (digest === undefined ? "" : `@${digest}`);
}
