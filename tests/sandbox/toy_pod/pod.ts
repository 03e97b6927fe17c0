// How do containers live in a toy pod? Their main processes are a few rules, their commands are answered in memory.
import type { Container, ContainerMain, ExecProcess, ExitCode, PodSandbox } from "../kubelet/data_plane.ts";
import type { ToyHost } from "./plane.ts";
import { outcomeOf, startToyProgram } from "./programs.ts";

/** What a toy pod knows of its machine. */
export interface ToyPodOptions {
  /** Everybody on the machine, for pings. */
  readonly others: () => readonly ToyHost[];
  readonly onRemove: () => void;
}

/** A pod in memory. */
export class ToyPod implements PodSandbox {
  readonly host: ToyHost;
  readonly #options: ToyPodOptions;
  readonly #containers = new Set<ToyContainer>();

  constructor(host: ToyHost, options: ToyPodOptions) {
    this.host = host;
    this.#options = options;
  }

  start(main: ContainerMain): Promise<Container> {
    const container = new ToyContainer(main, { host: this.host, others: this.#options.others });
    this.#containers.add(container);
    void container.exited.then(() => this.#containers.delete(container));
    return Promise.resolve(container);
  }

  async remove(): Promise<void> {
    const containers = [...this.#containers];
    for (const container of containers) await container.signal("KILL");
    this.#options.onRemove();
  }
}

/** A container in memory. */
export class ToyContainer implements Container {
  readonly id = crypto.randomUUID().replaceAll("-", "").repeat(2);
  readonly exited: Promise<ExitCode>;
  /** Whether the image has our program. */
  readonly hasProgram: boolean;
  readonly #main: ContainerMain;
  readonly #where: { readonly host: ToyHost; readonly others: () => readonly ToyHost[] };
  readonly #processes = new Set<ExecProcess>();
  readonly #exit = Promise.withResolvers<ExitCode>();

  constructor(
    main: ContainerMain,
    where: { readonly host: ToyHost; readonly others: () => readonly ToyHost[] },
  ) {
    this.#main = main;
    this.hasProgram = main.kind === "agent";
    this.#where = where;
    this.exited = this.#exit.promise;
    const code = main.kind === "command" ? quickExit(main.argv) : undefined;
    if (code !== undefined) this.#exit.resolve(code);
  }

  exec(argv: readonly string[]): Promise<ExecProcess | { readonly missing: string }> {
    const process = startToyProgram(argv, { ...this.#where, container: this });
    if (process === undefined) return Promise.resolve({ missing: argv[0] ?? "" });
    this.#processes.add(process);
    void process.exited.then(() => this.#processes.delete(process));
    return Promise.resolve(process);
  }

  succeeds(argv: readonly string[]): boolean {
    return outcomeOf(argv, { ...this.#where, container: this })?.code === 0;
  }

  async signal(signal: "TERM" | "KILL"): Promise<void> {
    if (signal === "TERM" && isDeaf(this.#main)) return;
    await this.#end(signal === "TERM" ? 0 : 137);
  }

  /** Somebody has made a file; an old agent waits for one. */
  async touched(path: string): Promise<void> {
    if (this.#main.kind === "old-agent" && path === "/run/terminate") await this.#end(0);
  }

  /** The end of process 1 is the end of everything in the container. */
  async #end(code: ExitCode): Promise<void> {
    this.#exit.resolve(code);
    for (const process of [...this.#processes]) await process.kill();
  }
}

/** Process 1 without a handler does not hear TERM: of the programs people use for waiting, `sleep` is such a one. */
function isDeaf(main: ContainerMain): boolean {
  return main.kind === "old-agent" || main.kind === "command" && main.argv[0] === "sleep";
}

/** Main programs that end by themselves, as far as the toy knows any; others wait for TERM. */
function quickExit(argv: readonly string[]): ExitCode | undefined {
  const [program, flag, text] = argv;
  if (program === "true") return 0;
  if (program === "false") return 1;
  const exit = program === "sh" && flag === "-c" ? text?.match(/^exit (\d+)$/) : undefined;
  return exit === undefined || exit === null ? undefined : Number(exit[1]);
}
