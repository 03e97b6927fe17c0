// What the controller is made of: everything it does not make itself.
import type { Executor } from "../kube/exec/exec.ts";
import type { Step } from "../overlay/step.ts";
import type { WorkQueueObserver } from "../queue/work_queue.ts";
import type { ConfigMapReporterOptions } from "../report/config_map_reporter.ts";
import type { JoinLatencyOptions } from "../report/latency.ts";
import type { AddressPools, PoolHooks } from "../network/pool_request.ts";
import type { Reporter } from "../report/report.ts";
import type { OpenSession, SessionPool, TerminateAgent } from "../agents/session_pool.ts";
import type { Store } from "./store/store.ts";
import type { WatchOptions } from "./watch/watches.ts";

/** The parts, passed in so that tests and benches can hold each part. */
export interface ControllerParts
  extends
    Pick<WatchOptions, "client" | "clock" | "log" | "onWatchEnd" | "onAlive">,
    Pick<ConfigMapReporterOptions, "onConfigMap">,
    Pick<JoinLatencyOptions, "onInterfaceReady" | "onPeerEntry"> {
  readonly executor: Pick<Executor, "run">;
  readonly openSession: OpenSession;
  readonly terminate: TerminateAgent;
  readonly reporter: Reporter;
  /** Whether this replica may write now; without leader election always. */
  readonly isLeader?: () => boolean;
  /** Who gives addresses; without it, who needs one of a pool waits. */
  readonly pools?: (hooks: PoolHooks) => AddressPools;
  /** Who probes whether members reach each other: reports go through it. */
  readonly contacts?: (known: Known) => Reporter;
  readonly queueObserver?: WorkQueueObserver;
  readonly onStep?: (step: Step) => void;
}

/** What the controller knows, for parts that look at it. */
export interface Known {
  readonly store: Store;
  readonly pool: SessionPool;
  /** Asks for a reconcile of a pod. */
  readonly add: (uid: string) => void;
}

/** Numbers for metrics and health; what they count is said in the metric catalogue. */
export interface ControllerState extends ReturnType<Store["counts"]> {
  readonly sessions: number;
  /** For how long (ms) a look has lasted, or keys have waited while none was under way. */
  readonly stuckFor: number;
  readonly badConfigMapEntries: number;
}
