// How the parts work together: watches feed the store, the store names keys, the queue runs reconcile() for each.
import type { Reflector } from "../kube/watch/reflector.ts";
import type { AddressPools } from "../network/pool_request.ts";
import type { PodView } from "../member/pod.ts";
import { holderOf } from "../member/pool_requests.ts";
import { aborted, onAbort, sleep, within } from "../time/clock.ts";
import { AgentClient } from "../agents/agent_client.ts";
import { ConfigMapReporter } from "../report/config_map_reporter.ts";
import type { ControllerParts, ControllerState } from "./parts.ts";
import { joinReporters } from "../report/log_reporter.ts";
import { UnlabelledPods } from "./watch/unlabelled.ts";
import type { KernelState } from "../overlay/observation.ts";
import { PodCache } from "./agent/pod_cache.ts";
import { ReadBudget } from "./agent/read_budget.ts";
import { PeerChanges } from "../overlay/plan/peers.ts";
import { leaderCheck } from "../kube/lease/not_leader.ts";
import { reconcile, type ReconcileContext } from "./reconcile.ts";
import { Releaser } from "./agent/release.ts";
import { keepSessions, sessionLimit, SessionPool } from "../agents/session_pool.ts";
import type { ControllerSettings } from "./settings.ts";
import { Schedule } from "./schedule.ts";
import { Store } from "./store/store.ts";
import { JoinLatency } from "../report/latency.ts";
import { type Affected, isAwaited } from "./store/work_item.ts";
import { ReportCounts } from "../report/counts.ts";
import { startWatches } from "./watch/watches.ts";
import { WorkQueue } from "../queue/work_queue.ts";
import { defined } from "../text/defined.ts";

/** One controller. `run` does everything; the rest is for looking at it. */
export class Controller {
  readonly #settings: ControllerSettings;
  readonly #parts: ControllerParts;
  /** What is known of all pods, for who only looks. */
  readonly store: Store;
  readonly #podCache = new PodCache();
  readonly #sessions: SessionPool;
  readonly #queue: WorkQueue;
  readonly #context: ReconcileContext;
  readonly #configMapReporter: ConfigMapReporter;
  readonly #counts = new ReportCounts();
  readonly #latency: JoinLatency;
  readonly #stopping = new AbortController();
  /** Aborted when what still runs after the order to stop is not waited for any more. */
  readonly #ending = new AbortController();
  readonly #unlabelled: UnlabelledPods;
  #synced = false;
  readonly #schedule: Schedule;
  readonly #pools: AddressPools | undefined;

