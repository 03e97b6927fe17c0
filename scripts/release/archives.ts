// How does the binary of a workstation get into its archive? Compiled for its platform, packed with the licence.
import { command } from "../../tests/cluster/run_command.ts";
import { archiveName, binaryName, type Workstation } from "./assets.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Compiles the program for a workstation and packs it into `folder`. */
export async function compileArchive(
  workstation: Workstation,
  { version, folder }: { readonly version: string; readonly folder: string },
): Promise<void> {
  const work = await Deno.makeTempDir();
  try {
    await command(`compile for ${workstation.triple}`, [
      ...[Deno.execPath(), "run", "-A", `${root}scripts/compile.ts`, "workstation"],
      ...["--target", workstation.triple, "--output", `${work}/${binaryName(workstation)}`],
    ]);
    await packArchive(workstation, { version, folder, work });
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Packs what lies in `work` under the program's name, with the licence, as krew wants it. Needs tar, or Python for zip. */
export async function packArchive(
  workstation: Workstation,
  { version, folder, work }: { readonly version: string; readonly folder: string; readonly work: string },
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.copyFile(`${root}LICENSE`, `${work}/LICENSE`);
  const archive = await Deno.realPath(folder) + `/${archiveName(version, workstation)}`;
  const files = [binaryName(workstation), "LICENSE"];
  const pack = archive.endsWith(".zip")
    ? ["python3", "-m", "zipfile", "-c", archive, ...files]
    : ["tar", "--owner=0", "--group=0", "-czf", archive, ...files];
  await command(`pack ${archive}`, pack, { cwd: work });
}
