// What does the cluster's machine do beside the cluster: threads of its kernel, anything else, nothing?
import { type Shares, totalOf } from "./shares.ts";

/** Since the machine started, in seconds of processor time. */
export interface Machine {
  /** When it was read, in seconds. */
  readonly at: number;
  readonly idle: number;
  /** Frames, timers and the like. Whoever was interrupted is charged with it, so it is in the other figures too. */
  readonly softirq: number;
  /** By process id. */
  readonly kernelThreads: ReadonlyMap<string, number>;
}

/** The shares of the cluster and of the machine beside it: with them every second of every core is told. */
export interface Whole extends Shares {
  readonly kernelThreads: number;
  /** The benchmark itself, and whatever else goes on. */
  readonly others: number;
  readonly idle: number;
}

/** Ticks of the kernel's accounting, everywhere a hundredth of a second. */
const tick = 0.01;

export async function readMachine(): Promise<Machine> {
  const [line = ""] = (await Deno.readTextFile("/proc/stat")).split("\n");
  const [, , , idle = 0, waiting = 0, , softirq = 0] = line.split(/\s+/).slice(1).map(Number);
  const kernelThreads = new Map<string, number>();
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => ""); // It has ended.
    // After the name, which may hold anything: state, parent, … Process 2 begets all threads of the kernel.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[1] === "2") kernelThreads.set(name, (Number(fields[11]) + Number(fields[12])) * tick);
  }
  const ticks = { idle: (idle + waiting) * tick, softirq: softirq * tick };
  return { at: performance.now() / 1000, ...ticks, kernelThreads };
}

/** What went on between two readings, of which `shares` was the cluster's. */
export function wholeBetween(
  before: Machine,
  after: Machine,
  { shares, cores }: { readonly shares: Shares; readonly cores: number },
): Whole {
  const kernelThreads = [...after.kernelThreads].reduce(
    (sum, [id, seconds]) => sum + seconds - (before.kernelThreads.get(id) ?? 0),
    0,
  );
  const idle = after.idle - before.idle;
  const others = cores * (after.at - before.at) - idle - kernelThreads - totalOf(shares);
  return { ...shares, kernelThreads, others, idle };
}

/**
 * Where the time beyond that of the same containers goes: "+0.30: runtime +0.12, kubelets +0.05, …", each the difference
 * of a share over all core seconds that the same containers took.
 */
export function excessText(ours: Whole, same: Whole): string {
  const all = totalOf(same);
  const part = (seconds: number): string => `${seconds < 0 ? "" : "+"}${(seconds / all).toFixed(2)}`;
  const sameOf = new Map(Object.entries(same));
  const parts = Object.entries(ours).map(([name, seconds]) =>
    `${name} ${part(seconds - (sameOf.get(name) ?? 0))}`
  );
  return `${part(totalOf(ours) - all)}: ${parts.join(", ")}`;
}
