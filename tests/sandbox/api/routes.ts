// What does a request ask for? Path, method and query become a verb on a resource.
import { allResources, namespaces, type ResourceType } from "./resources.ts";

/** One request for a resource, in Kubernetes' own verbs; `connect` is exec. */
export interface ApiRoute {
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "connect";
  readonly resource: ResourceType;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

interface Place {
  readonly resource: ResourceType;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** The route, "unknown-path" when no resource of ours is there, or "unknown-method". */
export function routeOf(method: string, url: URL): ApiRoute | "unknown-path" | "unknown-method" {
  const place = placeOf(url.pathname.split("/").filter((part) => part !== "").map(decodeURIComponent));
  if (place === undefined) return "unknown-path";
  const verb = verbOf(method, place, url.searchParams);
  return verb === undefined ? "unknown-method" : { verb, ...place };
}

/** `api/v1/…` or `apis/<group>/<version>/…`. */
function placeOf(parts: readonly string[]): Place | undefined {
  const [root, ...rest] = parts;
  if (root === "api") return placeIn("", rest);
  if (root === "apis") return placeIn(rest[0] ?? "", rest.slice(1));
  return undefined;
}

function placeIn(group: string, [version, ...path]: readonly string[]): Place | undefined {
  const find = (plural: string | undefined, namespaced: boolean): ResourceType | undefined =>
    allResources.find((one) =>
      one.group === group && one.version === version && one.plural === plural &&
      (one.namespaced || !namespaced)
    );
  const [first, namespace, plural, name, subresource] = path;
  if (first === namespaces.plural && plural !== undefined) {
    const resource = find(plural, true);
    if (resource === undefined || namespace === undefined || path.length > 5) return undefined;
    return checked({ resource, namespace, ...given({ name, subresource }) });
  }
  const resource = find(first, false);
  if (resource === undefined || path.length > 2) return undefined;
  if (resource.namespaced && path.length > 1) return undefined;
  return { resource, ...given({ name: namespace }) };
}

function checked(place: Place): Place | undefined {
  if (place.subresource === undefined) return place;
  return place.resource.subresources.includes(place.subresource) ? place : undefined;
}

function given(parts: { readonly name?: string | undefined; readonly subresource?: string | undefined }): {
  readonly name?: string;
  readonly subresource?: string;
} {
  return {
    ...(parts.name === undefined ? {} : { name: parts.name }),
    ...(parts.subresource === undefined ? {} : { subresource: parts.subresource }),
  };
}

function verbOf(method: string, place: Place, query: URLSearchParams): ApiRoute["verb"] | undefined {
  if (place.subresource === "exec") return method === "GET" || method === "POST" ? "connect" : undefined;
  const { name } = place;
  switch (method) {
    case "GET":
      if (name !== undefined) return "get";
      return ["true", "1"].includes(query.get("watch") ?? "") ? "watch" : "list";
    case "POST":
      return name === undefined && (place.namespace !== undefined || !place.resource.namespaced)
        ? "create"
        : undefined;
    case "PUT":
      return name === undefined ? undefined : "update";
    case "PATCH":
      return name === undefined ? undefined : "patch";
    case "DELETE":
      return name === undefined || place.subresource !== undefined ? undefined : "delete";
    default:
      return undefined;
  }
}
