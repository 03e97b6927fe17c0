// Is there a real Prometheus parser on this machine, and what does it say to a text?

/** Path of promtool (Debian package prometheus), or undefined. */
export const promtool = await findPromtool();

/** What a test that needs promtool is called: without it the skipping is plain in the log. */
export function named(name: string): { readonly name: string; readonly ignore: boolean } {
  const missing = promtool === undefined;
  return {
    name: missing ? `SKIPPED, promtool (Debian package prometheus) is not installed: ${name}` : name,
    ignore: missing,
  };
}

/** Runs promtool, with `input` on its standard input. */
export async function runPromtool(
  args: readonly string[],
  input = "",
): Promise<{ readonly code: number; readonly said: string }> {
  const command = new Deno.Command(promtool ?? "promtool", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const process = command.spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await process.output();
  const text = new TextDecoder();
  return { code, said: text.decode(stdout) + text.decode(stderr) };
}

async function findPromtool(): Promise<string | undefined> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = `${folder}/promtool`;
    if (await Deno.stat(path).then((file) => file.isFile, () => false)) return path;
  }
  return undefined;
}
