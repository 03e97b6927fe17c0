// Does a neighbour answer: the lines that make the kernel ask it, and what its table then says. Pure.
import { isRecord } from "../text/json.ts";

/** Whom to ask, and by which interface. Both were read from a kernel or parsed. */
export interface ProbeTarget {
  readonly address: string;
  readonly device: string;
}

/**
 * What the neighbour table says. `permanent` entries are somebody's and never touched; `pending`: the kernel still asks.
 */
export type NeighbourState = "absent" | "reachable" | "failed" | "permanent" | "pending" | "idle";

/** One line of JSON is answered, also when there is no entry. */
export function showNeighbour({ address, device }: ProbeTarget): string {
  return `neigh show to ${address} dev ${device}`;
}

/**
 * Makes the kernel ask; no line where it must not or need not. What is known already is asked for anew: an entry that is
 * REACHABLE was proven within the last half minute and proves nothing of now. Nothing of it is refused, whatever has come or
 * gone since the state was read (`nud probe` is, where the entry has gone, and ends `ip`).
 */
export function startProbe({ address, device }: ProbeTarget, state: NeighbourState): readonly string[] {
  const ask = `neigh replace ${address} dev ${device} use`;
  switch (state) {
    case "absent":
    case "failed":
      return [ask];
    case "reachable":
    case "idle":
      return [`neigh flush to ${address} dev ${device}`, ask];
    case "permanent":
    case "pending":
      return [];
    default:
      return state satisfies never;
  }
}

/**
 * The same without knowing what is known, and right whatever it is: what the kernel has found out by itself gives way to a new
 * question, what somebody has set for good stays (`replace … use` would take it its MAC). Then, and where an entry comes in
 * between the two lines, `add` is refused, and ends `ip` in spite of `-force`.
 */
export function introduce({ address, device }: ProbeTarget): readonly string[] {
  return [`neigh flush to ${address} dev ${device}`, `neigh add ${address} dev ${device} use`];
}

/** Takes away what a probe made, and what nobody answered to; never refused, and leaves what somebody has set for good. */
export function endProbe({ address, device }: ProbeTarget, before: NeighbourState): string {
  const line = `neigh flush to ${address} dev ${device}`;
  return before === "absent" ? line : `${line} nud failed`;
}

/** Reads one answer of `ip -json neigh show`. Throws an Error for one that is none. */
export function neighbourState(answer: string): NeighbourState {
  const list: unknown = JSON.parse(answer);
  if (!Array.isArray(list)) throw new Error("Cannot read a neighbour: no list");
  const entry: unknown = list[0];
  if (!isRecord(entry)) return "absent";
  const states = Array.isArray(entry["state"]) ? entry["state"].map(String) : [];
  if (states.includes("PERMANENT") || states.includes("NOARP")) return "permanent";
  if (states.includes("REACHABLE")) return "reachable";
  if (states.includes("FAILED")) return "failed";
  // In DELAY a kernel waits for 5 s before it asks.
  return states.some((state) => state === "INCOMPLETE" || state === "PROBE") ? "pending" : "idle";
}
