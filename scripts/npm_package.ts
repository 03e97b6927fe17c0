// What is in the npm package? The bundled program, a launcher, and the permissions of the workstation's binary.
//
//   deno task npm [--output DIRECTORY]     default: dist/npm; then `npm pack` or `npm publish` in it
import { copyFile, mkdir, rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { targets } from "./compile.ts";

const root = new URL("../", import.meta.url).pathname;

/** The name under which `npx` finds it. */
export const packageName = "kube-vxlan-controller";

/** These only keep `deno run` from looking for anything beside the one file. */
const alone = ["--no-config", "--no-lock", "--no-remote", "--no-npm", "--quiet"];

/** What npm is told, for this version and this Deno. */
export function packageManifest(version: string): Readonly<Record<string, unknown>> {
  return {
    name: packageName,
    version,
    description: "Makes labelled pods of Kubernetes members of VXLAN overlay networks; also kubectl vxlan",
    license: "Apache-2.0",
    type: "module",
    bin: { [packageName]: "launch.mjs", "kubectl-vxlan": "launch.mjs" },
    files: ["launch.mjs", "program.json", "kube-vxlan-controller.js"],
    engines: { node: ">=20" },
    dependencies: { deno: Deno.version.deno },
  };
}

async function makePackage(output: string): Promise<number> {
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const { version } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const flags = [...alone, ...targets.workstation.permissions];
  await Deno.writeTextFile(`${output}/package.json`, JSON.stringify(packageManifest(version), null, 2));
  await Deno.writeTextFile(`${output}/program.json`, JSON.stringify({ flags }, null, 2));
  await copyFile(`${root}npm/launch.mjs`, `${output}/launch.mjs`);
  await copyFile(`${root}npm/README.md`, `${output}/README.md`);
  await copyFile(`${root}LICENSE`, `${output}/LICENSE`);
  const bundle = [
    "bundle",
    "--quiet",
    "--platform",
    "deno",
    "--output",
    `${output}/kube-vxlan-controller.js`,
  ];
  return (await new Deno.Command(Deno.execPath(), { args: [...bundle, "main.ts"], cwd: root }).spawn().status)
    .code;
}

if (import.meta.main) {
  const { values } = parseArgs({ args: Deno.args, options: { output: { type: "string" } } });
  Deno.exit(await makePackage(values.output ?? `${root}dist/npm`));
}
