// How the parts work together: watches feed the store, the store names keys, the queue runs reconcile() for each.
import type { Reflector } from "../kube/watch/reflector.ts";
import type { AddressPools } from "../network/pool_request.ts";
import type { PodView } from "../member/pod.ts";
import { holdersAmong } from "../member/pool_requests.ts";
import { defined, ownFault } from "../text/defined.ts";
import { aborted, onAbort, sleep, within } from "../time/clock.ts";
import { AgentClient } from "../agents/agent_client.ts";
import { ConfigMapReporter } from "../report/config_map_reporter.ts";
import type { ControllerParts, ControllerState } from "./parts.ts";
import { joinReporters } from "../report/log_reporter.ts";
import { UnlabelledPods } from "./watch/unlabelled.ts";
import { ReadBudget } from "./agent/read_budget.ts";
import { PeerChanges } from "../overlay/plan/peers.ts";
import { leaderCheck } from "../kube/lease/not_leader.ts";
import { reconcile, type ReconcileContext } from "./reconcile.ts";
import { Releaser } from "./agent/release.ts";
import { sessionLimit } from "../agents/session_limit.ts";
import { SessionPool } from "../agents/session_pool.ts";
import type { ControllerSettings } from "./settings.ts";
import { Schedule } from "./schedule.ts";
import { Store } from "./store/store.ts";
import type { Tracked } from "./store/tracked.ts";
import type { Reporter } from "../report/report.ts";
import { JoinLatency } from "../report/latency.ts";
import type { Affected } from "./store/work_item.ts";
import { count } from "../report/counts.ts";
import { startWatches } from "./watch/watches.ts";
import { WorkQueue } from "../queue/work_queue.ts";
import { atOnce, forEach, inPieces, type Pieces } from "../time/pieces.ts";
import { untilDone } from "../time/retry.ts";