  constructor(settings: ControllerSettings, parts: ControllerParts) {
    [this.#settings, this.#parts] = [settings, parts];
    const { clock } = parts;
    const { membership, limits } = settings;
    const { annotationKey, configMap } = membership;
    const [podCache, ending] = [this.#podCache, this.#ending.signal];
    const ensureLeader = leaderCheck(parts);
    this.store = new Store(membership);
    this.#configMapReporter = new ConfigMapReporter({ ...parts, configMap });
    this.#latency = new JoinLatency({ ...parts, whereabouts: this.store.surroundings });
    const podOf = (uid: string): PodView | undefined => this.store.pod(uid);
    const pool = this.#sessions = new SessionPool({
      clock,
      open: parts.openSession,
      limit: () => sessionLimit(limits, podCache.size),
      keep: keepSessions,
      onLateStderr: (uid) => {
        podCache.invalidate(uid);
        this.#queue.add(uid, { delay: limits.coalesce });
      },
    });
    const known = { store: this.store, podCache, pool, add: (uid: string) => this.#queue.add(uid) };
    const outlet = parts.contacts?.(known) ?? parts.reporter;
    const reporter = joinReporters([outlet, this.#counts, this.#latency], podOf);
    const agents = new AgentClient({ tools: pool, ensureLeader, onStep: (step) => parts.onStep?.(step) });
    this.#unlabelled = new UnlabelledPods({
      ...parts,
      ...settings,
      annotationKey,
      isKnown: (uid) => podOf(uid) !== undefined,
      signal: this.#stopping.signal,
      onFound: (pod) =>
        this.#affect(this.store.putPod(pod, { now: clock.now(), selection: "label removed" })),
    });
    const released = { agents, pool, podCache, reporter, ensureLeader, ending };
    this.#context = {
      ...released,
      store: this.store,
      releaser: new Releaser({ ...parts, ...released }),
      clock,
      annotationKey,
      budget: new ReadBudget({ clock, members: () => podCache.size }),
      peerChanges: new PeerChanges(),
      readEvery: limits.resync,
      claim: (uid, observed) => this.#claim(uid, observed),
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
      ...defined({ observe: parts.queueObserver }),
    });
    this.#schedule = new Schedule({
      store: this.store,
      queue: this.#queue,
      clock,
      coalesce: limits.coalesce,
      isAwaited: (uid) => isAwaited(this.store.workItem(uid), podOf(uid)?.shown?.ready),
      onExpired: (affected) => this.#affect(affected),
    });
    const { tracked } = this.store;
    this.#pools = parts.pools?.({
      requests: () => [...tracked.values()].flatMap(({ requests }) => requests),
      holders: () =>
        new Set(
          [...tracked.values()].flatMap(({ membership, pod }) =>
            membership.kind === "member" ? [holderOf(pod)] : []
          ),
        ),
      onAnswers: (answers) => this.#affect(this.store.putAnswers(answers)),
    });
  }

  /** The whole story, until `signal`: watch, work, heal by and by, stop. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const watches = startWatches(this.#settings, {
      ...this.#parts,
      signal: this.#stopping.signal,
      onPods: (pods, covers) => this.#replacePods(pods, covers),
      onPod: (pod) => this.#affect(this.store.putPod(pod, { now: clock.now() })),
      onPodDeleted: (pod) => {
        this.#affect(this.store.removePod(pod.uid));
        this.#unlabelled.lookUp(pod);
      },
      onConfigMap: (configMap) => {
        const affected = this.store.putConfigMap(configMap?.data, { now: clock.now() });
        this.#configMapReporter.tell(configMap, this.store.cluster);
        this.#affect(affected);
      },
    });
    const stop = onAbort(signal, () => this.#stopping.abort());
    await Promise.race([Promise.all(watches.map((watch) => watch.synced)), aborted(this.#stopping.signal)]);
    this.#start();
    await this.#resyncUntilStopped(watches);
    await this.#stop(watches);
    stop();
  }

  /** True once pods and ConfigMap were each read completely; nothing is changed anywhere before. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Looks at everything again: leadership was gained, and what another has done is to be found in the kernels. */
  reconcileAll(): void {
    if (!this.#synced) return;
    this.#affect(this.store.forgetHolders());
    this.#lookAtAll();
  }

  /** True when the pod is another to us by what was found in it: then it is looked at again. */
  #claim(uid: string, observed: KernelState): boolean {
    const affected = this.store.claim(uid, observed);
    this.#affect(affected);
    this.#schedule.claimed();
    return affected.changed.has(uid);
  }

  /** For metrics and health. */
  state(): ControllerState {
    const { running, longestRunning, longestWaiting } = this.#queue.state();
    const { membersFailing, entriesMissing } = this.#counts;
    return {
      ...this.store.counts(),
      membersFailing,
      entriesMissing,
      sessions: this.#sessions.open,
      remembered: this.#podCache.size,
      stuckFor: running > 0 ? longestRunning : longestWaiting,
      badConfigMapEntries: this.store.cluster.problems.length,
    };
  }

  #replacePods(pods: readonly PodView[], covers: (pod: PodView) => boolean): void {
    const affected = this.store.replacePods(pods, { now: this.#parts.clock.now(), covers });
    this.#affect(affected);
    const listed = new Set(pods.map(({ uid }) => uid));
    for (const pod of affected.gone) if (!listed.has(pod.uid)) this.#unlabelled.lookUp(pod);
    this.#unlabelled.sweep();
  }

  #affect({ changed, gone }: Affected): void {
    for (const pod of gone) this.#forget(pod.uid);
    for (const notice of this.store.surroundings.takeNotices()) this.#parts.log.warn(notice);
    for (const uid of changed) {
      this.#podCache.invalidate(uid);
      const item = this.store.workItem(uid);
      const agentRuns = item?.kind === "member" && item.member.phase.kind !== "wait";
      this.#latency.seen(uid, { agentRuns, measured: this.#synced });
    }
    this.#schedule.changed(changed);
    if (this.#synced) this.#pools?.changed();
  }

  /** Everything that is kept of a pod outside of the store ends here; once more after a look that was still under way. */
  #forget(uid: string): void {
    for (const keeper of [this.#podCache, this.#queue, this.#context.reporter]) keeper.forget(uid);
    this.#sessions.closePod(uid);
  }

  #lookAtAll(): void {
    for (const uid of this.store.tracked.keys()) this.#podCache.invalidate(uid);
    this.#schedule.lookAtAll();
    this.#pools?.reread();
  }

  #start(): void {
    if (this.#stopping.signal.aborted) return;
    this.#synced = true;
    const { members, segments } = this.store.counts();
    this.#parts.log.info(`watching: ${members} members in ${segments.size} networks`);
    this.#lookAtAll();
  }

  /** Every so often all is listed anew: heals what no event announced. Kernels are read again as often, see converge.ts. */
  async #resyncUntilStopped(watches: readonly Reflector[]): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(clock, this.#settings.limits.resync * (0.9 + 0.2 * clock.random()), signal);
      if (signal.aborted) return;
      for (const watch of watches) watch.relist();
    }
  }

  /** Finishes what runs, within bounds, and closes everything. */
  async #stop(watches: readonly Reflector[]): Promise<void> {
    const { clock, log } = this.#parts;
    this.#schedule.stop();
    const idle = this.#queue.stop();
    const finished = await within(idle, { clock, ms: this.#settings.limits.shutdown });
    if (!finished) log.warn(`stopping though ${this.#queue.running} reconciles have not ended`);
    this.#ending.abort();
    await this.#sessions.close();
    await idle;
    // The last look may still have set it going.
    this.#latency.close();
    const ended = watches.map((watch) => watch.done);
    await Promise.all([...ended, this.#unlabelled.settled(), this.#pools?.close()]);
  }
}
