// What does the kernel of a pod hold? The raw answers of the tools, as far as edits concern it.
import type { Sandbox } from "../sandbox/sandbox.ts";

/** One interface. */
export interface Link {
  readonly ifname: string;
  /** Another one when it was made anew. */
  readonly ifindex: number;
  readonly ifalias?: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly address: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    /** With the device it stands on. */
    readonly info_data?: {
      readonly id?: number;
      readonly port?: number;
      readonly link?: string;
      readonly local6?: string;
    };
  };
  readonly addr_info: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
  }[];
}

/** All of one pod. */
export interface Look {
  readonly links: readonly Link[];
  readonly fdb: readonly { readonly mac: string; readonly ifname?: string; readonly dst?: string }[];
  /** The controller's. */
  readonly routes: readonly { readonly dst: string; readonly gateway?: string; readonly dev?: string }[];
  readonly rules: readonly { readonly priority: number; readonly dst?: string; readonly dstlen?: number }[];
  /** Permanent ones. */
  readonly neighbours: readonly {
    readonly dst: string;
    readonly dev: string;
    readonly lladdr?: string;
    readonly protocol?: string;
  }[];
}

const commands = [
  "ip -json -details address show",
  "bridge -json fdb show",
  "ip -json route show table all proto 86",
  "ip -json rule show",
  "ip -6 -json rule show",
  "ip -json -details neigh show nud permanent",
];

/** Looks into a pod: one line of JSON for each command. */
export async function lookInto(
  sandbox: Sandbox,
  pod: Parameters<Sandbox["exec"]>[0],
): Promise<Look> {
  const script = commands.map((command) => `${command} | tr '\\n' ' '; echo`).join("; ");
  const { stdout } = await sandbox.exec(pod, ["sh", "-c", script]);
  const [links, fdb, routes, rules, rules6, neighbours] = stdout.split("\n").map((line) =>
    JSON.parse(line.trim() === "" ? "[]" : line)
  );
  return { links, fdb, routes, rules: [...rules, ...rules6], neighbours };
}

/** The network of one of our interfaces; undefined when it is none. */
export function networkOf({ ifalias = "" }: Link): string | undefined {
  return /^kube-vxlan-controller:network=([^,]*),/.exec(ifalias)?.[1];
}

/** `VNI/PORT` of an interface; "" when it is no VXLAN. */
export function numbersOf({ linkinfo }: Link): string {
  if (linkinfo?.info_kind !== "vxlan") return "";
  return `${linkinfo.info_data?.id}/${linkinfo.info_data?.port}`;
}

/** Of the pod IPs to which it sends. */
export function familyOf({ linkinfo }: Link): 4 | 6 {
  return linkinfo?.info_data?.local6 === undefined ? 4 : 6;
}

/** The device it stands on; "" when that is gone. */
export function deviceOf({ linkinfo }: Link): string {
  return linkinfo?.info_data?.link ?? "";
}

/** Its addresses but those that are link-local, with their lengths; sorted. */
export function addressesIn({ addr_info }: Link): readonly string[] {
  return addr_info.filter(({ family, scope }) => family === "inet" || scope !== "link").map((
    { local, prefixlen },
  ) => `${local}/${prefixlen}`)
    .sort();
}

/** The link-local IPv6 address of an interface that is up, though the kernel may be about to try it first. */
export function linkLocalOf({ addr_info, flags }: Link): string | undefined {
  if (!flags.includes("UP")) return undefined;
  return addr_info.find(({ family, scope }) => family === "inet6" && scope === "link")?.local;
}

/** The interface of a network, by its name. */
export function linkOf(
  { interfaceName, network }: { readonly interfaceName: string; readonly network: string },
  { links }: Look,
): Link | undefined {
  return links.find((link) => link.ifname === interfaceName && networkOf(link) === network);
}
