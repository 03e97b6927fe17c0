// Where are the Go programs that the checks run? Built once from the versions in go.mod, outside the project.
import { createHash } from "node:crypto";
import { goToolchain } from "../cluster/go_toolchain.ts";
import { cacheDirectory } from "../cluster/cache_directory.ts";
import { step } from "../cluster/progress.ts";
import { command } from "../cluster/run_command.ts";

const modules = new URL("./", import.meta.url).pathname;

/** The package of each program; tools.go names the same, so that go.mod keeps them. `./NAME` has a go.mod of its own. */
const packages = {
  coredns: "./coredns",
  actionlint: "github.com/rhysd/actionlint/cmd/actionlint",
  crane: "github.com/google/go-containerregistry/cmd/crane",
  helm: "helm.sh/helm/v4/cmd/helm",
  kustomize: "sigs.k8s.io/kustomize/kustomize/v5",
} as const;

/** A program of go.mod. `crane registry serve` is a registry for loopback. */
export type GoTool = keyof typeof packages;

/** The path of a program. Builds it first when the cache does not hold it: helm and coredns take minutes, the others seconds. */
export async function goTool(name: GoTool): Promise<string> {
  const isOwn = packages[name] === `./${name}`;
  const folder = isOwn ? `${modules}${name}/` : modules;
  const directory = `${cacheDirectory()}/go-tools-${await versions(folder)}`;
  const program = `${directory}/${name}`;
  if (await isFile(program)) return program;
  const go = await goToolchain();
  await Deno.mkdir(directory, { recursive: true });
  const unfinished = await Deno.makeTempFile({ dir: directory, prefix: `${name}.` });
  try {
    await step(`go build of ${name}`, () =>
      command(`build ${name}`, [
        ...[
          go.program,
          "build",
          "-trimpath",
          "-ldflags=-s -w",
          "-o",
          unfinished,
          isOwn ? "." : packages[name],
        ],
      ], {
        cwd: folder,
        env: { ...go.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" },
      }));
    // Two runs may build at the same time; each renames a whole program.
    await Deno.rename(unfinished, program);
  } finally {
    await Deno.remove(unfinished).catch(() => {});
  }
  return program;
}

/** Another version of a tool or of one of its modules, another machine: another directory. */
async function versions(folder: string): Promise<string> {
  const hash = createHash("sha256").update(Deno.build.arch);
  const own = folder === modules ? [] : ["main.go"];
  for (const file of ["go.mod", "go.sum", ...own]) hash.update(await Deno.readFile(`${folder}${file}`));
  return hash.digest("hex").slice(0, 12);
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}
