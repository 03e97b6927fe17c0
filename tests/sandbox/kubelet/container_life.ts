// How does one container live within a sandbox? Started, probed, restarted, until its policy or its pod ends it.
import { sleep, systemClock } from "../../../lib/time/clock.ts";
import { type ContainerRecord, runningState } from "./container_state.ts";
import type { Container, ExitCode, PodSandbox } from "./data_plane.ts";
import { timestamp } from "../store/timestamp.ts";
import type { ContainerSpec, StartupProbe } from "./pod_spec.ts";

/** How fast a kubelet is, in ms; a real one takes 10 s and more where tests want milliseconds. */
export interface KubeletTiming {
  /** Before the first restart of a container; doubled each time, up to ten times as much. */
  readonly backoff: number;
  /** Startup probes run at least this often, whatever their `periodSeconds`. */
  readonly probePeriod: number;
}

/** One container to look after. */
export interface ContainerLife {
  readonly spec: ContainerSpec;
  readonly sandbox: PodSandbox;
  readonly timing: KubeletTiming;
  /** Whether it is started again after this exit. */
  readonly restarts: (code: ExitCode) => boolean;
  /** Aborted when the sandbox ends: then nothing is started any more. */
  readonly signal: AbortSignal;
  /** Changes the record that the pod's status is made from. */
  readonly change: (next: (record: ContainerRecord) => ContainerRecord) => void;
  /** Told of the running container, and of its end. */
  readonly onRun: (container: Container | undefined) => void;
  /** Told each time it counts as started: at once, or when its startup probe has passed. */
  readonly onStarted: () => void;
}

/** Lives it. Gives the last exit status, or undefined when the sandbox ended before it ran. */
export async function live(life: ContainerLife): Promise<ExitCode | undefined> {
  const { timing, signal, change } = life;
  let code: ExitCode | undefined;
  for (let runs = 0; !signal.aborted; runs++) {
    if (runs > 0) {
      change((record) => ({
        ...record,
        state: { kind: "waiting", reason: "CrashLoopBackOff" },
        last: record.state,
        restarts: record.restarts + 1,
      }));
      await sleep(systemClock, timing.backoff * Math.min(2 ** (runs - 1), 10), signal);
      if (signal.aborted) break;
    }
    code = await runOnce(life);
    if (!life.restarts(code)) break;
  }
  return code;
}

async function runOnce(
  { spec, sandbox, timing, signal, change, onRun, onStarted }: ContainerLife,
): Promise<ExitCode> {
  const container = await sandbox.start(spec.main);
  onRun(container);
  if (signal.aborted) await container.signal("KILL");
  change((record) => ({ ...record, state: runningState(spec, container.id) }));
  const ended = new AbortController();
  const started = (): void => {
    change((record) =>
      record.state.kind === "running" ? { ...record, state: { ...record.state, started: true } } : record
    );
    onStarted();
  };
  const probing = spec.startupProbe === undefined ? onStarted() : probe(spec.startupProbe, {
    container,
    timing,
    signal: AbortSignal.any([signal, ended.signal]),
    started,
  });
  const code = await container.exited;
  ended.abort();
  onRun(undefined);
  change((record) => ({
    ...record,
    state: { kind: "terminated", id: container.id, code, finishedAt: timestamp() },
  }));
  await probing;
  return code;
}

interface Probing {
  readonly container: Container;
  readonly timing: KubeletTiming;
  readonly signal: AbortSignal;
  readonly started: () => void;
}

/** Probes until it passes; kills the container when it has failed too often. */
async function probe(what: StartupProbe, { container, timing, signal, started }: Probing): Promise<void> {
  await sleep(systemClock, what.initialDelay, signal);
  for (let failures = 0; !signal.aborted;) {
    const passed = await passes(what.command, container);
    if (signal.aborted) return;
    if (passed) return started();
    failures++;
    if (failures >= what.failureThreshold) return await container.signal("KILL");
    await sleep(systemClock, Math.min(what.period, timing.probePeriod), signal);
  }
}

async function passes(command: readonly string[], container: Container): Promise<boolean> {
  if (container.succeeds !== undefined) return container.succeeds(command);
  const process = await container.exec(command);
  if ("missing" in process) return false;
  await process.closeStdin();
  await Promise.all([process.stdout, process.stderr].map((stream) => stream.pipeTo(new WritableStream())));
  return await process.exited === 0;
}
