// Which names are in an archive? From the objects that are in it, so that `--redact` finds them wherever they stand. Pure.
import type { ControllerSettings } from "../../controller/settings.ts";
import { isRecord, listAt, recordAt } from "../../text/json.ts";
import { KnownNames } from "./anonymize.ts";
import type { Ours } from "./pod_record.ts";

type AnyRecord = Readonly<Record<string, unknown>>;

/** What names are taken from. */
export interface Named {
  readonly server: string;
  readonly settings: ControllerSettings;
  readonly ours: Ours;
  /** Pods as the archive has them. */
  readonly pods: readonly AnyRecord[];
  readonly nodes: readonly string[];
  /** Networks and interfaces. */
  readonly networks: readonly string[];
}

/** All of them. */
export function knownNames({ server, settings, ours, pods, nodes, networks }: Named): KnownNames {
  const names = new KnownNames();
  const host = URL.canParse(server) ? new URL(server).hostname : "";
  if (/[a-z]/i.test(host) && !host.startsWith("[")) names.add("name", host);
  names.add("namespace", settings.membership.configMap.namespace);
  for (const node of [...nodes].sort()) names.add("node", node);
  for (const network of [...networks].sort()) names.add("network", network);
  for (const pod of pods) addPod(pod, { names, ours });
  return names;
}

function addPod(
  pod: AnyRecord,
  { names, ours }: { readonly names: KnownNames; readonly ours: Ours },
): void {
  const [metadata, spec] = [recordAt(pod, "metadata"), recordAt(pod, "spec")];
  names.add("namespace", String(metadata["namespace"] ?? ""));
  names.add("pod", String(metadata["name"] ?? ""));
  names.add("node", String(spec["nodeName"] ?? ""));
  for (const key of ["serviceAccountName", "priorityClassName", "runtimeClassName"]) {
    names.add("name", String(spec[key] ?? ""));
  }
  // Networks that cannot be resolved are named nowhere else.
  const asked = String(recordAt(metadata, "annotations")[ours.annotationKey] ?? "");
  for (const [name] of asked.matchAll(/(?<=^|,)[ \t]*[A-Za-z][\w.-]*(?![\w.=-])/gm)) {
    names.add("network", name.trim());
  }
  for (const owner of listAt(metadata, "ownerReferences")) {
    const name = String(owner["name"] ?? "");
    names.add("name", name);
    // That of a ReplicaSet is its Deployment's with a hash.
    names.add("name", name.replace(/-[a-z0-9]{6,10}$/, ""));
  }
  for (
    const word of [...labelWords(metadata["labels"]), ...labelWords(metadata["annotations"], { keys: true })]
  ) {
    names.add("name", word);
  }
  for (const container of [...listAt(spec, "initContainers"), ...listAt(spec, "containers")]) {
    const name = String(container["name"] ?? "");
    if (ours.containers.includes(name)) continue;
    names.add("name", name);
    const [image = ""] = String(container["image"] ?? "").split("@");
    for (const part of image.split(/[/:]/)) if (isTelling(part)) names.add("name", part);
    for (const { name } of listAt(container, "env")) if (typeof name === "string") names.add("name", name);
  }
}

/** Values of labels, and the domains of keys, but those of Kubernetes and ours. */
function labelWords(labels: unknown, { keys = false }: { readonly keys?: boolean } = {}): readonly string[] {
  if (!isRecord(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) => {
    const [domain = "", own] = key.split("/");
    const isKnown = /(^|\.)(kubernetes\.io|k8s\.io|travelping\.com|openvnf\.org)$/.test(domain);
    return [
      ...own === undefined || isKnown ? [] : [domain],
      ...keys ? [] : [String(value)].filter(isTelling),
    ];
  });
}

/** More than a number, a version or a word that is everywhere. */
function isTelling(word: string): boolean {
  return word.length > 2 && !/^(true|false|latest|[vV]?[\d.]+|docker\.io|library)$/.test(word);
}
