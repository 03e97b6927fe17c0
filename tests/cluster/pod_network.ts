// What does a pod's network look like from inside, and can it reach another? Asked through kubectl, as a user would.
import type { Cluster } from "./cluster.ts";
import { toolsIn } from "./test_tools.ts";

/** A container of a pod. */
export interface Inside {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** One interface. */
export interface SeenInterface {
  readonly name: string;
  readonly vni: number | undefined;
  /** Of the kernel: another when the interface was made anew. */
  readonly index: number;
  readonly mac: string;
  /** With prefix length. */
  readonly addresses: readonly string[];
}

/** Runs a program in a container; throws when it fails. */
export async function inside(
  cluster: Cluster,
  target: Inside & { readonly argv: readonly string[] },
): Promise<string> {
  const { namespace, pod, container, argv } = target;
  return await cluster.kubectl(["-n", namespace, "exec", pod, "-c", container, "--", ...argv]);
}

/** The VXLAN interfaces of a pod, by name. */
export async function vxlanInterfaces(
  cluster: Cluster,
  target: Inside,
): Promise<ReadonlyMap<string, SeenInterface>> {
  const text = await inside(cluster, { ...target, argv: ["ip", "-json", "-details", "address", "show"] });
  const found = new Map<string, SeenInterface>();
  for (const link of JSON.parse(text)) {
    if (link.linkinfo?.info_kind !== "vxlan") continue;
    const addresses = link.addr_info.map((one: { local: string; prefixlen: number }) =>
      `${one.local}/${one.prefixlen}`
    );
    const { ifname: name, ifindex: index, address: mac, linkinfo } = link;
    found.set(name, { name, vni: linkinfo.info_data?.id, index, mac, addresses });
  }
  return found;
}

/** The pod IPs to which an interface floods, sorted. */
export async function floodsTo(
  cluster: Cluster,
  target: Inside & { readonly dev: string },
): Promise<readonly string[]> {
  const text = await inside(cluster, {
    ...target,
    argv: ["bridge", "-json", "fdb", "show", "dev", target.dev],
  });
  const entries: { mac: string; dst?: string }[] = JSON.parse(text);
  return entries.filter((entry) => entry.mac === "00:00:00:00:00:00").flatMap((entry) => entry.dst ?? [])
    .sort();
}

/** True when three pings all come back. They are sent by a container beside those of the pod. */
export async function pings(
  cluster: Cluster,
  { to, ...from }: { readonly namespace: string; readonly pod: string; readonly to: string },
): Promise<boolean> {
  const { namespace, pod, container } = await toolsIn(cluster, from);
  const argv = ["ping", "-c", "3", "-i", "0.2", "-W", "3", to];
  const result = await cluster.kubectl.try(["-n", namespace, "exec", pod, "-c", container, "--", ...argv]);
  return result.code === 0 && / 0% packet loss/.test(result.stdout);
}
