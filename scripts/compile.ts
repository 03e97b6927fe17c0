// How does the program become one file: for the image, for a workstation, with which permissions? Written only here.
//
//   deno task compile     [--output FILE]                  what the Dockerfile puts into the controller's image
//   deno task compile:cli [--output FILE] [--target TRIPLE]  for people: also their kubeconfig and its plugins
import { copyFile, link, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";

/** One program that can be compiled. */
export interface Target {
  /** Permission flags of `deno compile` and `deno run` alike. They cannot be widened when the program runs. */
  readonly permissions: readonly string[];
  /** Where it goes unless `--output` says otherwise, below the repository's root. */
  readonly output: string;
  /** A second name beside the first: kubectl finds its plugins by their name. */
  readonly alias?: string;
}

/** The targets by name. Nothing is imported at run time, so no host may be imported from, and nobody is asked anything. */
export const targets = {
  controller: {
    permissions: [
      "--no-prompt",
      "--deny-import",
      // The API server's address differs per cluster, so it cannot be named here.
      "--allow-net",
      // A directory, because its files are links that change when the token rotates.
      "--allow-read=/var/run/secrets/kubernetes.io/serviceaccount",
      // Our own settings, what Kubernetes says, through which proxy its API server is reached, and what the terminal of
      // an exec can do. All else is as if it were not set (--ignore-env): libraries look for variables of their own.
      "--allow-env=KVC_*,KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT,KUBERNETES_SERVICE_PORT_HTTPS,HOSTNAME," +
      "HTTP_PROXY,HTTPS_PROXY,NO_PROXY,http_proxy,https_proxy,no_proxy,TERM",
      "--ignore-env",
    ],
    output: "dist/kube-vxlan-controller",
  },
  workstation: {
    permissions: [
      "--no-prompt",
      "--deny-import",
      "--allow-net",
      // A kubeconfig lies anywhere and names further files, a credential plugin is any program and gets the environment.
      "--allow-read",
      "--allow-env",
      "--allow-run",
      // The machine's own roots are behind it, for servers whose kubeconfig names no CA.
      "--allow-sys",
    ],
    output: "dist/workstation/kube-vxlan-controller",
    alias: "kubectl-vxlan",
  },
} as const satisfies Readonly<Record<string, Target>>;

/** The name of a target. */
export type TargetName = keyof typeof targets;

/** The repository's root, with a slash at its end. */
const root = new URL("../", import.meta.url).pathname;

/**
 * How V8 uses memory. What comes from watches and execs is short-lived, and left to itself V8 lets the heap grow to several
 * times what is alive before it looks: with these (and 50 instead of 35 %) the controller has 173 MiB instead of 271 and more
 * after 1,000 members have joined, for a seventh more processor time; 35 is for ten thousand, docs/measurements.md.
 */
export const memoryFlags =
  "--v8-flags=--max-semi-space-size=4,--initial-old-space-size=48,--heap-growing-percent=35";

/**
 * The arguments of Deno that compile a target. Bundled: else every file of every npm package is embedded and parsed, and
 * one of them (a benchmark's data in bintrees, by way of prom-client) overflows the compiler's stack.
 */
export function compileArguments(
  name: TargetName,
  { output, triple }: { readonly output: string; readonly triple?: string },
): readonly string[] {
  const cross = triple === undefined ? [] : ["--target", triple];
  return [
    "compile",
    "--bundle",
    memoryFlags,
    ...targets[name].permissions,
    ...cross,
    "--output",
    output,
    `${root}main.ts`,
  ];
}

/** True when what Deno said names the download of its runtime as the cause, and not only as a step on the way. */
export function isRuntimeMissing(said: string): boolean {
  if (/^Download could not be found/m.test(said)) return true;
  const cause = /^\s+\d+: Setting up base binary\.\n\s+\d+: (.*)$/m.exec(said)?.[1] ?? "";
  return /\bdenort-[\w.-]+\.zip\b|^Bad response/.test(cause);
}

/** What to do when Deno's runtime cannot be had. The last line of a failed compile, and of no other failure. */
export const runtimeMissing =
  `Cannot compile: Deno downloads its runtime denort for this, and the download failed; where it cannot be had, set DENORT_BIN to a denort of Deno ${Deno.version.deno}`;

async function compile(
  name: TargetName,
  { output = `${root}${targets[name].output}`, triple }: {
    readonly output?: string;
    readonly triple?: string;
  },
): Promise<number> {
  await mkdir(dirname(output), { recursive: true });
  const { code, said } = await runDeno(compileArguments(name, { output, ...(triple ? { triple } : {}) }));
  if (code !== 0) {
    if (isRuntimeMissing(said)) tell(runtimeMissing);
    return code;
  }
  const target: Target = targets[name];
  if (target.alias !== undefined) await alsoKnownAs(output, target.alias);
  return 0;
}

/** Deno's output goes to the user as it comes; what it says on stderr is also given. */
async function runDeno(args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  const child = new Deno.Command(Deno.execPath(), { args: [...args], cwd: root, stderr: "piped" }).spawn();
  let said = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stderr) {
    Deno.stderr.writeSync(chunk);
    said = (said + decoder.decode(chunk, { stream: true })).slice(-100_000);
  }
  // deno-lint-ignore no-control-regex
  return { code: (await child.status).code, said: said.replaceAll(/\x1b\[[\d;]*m/g, "") };
}

/** A second name for the same file: a link, or a copy where links cannot be made. */
async function alsoKnownAs(file: string, name: string): Promise<void> {
  const suffix = /\.exe$/.exec(file)?.[0] ?? "";
  const other = `${dirname(file)}/${name}${suffix}`;
  await rm(other, { force: true });
  await link(file, other).catch(() => copyFile(file, other));
}

function tell(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

function isTarget(name: string | undefined): name is TargetName {
  return name !== undefined && Object.hasOwn(targets, name);
}

if (import.meta.main) {
  const { positionals: [name], values } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: { output: { type: "string" }, target: { type: "string" } },
  });
  if (!isTarget(name)) {
    throw new Error(`Cannot compile "${name}": the targets are ${Object.keys(targets).join(", ")}`);
  }
  const { output, target: triple } = values;
  Deno.exit(await compile(name, { ...(output ? { output } : {}), ...(triple ? { triple } : {}) }));
}
