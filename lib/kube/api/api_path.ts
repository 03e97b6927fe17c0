// Which resource is a request about? Paths of the API to names for metrics.

/** "pods", "pods/exec", "leases": what the path is about, without names or namespaces; "other" when unclear. */
export function resourceOf(path: string): string {
  const parts = path.split("?")[0]?.split("/").filter((part) => part !== "") ?? [];
  const below = parts[0] === "api" ? parts.slice(2) : parts[0] === "apis" ? parts.slice(3) : [];
  const local = below[0] === "namespaces" && below.length > 2 ? below.slice(2) : below;
  const [resource, _name, subresource] = local;
  if (resource === undefined || !/^[a-z]+$/.test(resource)) return "other";
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}
