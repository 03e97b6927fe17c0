// deno task manifests: writes what is made from deploy/. With `--check` it writes nothing and exits with 1 where a file is
// not as it would be written; with `--root DIRECTORY/` it works on a copy of the repository.
import { parseArgs } from "node:util";
import { repository } from "../cluster/install_controller.ts";
import { staleFiles } from "./generated_files.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { check: { type: "boolean", default: false }, root: { type: "string", default: repository } },
});
const { check, root } = values;
let stale = await staleFiles(root);
// Twice: what is made from the version's tag can only be made when the tag is written.
for (let pass = 1; pass <= 2 && !check; pass++) {
  for (const [path, text] of stale) {
    say(`writes ${path}`);
    await Deno.writeTextFile(root + path, text);
  }
  stale = await staleFiles(root);
}
for (const path of stale.keys()) say(`${path} is not what deploy/ gives: run deno task manifests`);
Deno.exit(stale.size === 0 ? 0 : 1);

function say(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}
