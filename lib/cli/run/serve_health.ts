// What probes and Prometheus can ask of a running controller.
import type { Controller } from "../../controller/controller.ts";
import type { HttpAddress } from "../../ops/http_address.ts";
import { type HttpServer, startHttpServer } from "../../ops/http_server.ts";
import { createLiveness } from "../../ops/liveness.ts";
import type { Log } from "../../ops/log.ts";
import type { Metrics, State } from "../../ops/metrics.ts";
import type { Host } from "../host.ts";

/** Serves /healthz, /readyz and /metrics where `--http-address` says. Throws HttpServerError. */
export function serveHealth(
  address: HttpAddress,
  { controller, metrics, host, log }: {
    readonly controller: Controller;
    readonly metrics: Metrics;
    readonly host: Host;
    readonly log: Log;
  },
): Pick<HttpServer, "close"> {
  const liveness = createLiveness({
    clock: host.clock,
    longestRunning: () => controller.state().stuckFor,
    onLag: (ms) => metrics.eventLoopLag(ms),
  });
  const server = startHttpServer({
    address,
    clock: host.clock,
    healthz: liveness.checks,
    readyz: [{
      name: "synced",
      check: () =>
        controller.synced ? { ok: true } : { ok: false, reason: "pods and ConfigMap were not read yet" },
    }],
    metrics,
    onError: (message) => log.warn(message),
  });
  if (server.address !== undefined) log.info(`serving health and metrics on ${server.address}`);
  metrics.stateFrom(() => stateOf(controller));
  return {
    close: async () => {
      liveness.close();
      await server.close();
    },
  };
}

function stateOf(controller: Controller): State {
  const { segments, sessions, rejected, badConfigMapEntries, ...counted } = controller.state();
  const sizes = [...segments.values()];
  return {
    members: counted.members,
    membersFailing: counted.membersFailing,
    entriesMissing: counted.entriesMissing,
    annotationsRejected: rejected,
    networks: sizes.length,
    nodeNeighbours: counted.neighbours,
    entriesWanted: sizes.reduce((sum, size) => sum + size * (size - 1), 0),
    sessionsOpen: sessions,
    configMapEntriesRejected: badConfigMapEntries,
  };
}
