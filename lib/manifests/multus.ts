// Which networks does the annotation of Multus name? Its short form and its JSON form, read into one.
import { isRecord } from "../text/json.ts";
import { quoted } from "../text/quoted.ts";

/** Key of the annotation. */
export const multusAnnotation = "k8s.v1.cni.cncf.io/networks";

/** Of a pod's main network, which nothing can stand in for. */
export const defaultNetworkAnnotation = "v1.multus-cni.io/default-network";

/** One entry. */
export interface MultusEntry {
  /** As it stands in the annotation, to be written again when it stays. */
  readonly written: unknown;
  readonly name: string;
  readonly namespace?: string;
  /** Multus's own numbering where none is given. */
  readonly interfaceName: string;
  readonly ips: readonly string[];
  readonly mac?: string;
  /** Gateways of a default route through it. */
  readonly defaultRoute: readonly string[];
  /** Fields that ask for more than a network can give. */
  readonly others: readonly string[];
}

/** The entries, or why they cannot be read. `form`: how they were written. */
export type MultusAnnotation =
  | { readonly kind: "entries"; readonly form: "short" | "json"; readonly entries: readonly MultusEntry[] }
  | { readonly kind: "unreadable"; readonly reason: string };

/** `gateway` is no field of the standard: charts write it, and Multus passes it by. */
const known = new Set(["name", "namespace", "interface", "ips", "mac", "default-route", "gateway"]);

/** Reads it. */
export function readMultus(text: string): MultusAnnotation {
  return /^\s*\[/.test(text) ? readJson(text) : readShort(text);
}

/** `[NAMESPACE/]NAME[@INTERFACE]`, separated by commas. */
function readShort(text: string): MultusAnnotation {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const entries = parts.map((part, at): MultusEntry | string => {
    const [, namespace, name, interfaceName] = /^(?:([^/@\s]+)\/)?([^/@\s]+)(?:@([^/@\s]+))?$/.exec(part) ??
      [];
    if (name === undefined) return part;
    return {
      written: part,
      name,
      ...(namespace !== undefined && { namespace }),
      interfaceName: interfaceName ?? `net${at + 1}`,
      ips: [],
      defaultRoute: [],
      others: [],
    };
  });
  const wrong = entries.find((entry) => typeof entry === "string");
  if (wrong !== undefined) {
    return { kind: "unreadable", reason: `${quoted(String(wrong))} is no NAMESPACE/NAME@INTERFACE` };
  }
  return { kind: "entries", form: "short", entries: entries.filter((entry) => typeof entry !== "string") };
}

function readJson(text: string): MultusAnnotation {
  const list = listIn(text);
  if (list === undefined) return { kind: "unreadable", reason: "it is no list in JSON" };
  const entries = list.map((value, at): MultusEntry | undefined => {
    if (!isRecord(value) || typeof value.name !== "string") return undefined;
    return {
      written: value,
      name: value.name,
      ...(typeof value.namespace === "string" && { namespace: value.namespace }),
      interfaceName: typeof value.interface === "string" ? value.interface : `net${at + 1}`,
      ips: texts(value.ips),
      ...(typeof value.mac === "string" && { mac: value.mac }),
      defaultRoute: texts(value["default-route"]),
      others: Object.keys(value).filter((key) => !known.has(key)),
    };
  });
  const at = entries.indexOf(undefined);
  if (at >= 0) return { kind: "unreadable", reason: `entry ${at + 1} has no name` };
  return { kind: "entries", form: "json", entries: entries.filter((entry) => entry !== undefined) };
}

function listIn(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

/** The annotation with these entries only; undefined when none is left. */
export function multusText(entries: readonly MultusEntry[], form: "short" | "json"): string | undefined {
  if (entries.length === 0) return undefined;
  const written = entries.map((entry) => entry.written);
  return form === "json" ? JSON.stringify(written) : written.join(", ");
}
