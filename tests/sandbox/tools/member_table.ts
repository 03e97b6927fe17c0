// What a person wants to see of an overlay: who is in which network, with which address and which peers, as the kernels say.
import { readFdbEntries } from "../../../lib/overlay/iproute2/read.ts";
import { readLinks } from "../../../lib/overlay/iproute2/read_links.ts";
import type { Sandbox } from "../sandbox.ts";

/** A row per interface of these pods. */
export async function memberTable(sandbox: Sandbox, pods: readonly string[]): Promise<readonly string[]> {
  const rows = (await Promise.all(pods.map((name) => rowsOf(sandbox, name)))).flat();
  const all = [["POD", "NETWORK", "VNI", "ADDRESSES", "PEERS"], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   ").trimEnd());
}

async function rowsOf(sandbox: Sandbox, name: string): Promise<readonly (readonly string[])[]> {
  const ask = async (...argv: readonly string[]): Promise<string> =>
    (await sandbox.exec({ name }, argv)).stdout;
  const links = readLinks(await ask("ip", "-json", "-details", "address", "show"));
  const fdb = readFdbEntries(await ask("bridge", "-json", "fdb", "show"));
  return links.filter(({ vxlan }) => vxlan !== undefined).map((link) => [
    name,
    link.name,
    String(link.vxlan?.vni),
    link.addresses.filter((address) => !address.startsWith("fe80:")).join(" ") || "-",
    fdb.filter(({ dev, mac }) => dev === link.name && /^[0:]+$/.test(mac)).map(({ dst }) => dst).join(" ") ||
    "-",
  ]);
}
