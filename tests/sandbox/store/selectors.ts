// Does an object match a label or field selector, as the API server understands them?
import { field, type KubeObject } from "./kube_object.ts";
import type { ResourceType } from "../api/resources.ts";
import { badRequest } from "../api/status.ts";

/** Tells whether an object is selected. */
export type Selector = (object: KubeObject) => boolean;

/** Which objects a list or watch is about. */
export interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** Reads both selectors. Throws a StatusError 400 on text that is not understood. */
export function selectorOf(selection: Selection, resource: ResourceType): Selector {
  const parts = [
    ...splitLabelSelector(selection.labelSelector ?? "").map(labelRequirement),
    ...(selection.fieldSelector ?? "").split(",").filter((part) => part.trim() !== "")
      .map((part) => fieldRequirement(part.trim(), resource)),
  ];
  const { namespace } = selection;
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    parts.every((matches) => matches(object));
}

/** Splits at commas that are not within the brackets of `in (a,b)`. */
function splitLabelSelector(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim()).filter((part) => part !== "");
}

function labelRequirement(text: string): Selector {
  const label = (key: string) => (object: KubeObject): string | undefined => object.metadata.labels?.[key];
  const set = text.match(/^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    const read = label(key);
    return (object) => values.includes(read(object) ?? "\0") === (operator === "in");
  }
  const equality = text.match(/^([^!=\s]+)\s*(==|=|!=)\s*(\S*)$/);
  if (equality !== null) {
    const [, key = "", operator, value] = equality;
    const read = label(key);
    return (object) => (read(object) === value) === (operator !== "!=");
  }
  const existence = text.match(/^(!?)([^!=\s(),]+)$/);
  if (existence === null) throw badRequest(`unable to parse requirement: found '${text}'`);
  const [, not, key = ""] = existence;
  const read = label(key);
  return (object) => (read(object) !== undefined) === (not === "");
}

function fieldRequirement(text: string, resource: ResourceType): Selector {
  const parts = text.match(/^([^!=]+)(==|=|!=)(.*)$/);
  if (parts === null) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const [, path = "", operator, value] = parts;
  if (!resource.selectableFields.includes(path)) {
    throw badRequest(`field label not supported: ${path}`);
  }
  return (object) => (fieldAt(object, path) === value) === (operator !== "!=");
}

function fieldAt(object: KubeObject, path: string): string {
  const found = path.split(".").reduce<unknown>((value, name) => field(value, name), object);
  return typeof found === "string" ? found : "";
}