/** One controller. `run` does everything; the rest is for looking at it. */
export class Controller {
  readonly #settings: ControllerSettings;
  readonly #parts: ControllerParts;
  /** What is known of all pods, for who only looks. */
  readonly store: Store;
  readonly #sessions: SessionPool;
  readonly #queue: WorkQueue;
  readonly #context: ReconcileContext;
  readonly #latency: JoinLatency;
  readonly #stopping = new AbortController();
  /** Aborted when what still runs after the order to stop is not waited for any more. */
  readonly #ending = new AbortController();
  readonly #unlabelled: UnlabelledPods;
  /** True once pods and ConfigMap were each read completely; nothing is changed anywhere before. */
  synced = false;
  readonly #schedule: Schedule;
  readonly #pools: AddressPools | undefined;
  readonly #tellFault = (error: unknown): void => this.#parts.log.warn(ownFault(error));
  readonly #persist = (work: () => void): Promise<void> =>
    untilDone(work, { ...this.#parts, signal: this.#stopping.signal, onFault: this.#tellFault });

  constructor(settings: ControllerSettings, parts: ControllerParts) {
    [this.#settings, this.#parts] = [settings, parts];
    const { clock, onStep = () => {} } = parts;
    const { membership, limits, membership: { annotationKey } } = settings;
    const ensureLeader = leaderCheck(parts);
    this.store = new Store(membership);
    const { tracked, networks } = this.store;
    const recordOf = (uid: string): Readonly<Tracked> | undefined => tracked.get(uid);
    const podOf = (uid: string): PodView | undefined => recordOf(uid)?.pod;
    this.#latency = new JoinLatency({ ...parts, recordOf, whereabouts: this.store.surroundings });
    const pool = this.#sessions = new SessionPool({
      clock,
      open: parts.openSession,
      limit: () => sessionLimit(limits, tracked.size),
      onLateStderr: (uid) => {
        const wait = recordOf(uid)?.cache.heard(clock);
        if (wait !== undefined) this.#queue.add(uid, { delay: Math.max(limits.coalesce, wait) });
      },
    });
    const known = { store: this.store, pool, add: (uid: string) => this.#queue.add(uid) };
    const outlet = parts.contacts?.(known) ?? parts.reporter;
    const counts: Reporter = { report: (report) => count(recordOf(report.pod.uid) ?? {}, report) };
    const reporter = joinReporters([outlet, counts, this.#latency], podOf);
    const agents = new AgentClient({ tools: pool, ensureLeader, podOf, onStep });
    this.#unlabelled = new UnlabelledPods({
      ...parts,
      ...settings,
      ...{ annotationKey, tracked },
      signal: this.#stopping.signal,
      onFound: (pod) =>
        this.#affect(this.store.putPod(pod, { now: clock.now(), selection: "label removed" })),
      onGone: (uid) => this.#affect(this.store.removePod(uid)),
    });
    const shared = { agents, pool, reporter, ensureLeader, clock, ending: this.#ending.signal };
    this.#context = {
      ...shared,
      store: this.store,
      releaser: new Releaser({ ...parts, ...shared }),
      annotationKey,
      budget: new ReadBudget({ clock, members: () => tracked.size }),
      peerChanges: new PeerChanges(),
      readEvery: limits.resync,
      claim: (uid, observed) => {
        const affected = this.store.claim(uid, observed);
        this.#affect(affected);
        this.#schedule.claimed();
        return affected.changed.has(uid);
      },
      clean: (uid) => this.#affect(this.store.markClean(uid)),
    };
    this.#queue = new WorkQueue({
      clock,
      work: async (uid) => {
        this.#latency.looking(uid);
        const outcome = await reconcile(uid, this.#context);
        if (podOf(uid) === undefined) this.#forget(uid);
        return outcome;
      },
      ...limits,
      groupOf: (uid) => podOf(uid)?.namespace ?? "",
      giveUp: (uid) => pool.closePod(uid, "it has not answered, and others wait"),
      ...defined({ observe: parts.queueObserver }),
    });
    this.#schedule = new Schedule({
      store: this.store,
      queue: this.#queue,
      clock,
      persist: (work) => void this.#persist(work),
      coalesce: limits.coalesce,
      onExpired: (affected) => this.#affect(affected),
    });
    const apply = async (work: Pieces<Affected>): Promise<void> =>
      void await this.#apply(work).catch(this.#tellFault);
    this.#pools = parts.pools?.({
      requests: () => [...tracked.values()].flatMap(({ requests }) => requests),
      holders: () => holdersAmong(tracked.values()),
      onAnswers: (answers) => void apply(this.store.answering(answers)),
      reserved: () => networks.memory,
      onReserved: (read) => apply(this.store.judging(networks.remember({ ...read, areListed: this.synced }))),
    });
  }

  /** The whole story, until `signal`: watch, work, heal by and by, stop. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const reporter = new ConfigMapReporter({ ...this.#parts, ...this.#settings.membership });
    const watches = startWatches(this.#settings, {
      ...this.#parts,
      signal: this.#stopping.signal,
      onPods: async (pods, covers) => {
        const { missing } = await this.#apply(this.store.replacing(pods, { now: clock.now(), covers }));
        for (const pod of missing) this.#unlabelled.lookUp(pod);
        this.#unlabelled.sweep();
      },
      onPod: (pod) => this.#affect(this.store.putPod(pod, { now: clock.now() })),
      onPodDeleted: (pod) => {
        this.#affect(this.store.removePod(pod.uid));
        this.#unlabelled.lookUp(pod);
      },
      onConfigMap: async (configMap) => {
        await this.#pools?.ready();
        const onRead = (): void => reporter.tell(configMap, this.store.cluster);
        await this.#apply(this.store.editing(configMap?.data, { now: clock.now(), onRead }));
      },
    });
    const stop = onAbort(signal, () => this.#stopping.abort());
    await Promise.race([Promise.all(watches.map((watch) => watch.synced)), aborted(this.#stopping.signal)]);
    this.#start();
    await this.#resyncUntilStopped(watches);
    await this.#stop(watches);
    stop();
  }

  /** Looks at everything again: leadership was gained, and what another has done is to be found in the kernels. */
  async reconcileAll(): Promise<void> {
    if (!this.synced) return;
    await this.#apply(this.store.forgettingHolders()).catch(this.#tellFault);
    await this.#persist(() => this.#lookAtAll());
  }

  /** For metrics and health. */
  state(): ControllerState {
    const { running, longestRunning, longestWaiting } = this.#queue.state();
    return {
      ...this.store.counts(),
      sessions: this.#sessions.open,
      stuckFor: running > 0 ? longestRunning : longestWaiting,
      badConfigMapEntries: this.store.cluster.faults,
    };
  }

  /** What may concern all pods: the loop must not stand still for it. */
  async #apply<Result extends Affected>(work: Pieces<Result>): Promise<Result> {
    const affected = await inPieces(work, this.#parts.clock);
    await inPieces(this.#affecting(affected), this.#parts.clock);
    return affected;
  }

  #affect(affected: Affected): void {
    atOnce(this.#affecting(affected));
  }

  *#affecting({ changed, gone }: Affected): Pieces<void> {
    yield* forEach(gone, ({ uid }) => this.#forget(uid));
    for (const notice of this.store.surroundings.takeNotices()) this.#parts.log.warn(notice);
    yield* forEach(changed, (uid) => {
      const { cache, workItem: item } = this.store.tracked.get(uid) ?? {};
      cache?.invalidate();
      const agentRuns = item?.kind === "member" && item.member.phase.kind !== "wait";
      this.#latency.seen(uid, { agentRuns, measured: this.synced });
    });
    yield* this.#schedule.changed(changed);
    if (this.synced) this.#pools?.changed();
  }

  /** Its record is gone; so is what is planned, said or open of it. Once more after a look that was still under way. */
  #forget(uid: string): void {
    this.#queue.forget(uid);
    this.#context.reporter.forget(uid);
    this.#sessions.closePod(uid);
  }

  #lookAtAll(): void {
    for (const { cache } of this.store.tracked.values()) cache.invalidate();
    this.#schedule.lookAtAll();
    this.#pools?.reread();
  }

  #start(): void {
    if (this.#stopping.signal.aborted) return;
    this.synced = true;
    const { members, segments } = this.store.counts();
    this.#parts.log.info(`watching: ${members} members in ${segments.size} networks`);
    void this.#persist(() => this.#lookAtAll());
  }

  /** Every so often all is listed anew: heals what no event announced. Kernels are read again as often, see converge.ts. */
  async #resyncUntilStopped(watches: readonly Reflector[]): Promise<void> {
    const [{ clock }, { signal }] = [this.#parts, this.#stopping];
    for (;;) {
      await sleep(clock, this.#settings.limits.resync * (0.9 + 0.2 * clock.random()), signal);
      if (signal.aborted) return;
      for (const watch of watches) watch.relist();
    }
  }

  /** Finishes what runs, within bounds, and closes everything. */
  async #stop(watches: readonly Reflector[]): Promise<void> {
    this.#schedule.stop();
    const idle = this.#queue.stop();
    if (!await within(idle, { ...this.#parts, ms: this.#settings.limits.shutdown })) {
      this.#parts.log.warn(`stopping though ${this.#queue.running} reconciles have not ended`);
    }
    this.#ending.abort();
    await this.#sessions.close();
    await idle;
    this.#latency.close();
    await Promise.all([...watches.map(({ done }) => done), this.#unlabelled.settled(), this.#pools?.close()]);
  }
}
