// The cluster followed by watches: what a snapshot shows of one moment, again after each change, for -w and --wait.
import { type Collection, podCollection } from "../../controller/watch/resources.ts";
import { startWatches } from "../../controller/watch/watches.ts";
import { Store } from "../../controller/store/store.ts";
import { metadataOf } from "../../kube/watch/events.ts";
import type { Identified } from "../../kube/watch/local_copy.ts";
import { type Reflector, startReflector } from "../../kube/watch/reflector.ts";
import type { PodView } from "../../member/pod.ts";
import { createLog } from "../../ops/log.ts";
import { printable } from "../../text/printable.ts";
import { aborted, onAbort, sleep } from "../../time/clock.ts";
import type { Host } from "../host.ts";
import type { SettingsOf } from "../settings/options.ts";
import { type ClusterView, shownOf, type ViewBasis, withBasis } from "../show/cluster_view.ts";
import type { viewOptions } from "../show/view_options.ts";
import { type ReservedRead, tellReserved } from "../reserved.ts";
import { believeShown } from "../shown_kernel.ts";
import { byName } from "../snapshot.ts";

/** How a cluster is followed. */
export interface Following {
  readonly host: Host;
  /** Only pods that match this selector too are shown. */
  readonly labels?: string | undefined;
  /** ms after which it is looked again without any news; absent: never. */
  readonly atLeastEvery?: number;
  /** Called with the first complete view, then after changes. Gives "enough" to end it. */
  readonly onView: (view: ClusterView) => Promise<"more" | "enough"> | "more" | "enough";
}

/** ms in which changes are put together: a rollout changes many pods at once. */
const together = 250;

/** Follows until it is enough or the user has enough. Throws what the first lists fail with; later troubles are told. */
export async function followCluster(
  settings: SettingsOf<typeof viewOptions>,
  following: Following,
): Promise<void> {
  const { host } = following;
  await withBasis(settings, {
    host,
    use: async (basis) => {
      const stop = new AbortController();
      const release = onAbort(host.stop, () => stop.abort());
      host.progress?.("reading pods");
      const reserved = await basis.readReserved();
      const copy = startCopy(basis, { following, reserved, signal: stop.signal });
      try {
        await Promise.race([copy.synced, copy.failed, aborted(stop.signal)]);
        await showAll(copy, { following, signal: stop.signal });
      } finally {
        release();
        stop.abort();
        await copy.done;
      }
      return 0;
    },
  });
}

async function showAll(
  copy: LocalCopy,
  { following: { host, onView, atLeastEvery }, signal }: {
    readonly following: Following;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  while (!signal.aborted) {
    const changed = copy.nextChange();
    if (await onView(copy.view()) === "enough") return;
    const pause = new AbortController();
    const release = onAbort(signal, () => pause.abort());
    const waits = [changed, aborted(pause.signal)];
    if (atLeastEvery !== undefined) waits.push(sleep(host.clock, atLeastEvery, pause.signal));
    await Promise.race(waits);
    pause.abort();
    release();
    await sleep(host.clock, together, signal);
  }
}

/** A watch may end so while another is still being listed. */
const usualEnds: ReadonlySet<string> = new Set(["expected", "dropped", "idle"]);

/** What the watches have brought so far. */
interface LocalCopy {
  /** Everything was listed once. */
  readonly synced: Promise<unknown>;
  /** Rejects when that cannot be; otherwise for ever pending. */
  readonly failed: Promise<never>;
  readonly done: Promise<unknown>;
  view(): ClusterView;
  /** Resolves with the next change from now on. */
  nextChange(): Promise<void>;
}

function startCopy(
  basis: ViewBasis,
  { following: { host, labels }, reserved, signal }: {
    readonly following: Following;
    readonly reserved: ReservedRead;
    readonly signal: AbortSignal;
  },
): LocalCopy {
  const { settings, client, namespace } = basis;
  const { clock } = host;
  const store = new Store(settings.membership);
  tellReserved(store, { ...reserved, areListed: false });
  const pods = new Map<string, PodView>();
  const matching = new Set<string>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  let news = Promise.withResolvers<void>();
  let isSynced = false;
  const told = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const fail = (message: string): void => {
    if (!isSynced) failed.reject(new Error(message));
  };
  const complain = (line: string): void => {
    // Before that it is the error with which the command ends.
    if (isSynced) host.complain(printable(line.replace(/^\S+ (\w+) +/, "warning: ")));
  };
  const watches = startWatches(settings, {
    client,
    clock,
    signal,
    log: createLog({ level: "warn", format: "text", clock, write: complain }),
    onWatchEnd: ({ reason, message }) => {
      if (!usualEnds.has(reason)) fail(message);
    },
    onPods: (listed, covers) => {
      for (const pod of pods.values()) if (covers(pod)) pods.delete(pod.uid);
      for (const pod of listed) pods.set(pod.uid, pod);
      store.replacePods(listed, { now: clock.now(), covers });
      told();
    },
    onPod: (pod) => {
      pods.set(pod.uid, pod);
      store.putPod(pod, { now: clock.now() });
      told();
    },
    onPodDeleted: ({ uid }) => {
      pods.delete(uid);
      store.removePod(uid);
      told();
    },
    onConfigMap: (configMap) => {
      store.putConfigMap(configMap?.data, { now: clock.now() });
      told();
    },
  });
  const labelled = labels === undefined
    ? []
    : [startMatching(basis, { labels, host, signal, matching, told, fail })];
  const all = [...watches, ...labelled];
  return {
    synced: Promise.all(all.map(({ synced }) => synced)).then(() => {
      isSynced = true;
      tellReserved(store, { ...reserved, areListed: true });
      if (reserved.fault !== undefined) host.complain(printable(`not read: ${reserved.fault}`));
    }),
    failed: failed.promise,
    done: Promise.all(all.map(({ done }) => done)),
    nextChange: () => news.promise,
    view: () => {
      store.expire(clock.now());
      believeShown(store, settings.membership);
      const sorted = [...pods.values()].sort(byName);
      const shown = shownOf(sorted, namespace)
        .filter(({ uid }) => labels === undefined || matching.has(uid));
      return { ...basis, store, pods: sorted, shown };
    },
  };
}

/** Labels are not kept of pods: the API server knows who matches. */
function startMatching(
  { settings, client }: ViewBasis,
  { labels, host, signal, matching, told, fail }: {
    readonly labels: string;
    readonly host: Host;
    readonly signal: AbortSignal;
    readonly matching: Set<string>;
    readonly told: () => void;
    readonly fail: (message: string) => void;
  },
): Reflector {
  const both = podCollection({ ...settings, selector: `${settings.selector},${labels}` }, undefined);
  const collection: Collection<Identified> = { ...both, project: metadataOf };
  const put = ({ uid }: Identified): void => {
    matching.add(uid);
    told();
  };
  return startReflector(client, {
    ...collection,
    signal,
    handler: {
      replaced: (listed) => {
        matching.clear();
        for (const { uid } of listed) matching.add(uid);
        told();
      },
      added: put,
      modified: put,
      deleted: ({ uid }) => {
        matching.delete(uid);
        told();
      },
      // The watch of all says it.
      unreadable: () => {},
    },
    onError: ({ reason }) => fail(reason),
  }, { clock: host.clock });
}
