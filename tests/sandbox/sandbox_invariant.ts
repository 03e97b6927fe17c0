// Does the overlay hold in the sandbox, at last? The invariant checker with the sandbox's pods, and with patience.
import { type ExpectedMember, lookThrough, violations } from "./invariant.ts";
import { field, listField, textField } from "./store/kube_object.ts";
import type { PodName } from "./kubelet/kubelet.ts";
import { pods } from "./api/resources.ts";
import type { Sandbox } from "./sandbox.ts";
import { waitFor } from "./tools/waiting.ts";

/** A member as a story declares it: the pod IP is looked up. `family` 6 takes the pod's IPv6 address. */
export type DeclaredMember = Omit<ExpectedMember, "podIp"> & { readonly family?: 4 | 6 };

/** What is to hold. Pods are named `name` (in `default`) or `namespace/name`. */
export interface Declaration {
  readonly members: readonly DeclaredMember[];
  readonly bystanders?: readonly string[];
}

/** Waits until the declaration holds; the error lists what still does not. */
export async function waitUntilHolds(sandbox: Sandbox, declaration: Declaration): Promise<void> {
  let found: readonly string[] = ["nothing was observed yet"];
  await waitFor(async () => {
    found = await sandboxViolations(sandbox, declaration);
    return found.length === 0;
  }, { what: "every member has its interfaces and its peers", state: () => found.slice(0, 10).join("; ") });
}

/** Everything that does not hold now, one sentence each. A pod that has no running container is one of them. */
export async function sandboxViolations(
  sandbox: Sandbox,
  declaration: Declaration,
): Promise<readonly string[]> {
  const members = declaration.members.map((member) => ({ ...member, podIp: podIpOf(sandbox, member) }));
  const observe = lookThrough(async (pod, argv) => (await sandbox.exec(podName(pod), argv)).stdout);
  try {
    return await violations({ members, bystanders: declaration.bystanders ?? [], observe });
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** `name` or `namespace/name` as the sandbox takes it. */
export function podName(text: string): PodName {
  const [first = "", second] = text.split("/");
  return second === undefined ? { name: first } : { namespace: first, name: second };
}

/** A pod's first IP of a family (default 4), or "" when it has none yet. */
export function podIpOf(
  sandbox: Sandbox,
  { pod, family = 4 }: { readonly pod: string; readonly family?: 4 | 6 },
): string {
  const ips = listField(field(sandbox.find(pods, podName(pod)), "status"), "podIPs")
    .map((one) => textField(one, "ip"));
  return ips.find((ip) => ip.includes(":") === (family === 6)) ?? "";
}
