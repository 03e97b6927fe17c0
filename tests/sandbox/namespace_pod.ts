// How do containers live in a pod's namespaces?
import type { Container, ContainerMain, ExecProcess, ExitCode, PodSandbox } from "./data_plane.ts";
import { knownArgv, mainArgv } from "./namespace_scripts.ts";
import { awaitWord, onlyChildOf, signalProcess } from "./processes.ts";

/** How to get into a pod's namespaces. */
export interface PodDoors {
  /** Arguments of nsenter. */
  readonly enter: readonly string[];
  readonly spawn: (args: readonly string[]) => Deno.ChildProcess;
  readonly exec: (args: readonly string[]) => ExecProcess;
}

/** A pod: its pause process and the containers beside it. */
export class NamespacePod implements PodSandbox {
  readonly #pause: Deno.ChildProcess;
  readonly #doors: PodDoors;
  readonly #containers = new Set<NamespaceContainer>();

  constructor(pause: Deno.ChildProcess, doors: PodDoors) {
    this.#pause = pause;
    this.#doors = doors;
  }

  async start(main: ContainerMain): Promise<Container> {
    const isolate = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const process = this.#doors.spawn([...this.#doors.enter, "--", ...isolate, ...mainArgv(main)]);
    await awaitWord(process.stdout, "running");
    const outer = await onlyChildOf(process.pid);
    const container = new NamespaceContainer({
      exited: process.status.then((status) => status.code),
      outer,
      first: await onlyChildOf(outer),
      exec: this.#doors.exec,
    });
    this.#containers.add(container);
    void container.exited.then(() => this.#containers.delete(container));
    return container;
  }

  async remove(): Promise<void> {
    const containers = [...this.#containers];
    for (const container of containers) await container.signal("KILL");
    await Promise.all(containers.map((container) => container.exited));
    await this.#pause.stdin.close().catch(() => {});
    await this.#pause.status;
  }
}

interface ContainerParts {
  readonly exited: Promise<ExitCode>;
  /** Process (as this machine counts) that holds the container's namespaces. */
  readonly outer: number;
  /** The container's own process 1, as this machine counts. */
  readonly first: number;
  readonly exec: (args: readonly string[]) => ExecProcess;
}

class NamespaceContainer implements Container {
  readonly id = crypto.randomUUID().replaceAll("-", "").repeat(2);
  readonly exited: Promise<ExitCode>;
  readonly #parts: ContainerParts;
  #running = true;

  constructor(parts: ContainerParts) {
    this.#parts = parts;
    this.exited = parts.exited;
    void parts.exited.then(() => this.#running = false);
  }

  async exec(argv: readonly string[]): Promise<ExecProcess | { readonly missing: string }> {
    const known = await knownArgv(argv);
    if (known === undefined) return { missing: argv[0] ?? "" };
    const { outer } = this.#parts;
    const enter = ["net", "mnt"].map((kind) =>
      `--${kind === "mnt" ? "mount" : kind}=/proc/${outer}/ns/${kind}`
    );
    return this.#parts.exec([`--pid=/proc/${outer}/ns/pid_for_children`, ...enter, "--", ...known]);
  }

  signal(signal: "TERM" | "KILL"): Promise<void> {
    if (this.#running) signalProcess(this.#parts.first, `SIG${signal}`);
    return Promise.resolve();
  }
}
