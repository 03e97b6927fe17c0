// Which processes descend from one that we started, and what do they say first?

/** The children of a process (of all its threads), as /proc tells; none when it has ended. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const children: number[] = [];
  try {
    for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
      const text = await Deno.readTextFile(`/proc/${pid}/task/${name}/children`);
      children.push(...text.split(" ").filter((word) => word !== "").map(Number));
    }
    return children;
  } catch {
    return await childrenByScan(pid);
  }
}

/** For kernels without CONFIG_PROC_CHILDREN, and for processes that have ended. */
async function childrenByScan(pid: number): Promise<readonly number[]> {
  const children: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (/^\d+$/.test(name) && await parentOf(name) === pid) children.push(Number(name));
  }
  return children;
}

async function parentOf(name: string): Promise<number | undefined> {
  try {
    const stat = await Deno.readTextFile(`/proc/${name}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

/** The first child of a process. Throws when it has none: then it has ended. */
export async function onlyChildOf(pid: number): Promise<number> {
  const [child] = await childrenOf(pid);
  if (child === undefined) throw new Error(`Cannot find the child of process ${pid}: it has ended`);
  return child;
}

/** Sends a signal; a process that is gone already is fine. */
export function signalProcess(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Reads until a line equal to `word` and lets go of the stream.
 * Throws an Error with everything read when the stream ends before.
 */
export async function awaitWord(stream: ReadableStream<Uint8Array>, word: string): Promise<void> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split("\n").includes(word)) return;
  }
  throw new Error(text.trim() || "it ended without a word");
}
