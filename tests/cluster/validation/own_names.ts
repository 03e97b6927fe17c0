// A second controller with names of its own, and pods that may say less: what do its policies say, and of whom?
import { parseAllDocuments } from "yaml";
import type { Json } from "../../contract/api_under_test.ts";
import type { Cluster } from "../cluster.ts";
import { repository } from "../install_controller.ts";
import { type Names, networks } from "./judged_rows.ts";

/** Its ConfigMap is in the namespace of the test. */
export function ownNames(namespace: string): Names {
  return {
    configMap: { namespace, name: "nets" },
    annotation: "nets.example/networks",
    label: ["nets.example/member", "yes"],
    restrictPods: true,
  };
}

const [policies, bindings] = ["validatingadmissionpolicy", "validatingadmissionpolicybinding"];
const policyName = "kube-vxlan-controller-pods-own-names";

/** Installs its ConfigMap and a copy of deploy/validation/pods.yaml that refuses. */
export async function installOwnNames(cluster: Cluster, names: Names): Promise<void> {
  const text = await Deno.readTextFile(`${repository}deploy/validation/pods.yaml`);
  const copies = parseAllDocuments(text).map((document) => changed(document.toJS(), names));
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: names.configMap, data: networks };
  const items = [configMap, ...copies];
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
}

/** Removes the copy; the ConfigMap goes with its namespace. */
export async function removeOwnNames(cluster: Cluster): Promise<void> {
  await cluster.kubectl.try(["delete", `${bindings},${policies}`, policyName, "--ignore-not-found"]);
}

function changed(object: Json, { annotation, label, configMap, restrictPods }: Names): Json {
  // Two equals signs, as kubectl takes them.
  const selector = label.join("==");
  const own: Readonly<Record<string, unknown>> = { annotation, selector, restrictPods };
  object.metadata.name = policyName;
  for (const variable of object.spec.variables ?? []) {
    if (variable.name in own) variable.expression = JSON.stringify(own[variable.name]);
  }
  if (object.kind.endsWith("Binding")) {
    Object.assign(object.spec, { policyName, validationActions: ["Deny"] });
    Object.assign(object.spec.paramRef, configMap);
  }
  return object;
}
