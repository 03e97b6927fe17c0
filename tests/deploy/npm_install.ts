// How do people get the npm package? Made, packed, and installed from the tarball, with the Deno that it depends on.
import assert from "node:assert/strict";
import { command } from "../cluster/run_command.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Installs this working tree's package below `directory`; gives the folder that `npx` and a PATH look into. */
export async function installNpmPackage(
  directory: string,
): Promise<{ readonly user: string; readonly bin: string }> {
  const made = `${directory}/made`;
  await command("make the npm package", [Deno.execPath(), "task", "--quiet", "npm", "--output", made], {
    cwd: root,
  });
  const [packed] = JSON.parse(
    await command("pack it", ["npm", "pack", "--json", "--pack-destination", directory], { cwd: made }),
  );
  assert.deepEqual(
    packed.files.map(({ path }: { path: string }) => path).sort(),
    ["LICENSE", "README.md", "kube-vxlan-controller.js", "launch.mjs", "package.json", "program.json"],
  );
  const user = `${directory}/user`;
  await Deno.mkdir(user);
  await Deno.writeTextFile(`${user}/package.json`, "{}");
  const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  await command("install it", ["npm", "install", ...quiet, `${directory}/${packed.filename}`], { cwd: user });
  return { user, bin: `${user}/node_modules/.bin` };
}
