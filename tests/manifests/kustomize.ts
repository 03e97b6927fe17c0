// What does a kustomization build, as text and as objects?
import { parseAllDocuments } from "yaml";
import { command } from "../cluster/run_command.ts";
import { goTool } from "../tools/go_tools.ts";

/** A Kubernetes object, as far as these tests look into it. */
export interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // deno-lint-ignore no-explicit-any
  readonly [field: string]: any;
}

/** The YAML that `kustomize build` gives for a directory. Throws with its words when it cannot. */
export async function kustomizeText(directory: string): Promise<string> {
  return await command(`build ${directory}`, [await goTool("kustomize"), "build", directory]);
}

/** The objects of that. */
export async function kustomizeObjects(directory: string): Promise<readonly KubeObject[]> {
  return objectsIn(await kustomizeText(directory));
}

/** The objects of a YAML stream, empty documents left out, sorted by kind, namespace and name. Throws on YAML errors. */
export function objectsIn(text: string): readonly KubeObject[] {
  const objects = parseAllDocuments(text).map((document): KubeObject | null => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  }).filter((object) => object !== null);
  return objects.sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
}

/** `Kind namespace/name`. */
export function keyOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}
