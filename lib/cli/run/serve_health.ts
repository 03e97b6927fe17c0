// What probes, Prometheus and `inspect` can ask of a running controller.
import type { Controller } from "../../controller/controller.ts";
import { outsideOf } from "../../network/network.ts";
import type { HttpAddress } from "../../ops/http_address.ts";
import { type HttpServer, startHttpServer } from "../../ops/http_server.ts";
import { createLiveness } from "../../ops/liveness.ts";
import type { Log } from "../../ops/log.ts";
import type { InterfaceInfo, Metrics, State } from "../../ops/metrics.ts";
import { type ProbeAnswer, probesPath } from "../../reach/probe_answer.ts";
import type { Host } from "../host.ts";

/** Serves /healthz, /readyz, /metrics and /probes where `--http-address` says. Throws HttpServerError. */
export function serveHealth(
  address: HttpAddress,
  { controller, metrics, host, log, interfaces, probes }: {
    /** Series of single interfaces at most; undefined: none. */
    readonly interfaces: number | undefined;
    /** The last probes of a pod. */
    readonly probes: (uid: string) => ProbeAnswer;
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
    pages: new Map([[probesPath, (query) => ({
      status: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(probes(query.get("pod") ?? "")),
    })]]),
    onError: (message) => log.warn(message),
  });
  if (server.address !== undefined) log.info(`serving health and metrics on ${server.address}`);
  metrics.stateFrom(() => stateOf(controller));
  if (interfaces !== undefined) {
    metrics.interfacesFrom(boundedInterfaces(controller, { most: interfaces, log }));
  }
  return {
    close: async () => {
      liveness.close();
      await server.close();
    },
  };
}

/** In the order in which the pods were seen, so that what is left out does not change from reading to reading. */
function boundedInterfaces(
  { store }: Controller,
  { most, log }: { readonly most: number; readonly log: Log },
): () => { readonly shown: readonly InterfaceInfo[]; readonly leftOut: number } {
  let isSaid = false;
  return () => {
    const shown: InterfaceInfo[] = [];
    let leftOut = 0;
    for (const uid of store.tracked.keys()) {
      const item = store.workItem(uid);
      if (item?.kind !== "member") continue;
      const { namespace, name: pod, networks } = item.member;
      for (const { name: network, interfaceName, vni } of networks) {
        if (shown.length === most) leftOut += 1;
        else shown.push({ namespace, pod, interface: interfaceName, network, vni: String(vni) });
      }
    }
    if (leftOut > 0 && !isSaid) {
      log.warn(`${leftOut} interfaces have no series of interface_info: --interface-info allows ${most}`);
    }
    isSaid = leftOut > 0;
    return { shown, leftOut };
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
    entriesOutside: entriesOutside(controller),
    sessionsOpen: sessions,
    configMapEntriesRejected: badConfigMapEntries,
  };
}

/** Flood entries that members want and that lead to none of them. */
function entriesOutside({ store }: Controller): number {
  let sum = 0;
  for (const uid of store.tracked.keys()) {
    const item = store.workItem(uid);
    if (item?.kind !== "member") continue;
    for (const network of item.member.networks) {
      if (network.outside === undefined) continue;
      sum += outsideOf(network, store.surroundings.peersOf(network)).length;
    }
  }
  return sum;
}
