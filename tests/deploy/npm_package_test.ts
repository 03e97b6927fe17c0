// Does the npm package work as people get it: packed, installed from the tarball, run by npx and as a plugin of kubectl?
import assert from "node:assert/strict";
import { command } from "../cluster/run_command.ts";
import { programStory } from "./program_story.ts";

const root = new URL("../../", import.meta.url).pathname;

Deno.test("the npm package, installed from its tarball: runs, lists, and is a plugin of kubectl", async () => {
  const directory = await Deno.makeTempDir({ prefix: "npm-package-" });
  try {
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
    await command("install it", ["npm", "install", ...quiet, `${directory}/${packed.filename}`], {
      cwd: user,
    });
    const npx = `npx --prefix ${user} --no-install kube-vxlan-controller`;
    const programs = `${user}/node_modules/.bin`;
    await programStory(`${programs}/kube-vxlan-controller`, { listers: [npx, `${programs}/kubectl-vxlan`] });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
