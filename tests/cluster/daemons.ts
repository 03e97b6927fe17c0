// Which daemons of a cluster run, and how are they frozen, stopped and started again? Everything is written down first.
import { type ClusterState, writeState } from "./cluster_state.ts";
import { type DaemonSpec, goneWithin, isAlive, signal, startDaemon, tailOf } from "./process_record.ts";

/** The daemons of one cluster. Names: etcd, kube-apiserver, …, containerd-node1, kubelet-node1, … */
export class Daemons {
  #state: ClusterState;

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /** What is written down at this moment. */
  get state(): ClusterState {
    return this.#state;
  }

  /** Starts a daemon that does not run. Calls may overlap: the state is changed in one go. */
  async start(spec: DaemonSpec): Promise<void> {
    const record = await startDaemon(spec);
    const others = this.#state.daemons.filter((daemon) => daemon.spec.name !== spec.name);
    await this.#write({ ...this.#state, daemons: [...others, { ...record, spec }] });
  }

  /** Starts a stopped daemon as it was started before. */
  async startAgain(name: string): Promise<void> {
    const daemon = this.#find(name);
    if (await isAlive(daemon)) throw new Error(`Cannot start ${name}: it runs already`);
    await this.start(daemon.spec);
  }

  /** SIGTERM, and SIGKILL after 10 seconds. */
  async stop(name: string): Promise<void> {
    const daemon = this.#find(name);
    await signal(daemon, "SIGCONT");
    await signal(daemon, "SIGTERM");
    if (await goneWithin(daemon, 10_000)) return;
    await this.kill(name);
  }

  /** SIGKILL. */
  async kill(name: string): Promise<void> {
    const daemon = this.#find(name);
    await signal(daemon, "SIGKILL");
    if (!await goneWithin(daemon, 10_000)) throw new Error(`Cannot end ${name}: it survives SIGKILL`);
  }

  /** Stops it and starts it. */
  async restart(name: string): Promise<void> {
    await this.stop(name);
    await this.startAgain(name);
  }

  /** SIGSTOP: connections stay open, nothing answers. */
  async freeze(name: string): Promise<void> {
    if (!await signal(this.#find(name), "SIGSTOP")) throw new Error(`Cannot freeze ${name}: it does not run`);
  }

  /** SIGCONT. */
  async thaw(name: string): Promise<void> {
    if (!await signal(this.#find(name), "SIGCONT")) throw new Error(`Cannot thaw ${name}: it does not run`);
  }

  /** Throws with the end of the log of the first daemon that has ended. */
  async mustAllRun(): Promise<void> {
    for (const daemon of this.#state.daemons) {
      if (await isAlive(daemon)) continue;
      const { name, log } = daemon.spec;
      throw new Error(`Cannot go on: ${name} has ended. The end of ${log}:\n${await tailOf(log)}`);
    }
  }

  /** Hands the cluster over to people: it no longer ends with the process that started it. */
  async disown(): Promise<void> {
    const { owner: _, ...rest } = this.#state;
    await this.#write(rest);
  }

  #find(name: string): ClusterState["daemons"][number] {
    const found = this.#state.daemons.find((daemon) => daemon.spec.name === name);
    if (found) return found;
    const known = this.#state.daemons.map((daemon) => daemon.spec.name).sort().join(", ");
    throw new Error(`Cannot find the daemon "${name}": there are ${known}`);
  }

  async #write(state: ClusterState): Promise<void> {
    this.#state = state;
    const turn = this.#turn.then(() => writeState(this.#state));
    this.#turn = turn.catch(() => {});
    await turn;
  }

  #turn: Promise<void> = Promise.resolve();
}
