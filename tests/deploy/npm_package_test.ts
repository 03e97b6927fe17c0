// Does the npm package work as people get it: packed, installed from the tarball, run by npx and as a plugin of kubectl?
import { installNpmPackage } from "./npm_install.ts";
import { programStory } from "./program_story.ts";

Deno.test("the npm package, installed from its tarball: runs, lists, and is a plugin of kubectl", async () => {
  const directory = await Deno.makeTempDir({ prefix: "npm-package-" });
  try {
    const { user, bin } = await installNpmPackage(directory);
    const npx = `npx --prefix ${user} --no-install kube-vxlan-controller`;
    await programStory(`${bin}/kube-vxlan-controller`, { listers: [npx, `${bin}/kubectl-vxlan`] });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
