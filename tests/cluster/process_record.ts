// Which processes are ours, and are they still the same ones? A pid alone is not enough: numbers are used again.

/** A process, told apart from a later one with the same number by the time at which the kernel started it. */
export interface ProcessRecord {
  readonly pid: number;
  /** Clock ticks since boot, as /proc/PID/stat says. */
  readonly startTime: string;
}

/** How a daemon is started, so that a test can start it again. */
export interface DaemonSpec {
  readonly name: string;
  readonly argv: readonly string[];
  /** Network namespace (`ip netns`), or none for that of this process. */
  readonly namespace?: string;
  /** cgroup.procs files to enter before the program starts: what it forks stays there, so it can be found again. */
  readonly cgroupFiles: readonly string[];
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a daemon in a session of its own, so that Ctrl-C at our terminal does not reach it. */
export async function startDaemon(spec: DaemonSpec): Promise<ProcessRecord> {
  // nsenter and not `ip netns exec`: the latter mounts a new /sys, without cgroups.
  const enter = spec.namespace ? ["nsenter", `--net=/run/netns/${spec.namespace}`] : [];
  const script = [
    `{ for f in ${spec.cgroupFiles.map(quoted).join(" ")}; do echo 0 > "$f" || exit 1; done;`,
    `exec "$@" </dev/null >>${quoted(spec.log)} 2>&1; } & echo $!`,
  ].join(" ");
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", ...enter, "setsid", ...spec.argv],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    ...(spec.env ? { env: { ...spec.env } } : {}),
  }).output();
  const pid = Number(new TextDecoder().decode(stdout).trim());
  const startTime = await startTimeOf(pid);
  if (startTime === undefined) {
    throw new Error(`Cannot start ${spec.name}: it ended at once. Its log: ${await tailOf(spec.log)}`);
  }
  return { pid, startTime };
}

/** This very process. */
export async function thisProcess(): Promise<ProcessRecord> {
  return { pid: Deno.pid, startTime: await startTimeOf(Deno.pid) ?? "" };
}

/** True while the recorded process runs; a zombie does not run. */
export async function isAlive(record: ProcessRecord): Promise<boolean> {
  return await startTimeOf(record.pid) === record.startTime;
}

/** Sends a signal if the process is still the recorded one. Gives false when it is gone. */
export async function signal(record: ProcessRecord, name: Deno.Signal): Promise<boolean> {
  if (!await isAlive(record)) return false;
  try {
    Deno.kill(record.pid, name);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Waits until the process is gone; false when it is still there after `ms` milliseconds. */
export async function goneWithin(record: ProcessRecord, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (await isAlive(record)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** The last lines of a log file, for messages. */
export async function tailOf(file: string): Promise<string> {
  const text = await Deno.readTextFile(file).catch(() => "(no log)");
  return text.trimEnd().split("\n").slice(-8).join("\n");
}

async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
  if (stat === undefined) return undefined;
  // The second field is the program's name in parentheses and may hold blanks, so count from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
