// What is wrong in these manifests, in which line? The words are the controller's own; here they get their place.
import type { YAMLMap } from "yaml";
import { noClusterNetworks, readClusterNetworks } from "../network/cluster_networks.ts";
import type { Problem } from "../network/problem.ts";
import { isRecord } from "../text/json.ts";
import { quoted } from "../text/quoted.ts";
import { type ManifestDocument, type ManifestObject, readManifests } from "./documents.ts";
import { lineOfKey, mapIn, placedText } from "./places.ts";
import { annotationsOf, type PodTemplate, podTemplate, textsIn } from "./templates.ts";

/** A text of manifests under the name that findings give it. */
export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

/** Something that is wrong, or probably is. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly severity: "error" | "warning";
  /** `Deployment lab/db`; absent: the text itself. */
  readonly object?: string;
  readonly message: string;
}

/** What was found wrong of a pod: in which text, and how much it matters. */
export interface Judged {
  readonly problem: Problem;
  readonly severity: Finding["severity"];
}

/** Names, and those who judge. */
export interface LintSettings {
  /** Key of the annotation that names networks. */
  readonly annotation: string;
  /** Labels by which the controller finds members: `vxlan.travelping.com=true`. */
  readonly selector: string;
  readonly isSelected: (labels: Readonly<Record<string, string>>) => boolean;
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** Judges a pod of the template by these networks; undefined: no ConfigMap was given, so nothing is unknown. */
  readonly judgePod: (
    template: PodTemplate,
    data: Readonly<Record<string, string>> | undefined,
  ) => readonly Judged[];
  /** Judges a Service. */
  readonly judgeService: (service: unknown) => readonly string[];
}

/** Sorted by file, as given, and line. */
export function lint(files: readonly ManifestFile[], settings: LintSettings): readonly Finding[] {
  const read = files.map(({ name, text }) => ({ file: name, documents: readManifests(text) }));
  const maps = read.flatMap(({ documents }) => documents.flatMap(({ objects }) => objects))
    .filter((object) => isOurConfigMap(object, settings));
  const data = maps.length === 0
    ? undefined
    : Object.assign({}, ...maps.map(({ value }) => textsIn(value, "data")));
  return read.flatMap(({ file, documents }) => {
    const found = documents.flatMap((source) => documentFindings(source, { ...settings, data }));
    return found.map((finding) => ({ file, ...finding })).sort((a, b) => a.line - b.line);
  });
}

type Context = LintSettings & { readonly data: Readonly<Record<string, string>> | undefined };
type Placed = Omit<Finding, "file">;

function documentFindings(source: ManifestDocument, context: Context): readonly Placed[] {
  const faults = source.faults.map((fault): Placed => ({ ...fault, severity: "error" }));
  return [...faults, ...source.objects.flatMap((object) => objectFindings(object, { ...context, source }))];
}

type InDocument = Context & { readonly source: ManifestDocument };

function objectFindings(object: ManifestObject, context: InDocument): readonly Placed[] {
  if (isOurConfigMap(object, context)) return configMapFindings(object, context);
  if (object.kind === "Service") {
    return context.judgeService(object.value).map((message): Placed => ({
      line: lineOf(object.node, context.source),
      severity: "error",
      object: object.title,
      message,
    }));
  }
  const template = podTemplate(object);
  return template === undefined ? [] : templateFindings(template, context);
}

function configMapFindings(object: ManifestObject, { configMap, source }: InDocument): readonly Placed[] {
  const read = readClusterNetworks(textsIn(object.value, "data"), {
    previous: noClusterNetworks,
    configMap: { ...configMap, ...namesOf(object) },
  });
  const data = mapIn(object, "data");
  const others = Object.entries(isRecord(object.value.data) ? object.value.data : {})
    .filter(([, value]) => typeof value !== "string");
  return [
    ...read.problems.map((problem): Placed => {
      const key = problem.source.kind === "configmap" ? problem.source.key : "";
      const place = placedText(data, { key, source });
      const line = place?.lineOf(problem.line, problem.token) ?? lineOf(object.node, source);
      return { line, severity: "error", object: object.title, message: `key ${key}: ${problem.message}` };
    }),
    ...others.map(([key, value]): Placed => ({
      line: lineOfKey(data, { key, source }) ?? lineOf(object.node, source),
      severity: "error",
      object: object.title,
      message: `key ${key}: Cannot read ${
        JSON.stringify(value)
      }: a ConfigMap holds texts only; put it in quotes`,
    })),
  ];
}

function templateFindings(template: PodTemplate, context: InDocument): readonly Placed[] {
  const { source, annotation, data, selector } = context;
  const labels = textsIn(template.value, "metadata", "labels");
  const annotations = annotationsOf(template);
  const text = placedText(annotations, { key: annotation, source });
  const { title } = template.object;
  const wrong = notTexts(template, context);
  if (wrong.length > 0) return wrong;
  const at = (line: number | undefined, token?: string): number =>
    text?.lineOf(line, token) ?? lineOf(template.node, source);
  if (!context.isSelected(labels)) {
    if (text === undefined) return [];
    const message =
      `Cannot become a member: the pod has the annotation ${annotation} and not the label ${selector}; add it`;
    return [{ line: at(undefined), severity: "error", object: title, message }];
  }
  return context.judgePod(template, data).map(({ problem, severity }): Placed => {
    const isText = problem.source.kind === "annotation";
    return {
      line: isText ? at(problem.line, problem.token) : lineOf(template.node, source),
      severity,
      object: title,
      message: problem.message,
    };
  });
}

/** The API server refuses the whole object for a label that is no text: `true` without quotes is none. */
function notTexts(template: PodTemplate, { source, annotation, selector }: InDocument): readonly Placed[] {
  const { value, node, object } = template;
  return (["labels", "annotations"] as const).flatMap((place) => {
    const map = mapIn({ node, document: object.document }, "metadata", place);
    const metadata = isRecord(value.metadata) ? value.metadata[place] : undefined;
    return Object.entries(isRecord(metadata) ? metadata : {}).flatMap(([key, found]): readonly Placed[] => {
      const isOurs = key === annotation || selector.split(/[=,!() ]+/).includes(key);
      if (!isOurs || typeof found === "string") return [];
      const what = place === "labels" ? "label" : "annotation";
      const message = found === null
        ? `Cannot read the ${what} ${key}: nothing stands behind it`
        : `Cannot read the ${what} ${key}: ${quoted(JSON.stringify(found))} is no text; put it in quotes`;
      const line = lineOfKey(map, { key, source }) ?? lineOf(node, source);
      return [{ line, severity: "error", object: object.title, message }];
    });
  });
}

function isOurConfigMap({ kind, value }: ManifestObject, { configMap }: LintSettings): boolean {
  const { name } = isRecord(value.metadata) ? value.metadata : {};
  return kind === "ConfigMap" && name === configMap.name;
}

function namesOf({ value }: ManifestObject): { readonly namespace?: string; readonly name?: string } {
  const { namespace } = textsIn(value, "metadata");
  return namespace === undefined ? {} : { namespace };
}

function lineOf(node: YAMLMap, source: ManifestDocument): number {
  return source.lineAt(node.range?.[0] ?? 0);
}
