// A pod's network namespace in memory, which answers `ip` and `bridge` as the real ones do, for want of a
// kernel or root.
//
// It models what the controller depends on, as measured on a real kernel: the semantics of the commands it
// sends, their failures and the traps of the batch modes. A test runs the same scripts here and on the real
// kernel and compares.
import type { Tool } from "../../../lib/overlay/step.ts";
import { createToyBridge } from "./bridge.ts";
import { createToyIp } from "./ip.ts";
import { ToyLinks } from "./links.ts";
import { createToySession, type ToySession } from "./session.ts";

/** A device that the namespace has from the beginning, such as a pod's eth0: up, of kind veth. */
export interface ToyDevice {
  readonly mac: string;
  readonly mtu: number;
  /** With prefix length. */
  readonly addresses: readonly string[];
  /** A default route through it, for each gateway given. */
  readonly gateways?: readonly string[];
}

/** One namespace. */
export interface ToyNamespace {
  /** Starts `ip -json -details -force -batch -` or `bridge -json -force -batch -`. */
  batch(tool: Tool): ToySession;
  /**
   * One command, given as argv (`["ip", "link", "del", "vxeth0"]`); options such as `-json` are taken and
   * ignored.
   */
  run(argv: readonly string[]): { readonly stdout: string; readonly stderr: string; readonly code: number };
  /** What `/sys/class/net/NAME/ifalias` holds; empty when there is no such link. */
  aliasOf(name: string): string;
  /** Names that a tool has asked for and no link has: a kernel with modules starts `modprobe` for each. */
  readonly modulesLookedFor: readonly string[];
  /** As if a frame from `mac` had come in over the tunnel from `dst`: the link learns it. */
  learn(entry: { readonly dev: string; readonly mac: string; readonly dst: string }): void;
}

/** Makes a namespace with `lo` and the devices given. */
export function createToyNamespace(
  devices: Readonly<Record<string, ToyDevice>>,
  options: { readonly knowsRules?: boolean } = {},
): ToyNamespace {
  const links = new ToyLinks(options);
  for (const [name, device] of Object.entries(devices)) plugIn(links, { name, device });
  const start = (tool: Tool): ToySession =>
    createToySession(tool === "bridge" ? createToyBridge(links) : createToyIp(links, tool === "ip6" ? 6 : 4));
  return {
    batch: start,
    run: (argv) => runOnce(argv, start),
    aliasOf: (name) => links.find(name)?.alias ?? "",
    modulesLookedFor: links.modulesLookedFor,
    learn: ({ dev, mac, dst }) => links.find(dev)?.fdb.learn({ mac, dst }),
  };
}

function plugIn(
  links: ToyLinks,
  { name, device }: { readonly name: string; readonly device: ToyDevice },
): void {
  const link = links.add({ name, kind: "veth", mac: device.mac, mtu: device.mtu });
  links.setUp(link);
  for (const address of device.addresses) links.addresses.replace(link, address);
  for (const gateway of device.gateways ?? []) {
    const subnet = gateway.includes(":") ? "::/0" : "0.0.0.0/0";
    links.routes.add({ subnet, gateway, link, protocol: "boot" });
  }
}

function runOnce(
  argv: readonly string[],
  start: (tool: Tool) => ToySession,
): { readonly stdout: string; readonly stderr: string; readonly code: number } {
  const [program, ...rest] = argv;
  if (program !== "ip" && program !== "bridge") {
    return { stdout: "", stderr: `${program ?? ""}: not found\n`, code: 127 };
  }
  const words = rest.filter((word) => !word.startsWith("-"));
  const session = start(program === "ip" && rest.includes("-6") ? "ip6" : program);
  const reply = session.line(words.join(" "));
  const code = reply.ended ?? session.end();
  const stderr = (reply.stderr ?? "").replace(/^Command failed -:1\n/m, "");
  return { stdout: reply.stdout ?? "", stderr, code: code === 1 ? 2 : code };
}
