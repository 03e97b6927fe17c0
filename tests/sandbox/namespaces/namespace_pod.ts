// How do containers live in a pod's namespaces?
import type { Container, ContainerMain, ExecProcess, ExitCode, PodSandbox } from "../kubelet/data_plane.ts";
import type { EnteredProcess } from "./entered_process.ts";
import { knownArgv, mainArgv } from "./namespace_scripts.ts";
import { awaitWord, onlyChildOf, signalProcess } from "./processes.ts";

/** How to get into a pod's namespaces. */
export interface PodDoors {
  /** Arguments of nsenter. */
  readonly enter: readonly string[];
  /** Runs nsenter. */
  readonly start: (args: readonly string[]) => EnteredProcess;
}

/** A pod: its pause process and the containers beside it. */
export class NamespacePod implements PodSandbox {
  readonly #pause: EnteredProcess;
  readonly #doors: PodDoors;
  readonly #containers = new Set<NamespaceContainer>();

  constructor(pause: EnteredProcess, doors: PodDoors) {
    this.#pause = pause;
    this.#doors = doors;
  }

  async start(main: ContainerMain): Promise<Container> {
    const isolate = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const process = this.#doors.start([...this.#doors.enter, "--", ...isolate, ...await mainArgv(main)]);
    await Promise.all([process.stderr.cancel(), awaitWord(process.stdout, "running")]);
    const outer = await process.child();
    const first = await onlyChildOf(outer);
    await process.closeStdin();
    const container = new NamespaceContainer({
      main,
      exited: process.exited,
      outer,
      first,
      start: this.#doors.start,
    });
    this.#containers.add(container);
    void container.exited.then(() => this.#containers.delete(container));
    return container;
  }

  async remove(): Promise<void> {
    const containers = [...this.#containers];
    for (const container of containers) await container.signal("KILL");
    await Promise.all(containers.map((container) => container.exited));
    await this.#pause.closeStdin();
    await this.#pause.exited;
  }
}

interface ContainerParts {
  readonly main: ContainerMain;
  readonly exited: Promise<ExitCode>;
  /** Process (as this machine counts) that holds the container's namespaces. */
  readonly outer: number;
  /** The container's own process 1, as this machine counts. */
  readonly first: number;
  readonly start: (args: readonly string[]) => EnteredProcess;
}

/** 128 + 9. unshare itself ends with 1 when its child was killed. */
const killedBySignal = 137;

class NamespaceContainer implements Container {
  readonly id = crypto.randomUUID().replaceAll("-", "").repeat(2);
  readonly exited: Promise<ExitCode>;
  readonly #parts: ContainerParts;
  #running = true;
  #killed = false;

  constructor(parts: ContainerParts) {
    this.#parts = parts;
    this.exited = parts.exited.then((code) => {
      this.#running = false;
      return this.#killed ? killedBySignal : code;
    });
  }

  async exec(argv: readonly string[]): Promise<ExecProcess | { readonly missing: string }> {
    const known = await knownArgv(argv, this.#parts.main);
    if (known === undefined) return { missing: argv[0] ?? "" };
    const { outer } = this.#parts;
    const enter = ["net", "mnt"].map((kind) =>
      `--${kind === "mnt" ? "mount" : kind}=/proc/${outer}/ns/${kind}`
    );
    return this.#parts.start([`--pid=/proc/${outer}/ns/pid_for_children`, ...enter, "--", ...known]);
  }

  signal(signal: "TERM" | "KILL"): Promise<void> {
    this.#killed ||= this.#running && signal === "KILL";
    if (this.#running) signalProcess(this.#parts.first, `SIG${signal}`);
    return Promise.resolve();
  }
}
