// Who may write: without leader election always this process, else the holder of the Lease.
import type { ApiClient } from "../../kube/api/client.ts";
import { runLeaderElection } from "../../kube/lease/election.ts";
import type { Log } from "../../ops/log.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { runOptions, SettingsOf } from "../settings/options.ts";
import type { Host } from "../host.ts";

/** A candidate, or somebody who needs no election. */
export interface Leadership {
  readonly isLeader: () => boolean;
  /** Who leads, if it is another and was seen. */
  readonly holder: () => string | undefined;
  /** Calls `run` every time this replica begins to lead. */
  readonly onStarted: (run: () => void) => void;
  /** Gives the Lease back. */
  readonly close: () => Promise<void>;
}

/** Takes part in the election if the settings say so. */
export function leadershipFrom(
  { leaderElection, leaseName: name }: SettingsOf<typeof runOptions>,
  { namespace, client, log, metrics, host }: {
    readonly namespace: string;
    readonly client: ApiClient;
    readonly log: Log;
    readonly metrics: Metrics;
    readonly host: Host;
  },
): Leadership {
  if (!leaderElection) {
    return {
      isLeader: () => true,
      holder: () => undefined,
      onStarted: () => {},
      close: () => Promise.resolve(),
    };
  }
  const over = new AbortController();
  const starts: (() => void)[] = [];
  let holder: string | undefined;
  const tell = (leading: boolean): void => metrics.leading({ lease: name, leading });
  tell(false);
  const election = runLeaderElection({
    client,
    clock: host.clock,
    lease: { namespace, name },
    identity: `${host.env("HOSTNAME") ?? "controller"}_${crypto.randomUUID()}`,
    signal: over.signal,
    onStarted: () => {
      tell(true);
      log.info(`leading: this replica holds Lease ${namespace}/${name}`);
      for (const start of starts) start();
    },
    onStopped: (reason) => {
      tell(false);
      log.warn(`no longer leading: ${reason}`);
    },
    onHolder: (identity) => {
      holder = identity;
      log.info("standing by", { leader: identity });
    },
    onTrouble: (reason) => log.warn(reason),
    onHealed: () => log.info(`Lease ${namespace}/${name} is reachable again`),
  });
  return {
    isLeader: () => election.isLeader(),
    holder: () => election.isLeader() ? undefined : holder,
    onStarted: (run) => starts.push(run),
    close: async () => {
      over.abort();
      await election.done;
    },
  };
}
