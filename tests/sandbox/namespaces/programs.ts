// Which programs of the machine are there, where, and what is to be done about a missing one?

/** Where programs are looked for: the usual places, also those that an ordinary user's PATH leaves out. */
export const searchPath = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
].join(":");

/** What real network namespaces need, and the Debian package that has it. */
const needed: Readonly<Record<string, string>> = {
  unshare: "util-linux",
  nsenter: "util-linux",
  mount: "mount",
  ip: "iproute2",
  bridge: "iproute2",
  sh: "dash",
  cat: "coreutils",
  sleep: "coreutils",
};

/** The path of a program, or undefined. A name with a slash is taken as a path. */
export async function findProgram(name: string): Promise<string | undefined> {
  const places = name.includes("/") ? [name] : searchPath.split(":").map((folder) => `${folder}/${name}`);
  const found = await Promise.all(places.map(isExecutable));
  return places.find((_, at) => found[at]);
}

/** The needed programs that are missing, as one sentence with the remedy; undefined when all are there. */
export async function missingPrograms(): Promise<string | undefined> {
  const names = Object.keys(needed);
  const found = await Promise.all(names.map(findProgram));
  const missing = names.filter((_, at) => found[at] === undefined);
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map((name) => needed[name]))].join(" ");
  return `missing here: ${missing.join(", ")} (on Debian: apt-get install ${packages})`;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    const { isFile, mode } = await Deno.stat(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}
