// How do manifests written for Multus become ours: annotations, definitions and the ConfigMap of the networks?
import { isSeq } from "yaml";
import { parseAnnotation } from "../network/grammar/annotation.ts";
import { parseNetworkName } from "../network/grammar/names.ts";
import { quoted } from "../text/quoted.ts";
import { type Attachment, attachmentOf, withPrefix } from "./attachment.ts";
import type { ManifestDocument, ManifestObject } from "./documents.ts";
import {
  defaultNetworkAnnotation,
  multusAnnotation,
  type MultusEntry,
  multusText,
  readMultus,
} from "./multus.ts";
import { type DocumentChange, readable, type Rewritten, rewritten } from "./rewrite.ts";
import { annotationsOf, ownTemplate, type PodTemplate, podTemplate, setText, textsIn } from "./templates.ts";

/** Names, and how definitions become networks. */
export interface ConvertSettings {
  readonly annotation: string;
  readonly label: { readonly key: string; readonly value: string };
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** Names of definitions (`*` stands for any text) and of the networks that they become; the first that fits counts. */
  readonly map: readonly { readonly pattern: string; readonly network: string }[];
  /**
   * A ConfigMap with ids and pools comes behind the manifests. Else ids stand in the annotations: applied as it is, that
   * ConfigMap would replace the one of the cluster, and in a release of Helm it would be in the way of it.
   */
  readonly withConfigMap: boolean;
}

/** Converts. Twice is as once. What cannot be converted stays and is named. Throws NotYaml. */
export function convert(text: string, settings: ConvertSettings): Rewritten {
  const objects = readable(text).flatMap((source) => source.objects);
  const attachments = objects.flatMap((object) => attachmentOf(object) ?? []);
  const networks = new Map<string, readonly string[]>();
  const notes = attachments.flatMap((one) => declare(one, { ...settings, networks }));
  const result = rewritten(text, (source) => convertDocument(source, { ...settings, attachments, networks }));
  const added = settings.withConfigMap ? configMapText(networks, settings) : "";
  const end = added === "" || result.text === "" || result.text.endsWith("\n") ? "" : "\n";
  return { text: result.text + end + added, notes: [...notes, ...result.notes] };
}

/** The network that a definition becomes. */
function networkOf(
  name: string,
  map: ConvertSettings["map"],
): { readonly network: string; readonly isMapped: boolean } {
  const found = map.find(({ pattern }) => globs(pattern).test(name));
  return { network: found?.network ?? name, isMapped: found !== undefined };
}

function globs(pattern: string): RegExp {
  return new RegExp(
    `^${pattern.split("*").map((part) => part.replaceAll(/[.\\+?^${}()|[\]]/g, "\\$&")).join(".*")}$`,
  );
}

/** Notes the options of its network. What several definitions of one network say differently is said. */
function declare(
  attachment: Attachment,
  { map, networks, withConfigMap }: ConvertSettings & { readonly networks: Map<string, readonly string[]> },
): readonly string[] {
  const { name, title, refusal, pool, notes } = attachment;
  if (refusal !== undefined) return [`${title}: Cannot convert it: ${refusal}`];
  const { network } = networkOf(name, map);
  const read = parseNetworkName(network);
  if (read.kind === "fault") {
    return [`${title}: Cannot name a network ${quoted(network)}: ${read.reason}; use --map`];
  }
  const said = notes.map((note) => `${title}: ${note}`);
  const known = networks.get(network);
  if (!withConfigMap && pool.length > 0) {
    said.push(`${title}: ${pool.join(" ")} is left out: it belongs into the ConfigMap, key ${network}`);
  }
  if (known !== undefined && known.length > 0 && pool.length > 0 && known.join() !== pool.join()) {
    return [
      ...said,
      `${title}: ${pool.join(" ")} is left out: network ${network} has ${known.join(" ")} already`,
    ];
  }
  networks.set(network, pool.length > 0 ? pool : known ?? []);
  return said;
}

type Context = ConvertSettings & {
  readonly attachments: readonly Attachment[];
  readonly networks: Map<string, readonly string[]>;
};

function convertDocument(source: ManifestDocument, context: Context): DocumentChange {
  const converted = source.objects.filter((object) => isConverted(object));
  if (source.objects.length === 1 && converted.length === 1) return { outcome: "removed", notes: [] };
  for (const { node } of converted) {
    const items = source.document.get("items", true);
    if (isSeq(items)) items.items = items.items.filter((item) => item !== node);
  }
  const results = source.objects.map(podTemplate).flatMap((template) =>
    template === undefined ? [] : [convertTemplate(template, { ...context, document: source.document })]
  );
  const isChanged = converted.length > 0 || results.some(({ outcome }) => outcome === "changed");
  return { outcome: isChanged ? "changed" : "same", notes: results.flatMap(({ notes }) => notes) };
}

function isConverted(object: ManifestObject): boolean {
  const attachment = attachmentOf(object);
  return attachment !== undefined && attachment.refusal === undefined;
}

