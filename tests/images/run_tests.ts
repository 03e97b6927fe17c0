// `deno task test:images`: builds both images, checks them, and says in its last line what tests run as the controller.
import { ensureDebianPackages } from "../cluster/debian_packages.ts";
import { say } from "../cluster/progress.ts";
import { imageArchives } from "./archives.ts";

await ensureDebianPackages();
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["test", "-A", "--no-check", new URL("./", import.meta.url).pathname],
}).spawn().status;
if (code === 0) say((await imageArchives()).remark);
Deno.exit(code);
