// What is refused before it is written? The API server's checks that a careless client runs into.
import { field, type KubeObject, listField, sameJson, textField } from "./kube_object.ts";
import { newEvents, pods } from "../api/resources.ts";
import type { ApiRoute } from "../api/routes.ts";
import { badRequest, invalid } from "../api/status.ts";

/** Checks an object that is to be created, in the form in which the client sent it. Throws StatusErrors. */
export function checkCreate(given: KubeObject, route: ApiRoute): void {
  if (given.metadata.resourceVersion !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  const { namespace } = given.metadata;
  if (route.namespace !== undefined && namespace !== undefined && namespace !== route.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (route.resource === newEvents) checkEvent(given);
}

/** Checks what an update or patch makes of an object. Throws StatusErrors. */
export function checkUpdate(
  { old, changed, route }: {
    readonly old: KubeObject;
    readonly changed: KubeObject;
    readonly route: ApiRoute;
  },
): void {
  const { name } = changed.metadata;
  if (name !== "" && name !== route.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${route.name ?? ""})`,
    );
  }
  const { uid } = changed.metadata;
  if (route.verb === "patch" && uid !== old.metadata.uid) {
    // Of a replacement the store says 409.
    const what =
      `${route.resource.kind} "${old.metadata.name}" is invalid: metadata.uid: Invalid value: "${uid}"`;
    throw invalid(`${what}: field is immutable`);
  }
  if (route.resource === newEvents) checkEventUpdate(old, changed);
  if (route.resource === pods && route.subresource === undefined) checkPodUpdate(old, changed);
}

const requiredOfEvents = [
  "eventTime",
  "reportingController",
  "reportingInstance",
  "reason",
  "action",
  "type",
];

/** Most characters of a note. */
const noteLimit = 1024;

function checkEvent(given: KubeObject): void {
  const missing = requiredOfEvents.find((name) => textField(given, name) === "");
  if (missing !== undefined) {
    throw invalid(`Event.events.k8s.io "${given.metadata.name}" is invalid: ${missing}: Required value`);
  }
  if (textField(given, "note").length > noteLimit) {
    throw invalid(
      `Event.events.k8s.io "${given.metadata.name}" is invalid: note: Invalid value: can have at most ${noteLimit} characters`,
    );
  }
}

/** Of an Event, the series alone may change. */
function checkEventUpdate(old: KubeObject, changed: KubeObject): void {
  const fixed = (event: KubeObject): unknown =>
    Object.entries(event).filter(([name, value]) =>
      !["metadata", "series", "apiVersion", "kind"].includes(name) && value !== undefined
    ).sort(([one], [other]) => one < other ? -1 : 1);
  if (sameJson(fixed(old), fixed(changed))) return;
  throw invalid(`Event.events.k8s.io "${old.metadata.name}" is invalid: Invalid value: field is immutable`);
}

/** Of containers, the image alone may change. */
function checkPodUpdate(old: KubeObject, changed: KubeObject): void {
  for (const list of ["initContainers", "containers"]) {
    if (sameJson(fixedOf(old, list), fixedOf(changed, list))) continue;
    throw invalid(
      `Pod "${old.metadata.name}" is invalid: spec: Forbidden: pod updates may not change fields other than ` +
        "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`",
    );
  }
}

function fixedOf(pod: KubeObject, list: string): unknown {
  return listField(field(pod, "spec"), list).map((one) => ({ ...Object(one), image: "" }));
}
