// Which programs of this machine used how much processor time? By name, with the children that they have waited for.

/** Programs that are told apart; the rest of the machine is `other`. */
const programs = ["kube-apiserver", "kubelet", "etcd", "containerd", "containerd-shim", "deno"] as const;

/** Seconds since the machine started; `busy`: everything, short-lived processes included. */
export interface MachineTime {
  readonly busy: number;
  readonly by: ReadonlyMap<string, number>;
}

/** Ticks of the kernel's accounting in a second, everywhere on Linux. */
const ticks = 100;

/** Reads /proc. Undefined where there is none. */
export async function machineTime(): Promise<MachineTime | undefined> {
  const total = await Deno.readTextFile("/proc/stat").catch(() => undefined);
  if (total === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    total.split("\n")[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  const by = new Map<string, number>();
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    const program = programs.find((each) => stat.includes(`(${each.slice(0, 15)}`));
    if (program === undefined) continue;
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const own = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0) / ticks;
    by.set(program, (by.get(program) ?? 0) + own);
  }
  return { busy: (user + nice + system + irq + softirq) / ticks, by };
}

/** What was used between two readings, in one line: "busy 37.4 s (kubelet 9.1, …)". */
export function usedBetween(before: MachineTime | undefined, after: MachineTime | undefined): string {
  if (before === undefined || after === undefined) return "-";
  const parts = [...after.by].map(([program, seconds]) => ({
    program,
    seconds: seconds - (before.by.get(program) ?? 0),
  })).filter(({ seconds }) => seconds >= 0.05).sort((a, b) => b.seconds - a.seconds);
  const shares = parts.map(({ program, seconds }) => `${program} ${seconds.toFixed(1)}`).join(", ");
  return `busy ${(after.busy - before.busy).toFixed(1)} s (${shares})`;
}
