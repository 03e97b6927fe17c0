// Which processes live in a process namespace, told apart from later ones: pids and the namespaces' numbers come again.

/** Everything on this machine that lives in, or leads into, one of these process namespaces: "PID STARTED". */
export async function processesIn(spaces: ReadonlySet<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const links = await Promise.all(
      ["pid", "pid_for_children"].map((kind) => linkOf(`/proc/${name}/ns/${kind}`)),
    );
    if (!links.some((link) => spaces.has(link))) continue;
    const started = await startOf(name);
    if (started !== "") found.push(`${name} ${started}`);
  }
  return found;
}

/** Those of them that are still there. */
export async function alive(processes: readonly string[]): Promise<readonly string[]> {
  const there: string[] = [];
  for (const each of processes) {
    const [pid = "", started] = each.split(" ");
    if (await startOf(pid) === started) there.push(each);
  }
  return there;
}

/** Where a link of /proc leads; empty when its process has ended, or is not ours to look at. */
export async function linkOf(path: string): Promise<string> {
  return await Deno.readLink(path).catch(() => "");
}

/** Ticks from the machine's start to that of the process; empty when it has ended, and be it not yet waited for. */
async function startOf(pid: string): Promise<string> {
  const text = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  const [state = "", ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? "" : fields[18] ?? "";
}
