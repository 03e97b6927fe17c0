// Which files are in an image: the programs, the rest, and how large is it all?

/** Where a shell or a person looks for programs. */
const programDirectories = /^\/(usr\/)?(local\/)?s?bin\//;

/** What lets somebody who got in do more than the program does. */
const tools =
  /\/(sh|bash|dash|ash|zsh|busybox|perl[\d.]*|python[\d.]*|apt|apt-get|dpkg|env|cat|nc|wget|curl)$/;

/** The files of an image. */
export interface ImageFiles {
  /** Every regular file and link, sorted. */
  readonly paths: readonly string[];
  /** Programs in the directories for programs. */
  readonly programs: readonly string[];
  /** Shells, interpreters and package managers, wherever they are. */
  readonly tools: readonly string[];
  readonly bytes: number;
}

/** Reads the files below `root`. */
export async function imageFiles(root: string): Promise<ImageFiles> {
  const paths: string[] = [];
  let bytes = 0;
  const visit = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
      const path = `${folder}${name}`;
      if (isDirectory) {
        await visit(`${path}/`);
        continue;
      }
      paths.push(path);
      bytes += (await Deno.lstat(root + path)).size;
    }
  };
  await visit("/");
  paths.sort();
  return {
    paths,
    programs: paths.filter((path) => programDirectories.test(path)),
    tools: paths.filter((path) => tools.test(path)),
    bytes,
  };
}
