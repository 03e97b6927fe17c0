// What is in the controller's image, and what stands in where the compiled binary cannot be made?
import { say, step } from "../progress.ts";
import { command, tryCommand } from "../run_command.ts";
import { dockerfile, permissionFlags } from "./dockerfile.ts";
import type { Image } from "./docker_archive.ts";
import { RootFiles } from "./root_files.ts";

/** The name that k8s.yaml asks for. */
export const controllerImageName = "docker.io/library/kube-vxlan-controller:0.1.0";

/** The user of distroless' `nonroot` images. */
const nonroot = 65532;

const programFile = "/usr/bin/kube-vxlan-controller";

/** What to put in: the program's main module; `work` is a directory for files on the way. */
export interface ControllerImageOptions {
  readonly main: string;
  readonly work: string;
  /** Default: that of k8s.yaml. */
  readonly name?: string;
}

/**
 * The controller's image. `deno compile` makes the program if it can get its runtime (denort); otherwise the Deno binary
 * runs the bundled program with exactly the same permission flags, and the log says so.
 */
export async function controllerImage(options: ControllerImageOptions): Promise<Image> {
  const flags = permissionFlags(await Deno.readTextFile(dockerfile));
  const image = await compiled(options, flags) ?? await standIn(options, flags);
  return { ...image, names: [options.name ?? controllerImageName] };
}

type Program = Omit<Image, "names">;

async function compiled(
  options: ControllerImageOptions,
  flags: readonly string[],
): Promise<Program | undefined> {
  const output = `${options.work}/kube-vxlan-controller`;
  const argv = [
    Deno.execPath(),
    "compile",
    "--no-check",
    "--quiet",
    ...flags,
    "--output",
    output,
    options.main,
  ];
  const result = await tryCommand(argv, { signal: AbortSignal.timeout(120_000), env: { NO_COLOR: "1" } });
  if (result.code !== 0) {
    say(`deno compile is not possible here: ${lastCause(result.stderr) ?? `exit ${result.code}`}`);
    return undefined;
  }
  const base = await distroless();
  await base.program(output, { as: programFile });
  return { ...run, layers: [base.entries()], entrypoint: [programFile] };
}

/** Deno prints a chain of causes; the last of them is the one to mend. */
function lastCause(stderr: string): string | undefined {
  return [...stderr.matchAll(/^\s+\d+: (.+)$/gm)].map((match) => match[1]).filter((cause) =>
    cause !== "<unknown>"
  ).at(-1);
}

async function standIn(options: ControllerImageOptions, flags: readonly string[]): Promise<Program> {
  say(
    "the Deno binary and the bundled program stand in, with exactly the permission flags of the Dockerfile",
  );
  const base = await distroless();
  await base.program(Deno.execPath(), { as: "/usr/bin/deno" });
  const program = new RootFiles();
  await program.copy(await bundle(options), { as: "/usr/lib/kube-vxlan-controller.js", mode: 0o644 });
  // These only keep `deno run` from looking for anything beside the one file; the permissions are `flags` alone.
  const alone = ["--no-config", "--no-lock", "--cached-only", "--no-code-cache", "--quiet"];
  return {
    ...run,
    // Two layers: of the two only the small one changes from run to run.
    layers: [base.entries(), program.entries()],
    entrypoint: ["/usr/bin/deno", "run", ...alone, ...flags, "/usr/lib/kube-vxlan-controller.js"],
  };
}

const run = {
  env: {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    SSL_CERT_FILE: "/etc/ssl/certs/ca-certificates.crt",
    DENO_USE_CGROUPS: "1",
  },
  user: `${nonroot}:${nonroot}`,
};

async function bundle({ main, work }: ControllerImageOptions): Promise<string> {
  const output = `${work}/kube-vxlan-controller.js`;
  await step("deno bundle of the controller", () =>
    command("bundle the controller", [
      ...[Deno.execPath(), "bundle", "--quiet", "--platform", "deno", "--output", output, main],
    ]));
  return output;
}

/** What `distroless/cc` holds of it all: users, certificates, glibc (taken with the program) and libgcc_s. */
async function distroless(): Promise<RootFiles> {
  const root = new RootFiles();
  for (const directory of ["/proc", "/sys", "/dev", "/run", "/var/run"]) root.directory(directory);
  root.directory("/tmp", { mode: 0o1777 });
  root.directory("/home/nonroot", { mode: 0o700, owner: nonroot });
  root.text(
    "/etc/passwd",
    `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${nonroot}:${nonroot}:nonroot:/home/nonroot:/sbin/nologin\n`,
  );
  root.text("/etc/group", `root:x:0:\nnonroot:x:${nonroot}:\n`);
  root.text("/etc/nsswitch.conf", "hosts: files dns\n");
  await root.copy("/etc/ssl/certs/ca-certificates.crt", { mode: 0o644 });
  return root;
}
