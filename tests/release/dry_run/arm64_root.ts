// What would an image hold on arm64? The same files as on amd64, each program and library taken from the arm64 package.
import { command } from "../../cluster/run_command.ts";
import { entries, machinesIn } from "./elf.ts";
import type { UnpackedPackages } from "./debian_root.ts";

/** What a file or a link of amd64 is called on arm64. */
export function arm64Name(path: string): string {
  return path
    .replace(/\blib64\/ld-linux-x86-64\.so\.2$/, "lib/ld-linux-aarch64.so.1")
    .replace(/ld-linux-x86-64\.so\.2$/, "ld-linux-aarch64.so.1")
    .replaceAll("x86_64-linux-gnu", "aarch64-linux-gnu");
}

/** Names of the Debian packages that the root of an image has records of. */
export async function packagesIn(root: string): Promise<readonly string[]> {
  return (await Array.fromAsync(Deno.readDir(`${root}/var/lib/dpkg/status.d`), ({ name }) => name)).sort();
}

/**
 * Turns the unpacked root of an amd64 image into one of arm64. What is no program stays; `built` are programs of ours, by
 * their path in the image. Throws when a program or a library has no counterpart.
 */
export async function turnIntoArm64(
  root: string,
  { packages, built }: { readonly packages: UnpackedPackages; readonly built: ReadonlyMap<string, string> },
): Promise<void> {
  for (const path of (await machinesIn(root)).keys()) {
    const source = built.get(path) ?? await counterpart(path, packages.root);
    const target = `${root}/${arm64Name(path)}`;
    await Deno.remove(`${root}/${path}`);
    await Deno.mkdir(folderOf(target), { recursive: true });
    await command(`copy ${source}`, ["cp", "--dereference", source, target]);
  }
  await renameLinks(root);
  for (const name of await packagesIn(root)) {
    const record = packages.records.get(name);
    if (record === undefined) throw new Error(`Cannot take ${name} for arm64: it was not downloaded`);
    await Deno.writeTextFile(`${root}/var/lib/dpkg/status.d/${name}`, record);
  }
  for await (const { path } of entries(root)) {
    if (/x86.64/.test(path)) throw new Error(`Cannot turn /${path} into a file of arm64: it is no program`);
    // A link into nothing would be a library that is missing.
    await Deno.stat(`${root}/${path}`).catch(() => {
      throw new Error(`Cannot turn /${path} into a link of arm64: it leads nowhere`);
    });
  }
}

async function renameLinks(root: string): Promise<void> {
  for (const { path, isLink } of await Array.fromAsync(entries(root))) {
    if (!isLink || arm64Name(path) === path) continue;
    const target = arm64Name(await Deno.readLink(`${root}/${path}`));
    await Deno.remove(`${root}/${path}`);
    await Deno.symlink(target, `${root}/${arm64Name(path)}`);
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Debian's packages have /lib and /usr/lib still apart. */
async function counterpart(path: string, root: string): Promise<string> {
  const name = arm64Name(path);
  const candidates = [name, name.replace(/^usr\//, ""), `usr/${name}`];
  for (const candidate of candidates) {
    const file = `${root}/${candidate}`;
    if (await Deno.stat(file).then((info) => info.isFile, () => false)) return file;
  }
  throw new Error(`Cannot find /${path} for arm64: no package has ${candidates.join(" or ")}`);
}
