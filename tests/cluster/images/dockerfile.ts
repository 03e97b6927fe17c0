// Which permission flags does the image have? The Dockerfile is the one place where they are written.

/** The repository's Dockerfile. */
export const dockerfile: URL = new URL("../../../Dockerfile", import.meta.url);

/** The permission flags of the only `deno compile` in the Dockerfile, in its order. Throws when there is not just one. */
export function permissionFlags(dockerfileText: string): readonly string[] {
  const lines = dockerfileText.replace(/\\\n/g, " ").split("\n");
  const compiles = lines.filter((line) => /^RUN\s+deno\s+compile\s/.test(line));
  const [compile] = compiles;
  if (compile === undefined || compiles.length > 1) {
    throw new Error(
      `Cannot read the image's permission flags: ${compiles.length} lines "RUN deno compile" found`,
    );
  }
  return permissionFlagsOf(compile);
}

/** The permission flags within a command line, for comparing two of them. */
export function permissionFlagsOf(commandLine: string): readonly string[] {
  return commandLine.split(/\s+/).filter((word) => /^--(allow|deny|ignore)-|^--no-prompt$|^-A$/.test(word));
}
