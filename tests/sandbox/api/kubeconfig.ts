// What does a client need to know of the sandbox's API server?
import { stringify } from "yaml";

/** A kubeconfig with one context named `sandbox`. */
export function kubeconfigText(server: string, token?: string): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "sandbox",
    clusters: [{ name: "sandbox", cluster: { server } }],
    contexts: [{ name: "sandbox", context: { cluster: "sandbox", user: "sandbox", namespace: "default" } }],
    users: [{ name: "sandbox", user: token === undefined ? {} : { token } }],
  });
}
