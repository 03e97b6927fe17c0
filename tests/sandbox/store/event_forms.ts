// How does one Event look in the core group, and how in events.k8s.io? They are the same objects under two sets of names.
import type { KubeObject } from "./kube_object.ts";
import { apiVersionOf, coreEvents, newEvents, type ResourceType } from "../api/resources.ts";

/** Field names: core first, events.k8s.io second. */
const names = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
] as const;

const toNew = new Map<string, string>(names);
const toCore = new Map<string, string>(names.map(([core, other]) => [other, core]));

/** The resource under which objects of this one are kept. */
export function storedAs(resource: ResourceType): ResourceType {
  return resource === newEvents ? coreEvents : resource;
}

/** An object in the form in which it is kept. */
export function inward(resource: ResourceType, object: KubeObject): KubeObject {
  return resource === newEvents ? renamed(object, toCore, coreEvents) : object;
}

/** An object in the form in which the resource shows it. */
export function outward(resource: ResourceType, object: KubeObject): KubeObject {
  return resource === newEvents ? renamed(object, toNew, newEvents) : object;
}

/** A field selector in the words of the kept form. */
export function inwardSelector(resource: ResourceType, selector: string): string {
  return resource === newEvents ? selector.replaceAll("regarding.", "involvedObject.") : selector;
}

function renamed(object: KubeObject, map: ReadonlyMap<string, string>, to: ResourceType): KubeObject {
  const entries = Object.entries(object).map(([name, value]) => [map.get(name) ?? name, value]);
  return {
    ...Object.fromEntries(entries),
    apiVersion: apiVersionOf(to),
    kind: to.kind,
    metadata: object.metadata,
  };
}
