// What is remembered of reservations over a restart, as text: one line each, which a person can read and mend.
import { parseNetworkName } from "../grammar/names.ts";
import type { OptionSet } from "../grammar/option_table.ts";
import { readOptions } from "../grammar/option_set.ts";
import { defined } from "../../text/defined.ts";
import { quoted } from "../../text/quoted.ts";
import type { LeftBehind } from "./reservations.ts";

/** Reservations that somebody holds. */
export interface Memory {
  /** What entries reserve: name → `id` and `namespaces`. */
  readonly networks: ReadonlyMap<string, OptionSet>;
  /** What they reserved before they had another id. */
  readonly left: readonly LeftBehind[];
}

/** Nobody holds anything. */
export const noMemory: Memory = { networks: new Map(), left: [] };

/** Lines as `network NAME id=1 namespaces=db`, or `left …`, in at most `room` bytes; `missing`: how many do not fit. */
export function memoryText(
  { networks, left }: Memory,
  room: number,
): { readonly text: string; readonly missing: number } {
  const lines = [
    ...[...networks].map(([name, reserved]) => lineOf("network", name, reserved)),
    ...left.map((one) => lineOf("left", one.network, one)),
  ];
  let size = 0;
  // All of it is ASCII.
  const fitting = lines.filter((line) => size + line.length <= room && (size += line.length) > 0);
  return { text: fitting.join(""), missing: lines.length - fitting.length };
}

/** The same read, from the object `source`; `fault` says what is the first that cannot be. */
export function readMemory(
  text: string,
  source: { readonly namespace: string; readonly name: string },
): { readonly memory: Memory; readonly fault?: string } {
  const networks = new Map<string, OptionSet>();
  const left: LeftBehind[] = [];
  const faults: string[] = [];
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [kind, network = "", ...words] = line.split(" ");
    const context = {
      network,
      level: "cluster",
      source: { kind: "configmap", ...source, key: network },
    } as const;
    const { options: { id, namespaces = [] }, problems } = readOptions(
      words.map((text) => ({ text })),
      context,
    );
    const isRead = problems.length === 0 && parseNetworkName(network).kind === "value";
    if (isRead && kind === "network") networks.set(network, defined({ id, namespaces }));
    else if (isRead && kind === "left" && id !== undefined) left.push({ network, id, namespaces });
    else faults.push(`cannot read ${quoted(line)}`);
  }
  return { memory: { networks, left }, ...defined({ fault: faults[0] }) };
}

function lineOf(kind: "network" | "left", name: string, { id, namespaces = [] }: OptionSet): string {
  const words = [
    ...(id === undefined ? [] : [`id=${id}`]),
    ...(namespaces.length === 0 ? [] : [`namespaces=${namespaces.join()}`]),
  ];
  return `${[kind, name, ...words].join(" ")}\n`;
}
