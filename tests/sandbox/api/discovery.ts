// Which groups, versions and resources are there? What kubectl asks before it asks for anything else.
import { allResources, apiVersionOf, type ResourceType } from "./resources.ts";

const kubernetesVersion = "v1.36.3";

/** The answer for a discovery path (/api, /apis, /version, …), or undefined when the path is none. */
export function discoveryAnswer(path: string): unknown {
  switch (path) {
    case "/version":
      return { major: "1", minor: "36", gitVersion: kubernetesVersion, platform: "linux/amd64" };
    case "/api":
      return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
    case "/apis":
      return { kind: "APIGroupList", apiVersion: "v1", groups: groups().map(groupEntry) };
    case "/openapi/v3":
      return { paths: {} };
    case "/openapi/v2":
      return {
        swagger: "2.0",
        info: { title: "sandbox", version: kubernetesVersion },
        paths: {},
        definitions: {},
      };
    default:
      return groupAnswer(path);
  }
}

/** `/apis/<group>`, `/api/v1` and `/apis/<group>/<version>`. */
function groupAnswer(path: string): unknown {
  const resources = allResources.filter((one) => path === resourceListPath(one));
  const [first] = resources;
  if (first !== undefined) {
    return {
      kind: "APIResourceList",
      apiVersion: "v1",
      groupVersion: apiVersionOf(first),
      resources: resources.flatMap(resourceEntries),
    };
  }
  const group = groups().find((name) => path === `/apis/${name}`);
  return group === undefined ? undefined : { kind: "APIGroup", apiVersion: "v1", ...groupEntry(group) };
}

function groups(): readonly string[] {
  return [...new Set(allResources.map((one) => one.group))].filter((group) => group !== "");
}

function groupEntry(name: string): Record<string, unknown> {
  const version = { groupVersion: `${name}/v1`, version: "v1" };
  return { name, versions: [version], preferredVersion: version };
}

function resourceListPath(resource: ResourceType): string {
  return resource.group === "" ? `/api/${resource.version}` : `/apis/${apiVersionOf(resource)}`;
}

function resourceEntries(resource: ResourceType): Record<string, unknown>[] {
  const { plural, singular, kind, namespaced, shortNames } = resource;
  const verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];
  const main = { name: plural, singularName: singular, namespaced, kind, verbs, shortNames };
  const parts = resource.subresources.map((part) => ({
    name: `${plural}/${part}`,
    singularName: "",
    namespaced,
    kind: part === "exec" ? "PodExecOptions" : kind,
    verbs: part === "exec" ? ["create", "get"] : ["get", "patch", "update"],
  }));
  return [main, ...parts];
}
