// What may the controller do, according to the roles among these objects?
import type { KubeObject } from "./kustomize.ts";

/** `resource/name verb` for every right, sorted, whether in Roles or ClusterRoles. */
export function rightsOf(objects: readonly KubeObject[]): readonly string[] {
  const roles = objects.filter(({ kind }) => kind === "Role" || kind === "ClusterRole");
  return [...new Set(roles.flatMap((role) => role.rules.flatMap(rightsOfRule)))].sort();
}

interface Rule {
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

function rightsOfRule({ resources, resourceNames, verbs }: Rule): readonly string[] {
  const named = resources.flatMap((resource) =>
    resourceNames?.map((name) => `${resource}/${name}`) ?? [resource]
  );
  return named.flatMap((resource) => verbs.map((verb) => `${resource} ${verb}`));
}
