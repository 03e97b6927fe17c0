// The whole program but its wire, its process and its command line: on a clock that tests move, with toy kernels.
import { runLeaderElection } from "../../lib/kube/lease/election.ts";
import { createLogReporter, joinReporters } from "../../lib/report/log_reporter.ts";
import { Controller } from "../../lib/controller/controller.ts";
import { defaultLimits } from "../../lib/controller/settings.ts";
import { createLog } from "../../lib/ops/log.ts";
import { createMetrics, type Metrics } from "../../lib/ops/metrics.ts";
import { EventWriter } from "../../lib/events/event_writer.ts";
import { StatusWriter } from "../../lib/status/status_writer.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";
import { annotationKey, label, memberPod, membershipSettings } from "../member/member_pod.ts";
import { InProcessApi } from "../sandbox/api/in_process.ts";
import { configMaps, coreEvents, pods } from "../sandbox/api/resources.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { conditionType } from "../../lib/member/current_status.ts";
import { ToyAgents } from "../agents/toy_agents.ts";

/** A program at work. */
export interface Program {
  readonly clock: FakeClock;
  readonly api: InProcessApi;
  readonly toys: ToyAgents;
  /** What it logged. */
  readonly lines: readonly string[];
  readonly leadership: readonly string[];
  readonly isLeader: () => boolean;
  readonly controller: Controller;
  /** The queue of the controller feeds them, and nothing else. */
  readonly metrics: Metrics;
  /** Requests for a reconcile so far. */
  readonly queueAdds: () => number;
  readonly status: StatusWriter;
  readonly events: EventWriter;
  readonly end: () => Promise<void>;
}

/** The whole program but its wire, its process and its command line. */
export function startProgram(): Program {
  const clock = fakeClock({ chance: [0.1, 0.9, 0.5, 0.3, 0.7] });
  const api = new InProcessApi(clock);
  const toys = new ToyAgents();
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line), clock });
  const stop = new AbortController();
  const over = new AbortController();
  const leadership: string[] = [];
  const metrics = createMetrics({ clock, version: "1" });
  const observer = metrics.workQueue("members");
  let queueAdds = 0;
  const election = runLeaderElection({
    client: api.client,
    clock,
    lease: { namespace: "kube-system", name: "kube-vxlan-controller" },
    identity: "me",
    signal: over.signal,
    onStarted: () => {
      leadership.push("started");
      void controller.reconcileAll();
    },
    onStopped: (reason) => leadership.push(`stopped: ${reason}`),
  });
  const isLeader = (): boolean => election.isLeader();
  const events = new EventWriter({ client: api.client, clock, log, instance: "me", onEvent: () => {} });
  const status = new StatusWriter({
    client: api.client,
    events,
    clock,
    log,
    annotationKey,
    parts: "all",
    isLeader,
    onWritten: () => {},
  });
  const logReporter = createLogReporter({ log, clock });
  const controller: Controller = new Controller({
    membership: membershipSettings,
    selector: `${label}=true`,
    watchNamespaces: [],
    limits: defaultLimits,
  }, {
    client: api.client,
    executor: { run: () => Promise.reject(new Error("these pods have native sidecars")) },
    openSession: toys.open,
    terminate: () => Promise.resolve(undefined),
    clock,
    log,
    reporter: joinReporters([logReporter, status]),
    isLeader,
    queueObserver: {
      ...observer,
      added: () => {
        queueAdds++;
        observer.added();
      },
    },
  });
  const running = controller.run(stop.signal);
  return {
    ...{ clock, api, toys, lines, leadership, isLeader, controller, metrics, status, events },
    queueAdds: () => queueAdds,
    end: async () => {
      stop.abort();
      await running;
      logReporter.close();
      await status.close();
      await events.close();
      over.abort();
      await election.done;
    },
  };
}

/** The program with members p0, p1, … of network west, each with an agent that runs; `given` comes before them. */
export async function programWith(
  count: number,
  given: (program: Program) => void = () => {},
): Promise<Program> {
  const program = startProgram();
  given(program);
  program.api.put(configMaps, {
    metadata: { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" },
    data: { west: "id=101" },
  });
  for (let i = 0; i < count; i++) {
    program.api.put(
      pods,
      memberPod({ name: `p${i}`, uid: `uid-p${i}`, networks: "west", ip: `10.0.1.${i + 1}`, form: "native" }),
    );
  }
  for (let second = 0; second < 20; second++) await program.clock.advance(1_000);
  return program;
}

/** What it complained of. */
export function warnings({ lines }: Program): readonly string[] {
  return lines.filter((line) => / (WARN|ERROR) /.test(line));
}

/** "True NetworksReady", as our condition on a pod of the namespace default stands; empty when there is none. */
export function conditionOf({ api }: Program, name: string): string {
  const all = field(field(api.find(pods, name), "status"), "conditions");
  const ours = Array.isArray(all)
    ? all.find((one) => textField(one, "type") === conditionType(annotationKey))
    : undefined;
  return ours === undefined ? "" : `${textField(ours, "status")} ${textField(ours, "reason")}`;
}

/** Events of this type about the pod with this uid: their reasons. */
export function eventsOf(
  { api }: Program,
  about: { readonly uid: string; readonly type?: string },
): readonly string[] {
  return api.list(coreEvents).filter((event) =>
    textField(field(event, "involvedObject"), "uid") === about.uid &&
    textField(event, "type") === (about.type ?? textField(event, "type"))
  ).map((event) => textField(event, "reason"));
}

/** How many peers the pod with this uid floods to in network west. */
export function floodsTo({ toys }: Program, uid: string): number {
  const { stdout } = toys.kernel(uid).run(["bridge", "fdb", "show", "dev", "west"]);
  return JSON.parse(stdout).filter((entry: { readonly dst?: string }) => entry.dst).length;
}
