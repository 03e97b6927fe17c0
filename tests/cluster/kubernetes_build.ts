// Where are the programs of Kubernetes and etcd of our version? Builds them from Go modules, once, outside the project.
import { createHash } from "node:crypto";
import { cacheDirectory } from "./cache_directory.ts";
import { type GoToolchain, goToolchain } from "./go_toolchain.ts";
import { say, step } from "./progress.ts";
import { etcdVersion, kubernetesVersion } from "./versions.ts";

const modules = new URL("./kubernetes/", import.meta.url).pathname;

const packages = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"]
  .map((program) => `k8s.io/kubernetes/cmd/${program}`);

/** Packages that a cold build compiles, for the progress line: measured with `go list -deps`. */
const packagesToCompile = 2822;

/**
 * Gives the directory with etcd, kubectl, kubelet, kube-apiserver and the others. Builds them first when the cache does
 * not hold them: minutes on a cold machine, seconds when Go's own cache is warm.
 */
export async function kubernetesDirectory(): Promise<string> {
  const directory = `${cacheDirectory()}/${await cacheKey()}`;
  if (await isDirectory(directory)) return directory;
  say(`builds Kubernetes ${kubernetesVersion} and etcd ${etcdVersion} from Go modules into ${directory}`);
  say("this happens once and takes 6 to 10 minutes on two cores when nothing is cached");
  const go = await goToolchain();
  const unfinished = `${directory}.${Deno.pid}`;
  await Deno.mkdir(unfinished, { recursive: true });
  try {
    await build(go, { title: `build of Kubernetes ${kubernetesVersion}`, packages, into: `${unfinished}/` });
    await build(go, {
      title: `build of etcd ${etcdVersion}`,
      packages: ["go.etcd.io/etcd/server/v3"],
      into: `${unfinished}/etcd`,
    });
    await publish(unfinished, directory);
  } finally {
    await Deno.remove(unfinished, { recursive: true }).catch(() => {});
  }
  return directory;
}

/** kubectl of our version if it was ever built here, else the one in PATH: for clusters that are not ours. */
export async function anyKubectl(): Promise<string> {
  const built = `${cacheDirectory()}/${await cacheKey()}/kubectl`;
  return await Deno.stat(built).then(() => built, () => "kubectl");
}

/** One more version, another module list, another machine: another directory. */
async function cacheKey(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "tools.go"]) hash.update(await Deno.readFile(`${modules}${file}`));
  hash.update(linkerFlags());
  return `kubernetes-${kubernetesVersion}-etcd-${etcdVersion}-${Deno.build.arch}-${
    hash.digest("hex").slice(0, 12)
  }`;
}

interface BuildRequest {
  readonly title: string;
  readonly packages: readonly string[];
  readonly into: string;
}

async function build(go: GoToolchain, request: BuildRequest): Promise<void> {
  let compiled = 0;
  let last = "";
  await step(request.title, async () => {
    const child = new Deno.Command(go.program, {
      // -v names each package on stderr as it is compiled: the only sign of life that `go build` gives.
      args: [
        "build",
        "-v",
        "-trimpath",
        `-ldflags=${linkerFlags()}`,
        "-o",
        request.into,
        ...request.packages,
      ],
      cwd: modules,
      env: { ...go.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      compiled += text.split("\n").length - 1;
      last = (last + text).slice(-4000);
    }
    const { code } = await child.status;
    if (code !== 0) throw new Error(`Cannot do the ${request.title}: go exits ${code}: ${last.trim()}`);
  }, () => `${compiled} of at most ${packagesToCompile} packages compiled or fetched`);
}

function linkerFlags(): string {
  const [major, minor] = kubernetesVersion.split(".");
  const set = (name: string, value: string | undefined): string =>
    `-X k8s.io/component-base/version.${name}=${value} -X k8s.io/client-go/pkg/version.${name}=${value}`;
  return [
    "-s -w",
    set("gitVersion", `v${kubernetesVersion}`),
    set("gitMajor", major),
    set("gitMinor", minor),
  ].join(" ");
}

/** Two runs may build at the same time: the first to finish is kept. */
async function publish(unfinished: string, directory: string): Promise<void> {
  try {
    await Deno.rename(unfinished, directory);
  } catch (error) {
    if (!await isDirectory(directory)) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isDirectory, () => false);
}
