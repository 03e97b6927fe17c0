// How do we run a program of this machine to its end, and what do we say when it fails?

/** What a finished program left behind. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of a command. `env` is added to the environment; `stdin` is its whole input. */
export interface CommandOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Ends the program with SIGKILL. */
  readonly signal?: AbortSignal;
}

/** Runs a program without a shell and gives its output, whatever its exit status. Throws only when it cannot be started. */
export async function tryCommand(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [program = "", ...args] = argv;
  const child = new Deno.Command(program, {
    args,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    ...(options.env ? { env: { ...options.env } } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  }).spawn();
  if (options.stdin !== undefined) await feed(child.stdin, options.stdin);
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Runs a program and gives its stdout. Throws "Cannot <purpose>: …" with what it said when it exits other than 0. */
export async function command(
  purpose: string,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await tryCommand(argv, options);
  if (result.code === 0) return result.stdout;
  const said = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-8).join("\n");
  throw new Error(`Cannot ${purpose}: "${argv.slice(0, 6).join(" ")}" exits ${result.code}: ${said}`);
}

/** True when a program of that name is in PATH. */
export async function hasProgram(name: string): Promise<boolean> {
  return await whereIs(name) !== undefined;
}

/** The path of a program in PATH or in the directories for administrators, which a user's PATH may lack. */
export async function whereIs(name: string): Promise<string | undefined> {
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;
  for (const directory of path.split(":")) {
    const candidate = `${directory || "."}/${name}`;
    const found = await Deno.stat(candidate).catch(() => undefined);
    if (found?.isFile && ((found.mode ?? 0) & 0o111) !== 0) return candidate;
  }
  return undefined;
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  // A program may end before it has read everything; its exit status says what is wrong, not the broken pipe.
  await writer.write(new TextEncoder().encode(text)).catch(() => {});
  await writer.close().catch(() => {});
}
