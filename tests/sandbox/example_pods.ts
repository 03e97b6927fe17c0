// Which pods do demo and dev begin with? The routed example, with a gateway that forwards.

/** YAML of the pods, and of the ConfigMap of an install. On a real cluster a pod forwards as its node does. */
export async function routedExample(): Promise<string> {
  const networks = await Deno.readTextFile(new URL("../../deploy/base/networks.yaml", import.meta.url));
  const yaml = await Deno.readTextFile(new URL("../../examples/routed.yaml", import.meta.url));
  const sysctl = 'spec:\n  securityContext: { sysctls: [{ name: net.ipv4.ip_forward, value: "1" }] }\n';
  return [networks, ...yaml.split("---\n")]
    .map((part) => part.includes("name: gw") ? part.replace("spec:\n", sysctl) : part)
    .join("---\n");
}