function convertTemplate(
  template: PodTemplate,
  context: Context & { readonly document: ManifestDocument["document"] },
): DocumentChange {
  const { value, object } = template;
  const annotations = textsIn(value, "metadata", "annotations");
  const text = annotations[multusAnnotation];
  const say = (note: string): string => `${object.title}: ${note}`;
  const notes = annotations[defaultNetworkAnnotation] === undefined
    ? []
    : [say(`annotation ${defaultNetworkAnnotation} stays: the controller adds networks and replaces none`)];
  if (text === undefined) return { outcome: "same", notes };
  const read = readMultus(text);
  if (read.kind === "unreadable") {
    return {
      outcome: "same",
      notes: [...notes, say(`Cannot read annotation ${multusAnnotation}: ${read.reason}`)],
    };
  }
  const ours = annotations[context.annotation];
  const named = new Set(namesIn(ours));
  const words: string[] = [];
  const left: MultusEntry[] = [];
  for (const entry of read.entries) {
    const result = entryWords(entry, { ...context, template, named });
    notes.push(...result.notes.map(say));
    if (result.words === undefined) left.push(entry);
    else words.push(result.words);
  }
  if (words.length === 0) return { outcome: "same", notes };
  const { document } = context;
  const own = ownTemplate(template);
  const { node } = own;
  setText(node, { path: ["metadata", "labels"], ...context.label, document });
  const all = [...ours === undefined ? [] : [ours.trimEnd()], ...words];
  const path = ["metadata", "annotations"];
  setText(node, { path, key: context.annotation, value: all.join(all.length > 2 ? ",\n" : ", "), document });
  const rest = multusText(left, read.form);
  if (rest === undefined) annotationsOf(own)?.delete(multusAnnotation);
  else setText(node, { path, key: multusAnnotation, value: rest, document });
  return { outcome: "changed", notes };
}

/** Our words for one entry, or none when it stays with Multus. */
function entryWords(
  entry: MultusEntry,
  context: Context & { readonly template: PodTemplate; readonly named: Set<string> },
): { readonly words?: string; readonly notes: readonly string[] } {
  const { attachments, map, named, networks, withConfigMap } = context;
  const stays = (reason: string): { readonly notes: readonly string[] } => ({
    notes: [`network ${quoted(entry.name)} stays with Multus: ${reason}`],
  });
  const attachment = attachments.find((one) => one.name === entry.name && isSame(one, entry));
  const { network, isMapped } = networkOf(entry.name, map);
  if (attachment?.refusal !== undefined) return stays(attachment.refusal);
  if (attachment === undefined && !isMapped) {
    return stays("its definition is not among the documents; if it is of layer 2, name it with --map");
  }
  const read = parseNetworkName(network);
  if (read.kind === "fault") return stays(`${read.reason}; use --map`);
  if (named.has(network)) return stays(`a pod has one interface in network ${network}; use --map`);
  // Of others that became the same network, where charts name a definition that they do not bring.
  const subnets = attachments.filter((one) => networkOf(one.name, map).network === network)
    .flatMap((one) => one.subnets);
  const notes: string[] = entry.others.map((key) => `${quoted(entry.name)}: ${quoted(key)} is left out`);
  const ips = (entry.ips.length > 0 ? entry.ips : attachment?.addresses ?? []).map((ip) => ({
    ip,
    text: withPrefix(ip, subnets),
  }));
  const bare = ips.find(({ text }) => text === undefined);
  if (bare !== undefined) return stays(`address ${quoted(bare.ip)} has no prefix length`);
  const words = [
    network,
    ...(withConfigMap ? [] : [`id=${idOf(network)}`]),
    ...(entry.interfaceName === network ? [] : [`name=${entry.interfaceName}`]),
    ...ips.map(({ text }) => `ip=${text}`),
    ...(entry.mac === undefined ? [] : [`mac=${entry.mac}`]),
    ...(attachment?.routes ?? []).map((route) => `route=${route}`),
    ...entry.defaultRoute.map((gateway) => `gateway=${gateway}`),
  ].join(" ");
  const source = { kind: "annotation", key: context.annotation, namespace: "", pod: "" } as const;
  const [problem] = parseAnnotation(words, source).problems;
  if (problem !== undefined) return stays(problem.message);
  named.add(network);
  if (!networks.has(network)) networks.set(network, []);
  return { words, notes };
}

function isSame(attachment: Attachment, entry: MultusEntry): boolean {
  return entry.namespace === undefined || attachment.namespace === undefined ||
    entry.namespace === attachment.namespace;
}

function namesIn(annotation: string | undefined): readonly string[] {
  const source = { kind: "annotation", key: "", namespace: "", pod: "" } as const;
  return parseAnnotation(annotation ?? "", source).entries.map(({ network }) => network);
}

/**
 * From the name, so that charts that are converted one by one agree (FNV-1a). Two names may meet in one id, which the
 * controller and `lint` say.
 */
function idOf(network: string): number {
  let hash = 0x811c9dc5;
  for (const character of network) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return 1_000_000 + hash % 15_000_000;
}

function configMapText(
  networks: ReadonlyMap<string, readonly string[]>,
  { configMap }: ConvertSettings,
): string {
  if (networks.size === 0) return "";
  const lines = [...networks].sort(([a], [b]) => a < b ? -1 : 1).map(([name, pool]) =>
    `  ${name}: ${[`id=${idOf(name)}`, ...pool].join(" ")}`
  );
  return [
    "---",
    "# The networks that the definitions became; ids may be others. Apply it with --server-side, else the networks that are",
    "# in the cluster's ConfigMap already are taken out.",
    "apiVersion: v1",
    "kind: ConfigMap",
    "metadata:",
    `  name: ${configMap.name}`,
    `  namespace: ${configMap.namespace}`,
    "data:",
    ...lines,
    "",
  ].join("\n");
}

/** Reads `PATTERN=NETWORK,…`; the part that cannot be read as the fault. */
export function readMap(text: string): ConvertSettings["map"] | string {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const read = parts.map((part) => /^([A-Za-z0-9.*-]+)=(.+)$/.exec(part));
  const wrong = parts.find((_, at) => {
    const name = read[at]?.[2];
    return name === undefined || parseNetworkName(name).kind === "fault";
  });
  if (wrong !== undefined) return wrong;
  return read.map((match) => ({ pattern: match?.[1] ?? "", network: match?.[2] ?? "" }));
}
