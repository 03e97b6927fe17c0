// Can overlayfs be mounted here? Inside a container the files may themselves be on overlayfs, where it cannot.
import { command, tryCommand } from "../cluster/run_command.ts";

/** Tries it below `directory`, and leaves nothing there. */
export async function overlayMounts(directory: string): Promise<boolean> {
  const probe = await Deno.makeTempDir({ dir: directory, prefix: "overlay-probe-" });
  try {
    for (const part of ["lower", "upper", "work", "merged"]) await Deno.mkdir(`${probe}/${part}`);
    const options = `lowerdir=${probe}/lower,upperdir=${probe}/upper,workdir=${probe}/work`;
    const mounted = await tryCommand(["mount", "-t", "overlay", "overlay", "-o", options, `${probe}/merged`]);
    if (mounted.code !== 0) return false;
    await command("unmount the probe", ["umount", `${probe}/merged`]);
    return true;
  } finally {
    await Deno.remove(probe, { recursive: true });
  }
}
