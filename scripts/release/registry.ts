// Where do the images of a release go? The release workflow names it, once; until the first release it is a placeholder.
import { parse } from "yaml";

/** True for a name that can be no registry: the top-level domain "invalid" is kept free (RFC 2606). */
export function isPlaceholder(registry: string): boolean {
  return /\.invalid$/.test(registry.split("/")[0] ?? "");
}

/** The registry that the release workflow names. */
export function registryOf(workflow: string): string {
  const registry: unknown = parse(workflow)?.env?.REGISTRY;
  if (typeof registry !== "string") {
    throw new Error("Cannot find the registry: release.yml has no env.REGISTRY");
  }
  return registry;
}
