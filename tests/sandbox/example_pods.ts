// Which pods do demo and dev begin with? The routed example, with a gateway that forwards.

/** YAML of the pods and their ConfigMap. On a real cluster the gateway's own container sees to the forwarding. */
export async function routedExample(): Promise<string> {
  const yaml = await Deno.readTextFile(new URL("../../examples/routed.yaml", import.meta.url));
  const sysctl = 'spec:\n  securityContext: { sysctls: [{ name: net.ipv4.ip_forward, value: "1" }] }\n';
  return yaml.split("---\n")
    .map((part) => part.includes("name: gw") ? part.replace("spec:\n", sysctl) : part)
    .join("---\n");
}
