// How does a pod get a real network? Linux namespaces below one holder process, with which everything dies.
//
//   holder   unshare: user (unless root), mount, net and pid namespace; a bridge; ends when its stdin ends,
//            so also when the test is killed: and the kernel then kills whatever is in its pid namespace
//   pod      a pause process with net and mount namespace (own sysfs), eth0 at the bridge
//   container a process with pid and mount namespace (own /proc and /run) in the pod's network
//   exec     nsenter into a container
import type { DataPlane, PodNetwork, PodSandbox } from "../kubelet/data_plane.ts";
import { NamespacePod } from "./namespace_pod.ts";
import { EnteredProcess } from "./entered_process.ts";
import { awaitWord } from "./processes.ts";
import { missingPrograms, searchPath } from "./programs.ts";
import * as script from "./namespace_scripts.ts";

const env = { PATH: searchPath, LANG: "C" };

/** Starts the holder. Throws an Error that says why namespaces cannot be had here, with a remedy where there is one. */
export async function startNamespaces(): Promise<DataPlane> {
  if (Deno.build.os !== "linux") {
    throw new Error(`network namespaces exist on Linux only, this is ${Deno.build.os}`);
  }
  const missing = await missingPrograms();
  if (missing !== undefined) throw new Error(missing);
  try {
    return await startHolder([]);
  } catch (asIs) {
    try {
      return await startHolder(["--user", "--map-root-user"]);
    } catch (asUser) {
      throw new Error(
        `neither root's namespaces (${reason(asIs)}) nor user namespaces (${reason(asUser)}) work here`,
      );
    }
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll("\n", "; ") : String(error);
}

async function startHolder(user: readonly string[]): Promise<DataPlane> {
  const flags = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const argv = ["unshare", ...user, ...flags, "sh", "-c", script.holder];
  const process = new Deno.Command("sh", {
    args: ["-c", 'exec "$@" 2>&1', "sh", ...argv],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env,
    detached: true,
  }).spawn();
  try {
    await awaitWord(process.stdout, "ready");
  } catch (error) {
    await process.stdin.close().catch(() => {});
    await process.status;
    throw error;
  }
  return new NamespacePlane(process, user.length > 0);
}

class NamespacePlane implements DataPlane {
  readonly kind = "namespaces";
  readonly description: string;
  readonly #holder: Deno.ChildProcess;
  /** Arguments of nsenter that lead into the holder's user and pid namespaces. */
  readonly #enter: readonly string[];
  readonly #alive = new Set<Promise<unknown>>();
  #pods = 0;

  constructor(holder: Deno.ChildProcess, inUserNamespace: boolean) {
    this.#holder = holder;
    this.description = inUserNamespace
      ? "real network namespaces, in a user namespace (not root)"
      : "real network namespaces (root)";
    const user = [`--user=/proc/${holder.pid}/ns/user`, "--preserve-credentials"];
    this.#enter = inUserNamespace ? user : [];
  }

  async createPod(network: PodNetwork): Promise<PodSandbox> {
    const { pid } = this.#holder;
    const sysctls = Object.entries(network.sysctls).map(([name, value]) => `${sysctlPath(name)}=${value}`);
    const pause = this.#enterWith([
      ...[
        `--mount=/proc/${pid}/ns/mnt`,
        `--net=/proc/${pid}/ns/net`,
        `--pid=/proc/${pid}/ns/pid_for_children`,
      ],
      ...["--", "unshare", "--net", "--mount", "sh", "-c", script.pod, "sh"],
      ...[`v${++this.#pods}`, network.addresses.join(" "), ...sysctls],
    ]);
    await Promise.all([pause.stderr.cancel(), awaitWord(pause.stdout, "ready")]).catch((error: unknown) => {
      throw new Error(`Cannot set up a pod's network namespace: ${reason(error)}`);
    });
    const inner = await pause.child();
    const holderPid = `--pid=/proc/${pid}/ns/pid_for_children`;
    return new NamespacePod(pause, {
      enter: [holderPid, `--net=/proc/${inner}/ns/net`, `--mount=/proc/${inner}/ns/mnt`],
      start: (args) => this.#enterWith(args),
    });
  }

  async close(): Promise<void> {
    await this.#holder.stdin.close().catch(() => {});
    await this.#holder.status;
    while (this.#alive.size > 0) await Promise.all(this.#alive);
  }

  #enterWith(args: readonly string[]): EnteredProcess {
    const process = new EnteredProcess([...this.#enter, ...args], env);
    this.#alive.add(process.exited);
    void process.exited.then(() => this.#alive.delete(process.exited));
    return process;
  }
}

function sysctlPath(name: string): string {
  if (!/^net(\.[a-z0-9_-]+)+$/.test(name)) {
    throw new Error(`Cannot set sysctl ${JSON.stringify(name)}: only those below net. belong to a pod`);
  }
  return `/proc/sys/${name.replaceAll(".", "/")}`;
}
