// How do headless Services get the overlay addresses of members: watches feed what is known, a queue writes slices.
import { namespacesOrAll } from "../kube/api/path.ts";
import { statusOf } from "../kube/api/client.ts";
import type { Reflector } from "../kube/watch/reflector.ts";
import { type Outcome, WorkQueue, type WorkQueueObserver } from "../queue/work_queue.ts";
import { defined, messageOf } from "../text/defined.ts";
import { aborted } from "../time/clock.ts";
import { type Endpoint, type GivenAddresses, wantedEndpoints } from "./endpoints.ts";
import { KnownNames, serviceKey } from "./known.ts";
import { type LabelMatch, parseLabelSelector } from "./labels.ts";
import { namedPod } from "./pod.ts";
import { type NameProblem, nameRequest, portProblems, type ServiceView } from "./service.ts";
import { wantedFrame } from "./slice_object.ts";
import { podObject, writeSlice } from "./slice_writer.ts";
import { sliceChanges, type SliceView } from "./slices.ts";
import { type NamesWatchOptions, watchNames } from "./watches.ts";

export interface NamesOptions extends Omit<NamesWatchOptions, "known" | "signal"> {
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly isLeader: () => boolean;
  /** Something that users of the Service must know, once for as long as it lasts. */
  readonly tell: (service: ServiceView, problem: NameProblem) => void;
  /** A write failed and is tried again; undefined: it has worked. */
  readonly onWrite: (service: string, error: unknown) => void;
  readonly observe?: WorkQueueObserver;
}

/** ms; what comes together is written together. */
const coalesce = 100;
const workers = 4;
/** ms until it is asked again, whether a pod that a list has left out is really gone. */
const doubtfulPause = 5_000;
/** Pods that are asked for: some may have gone while a list lacks the others. */
const mostDoubted = 10;

/** Services and their slices. `close` ends everything. */
export class Names {
  readonly #options: NamesOptions;
  readonly #known: KnownNames;
  readonly #queue: WorkQueue;
  readonly #stopping = new AbortController();
  readonly #watches: readonly Reflector[];
  readonly #told = new Map<string, ReadonlySet<string>>();
  /** Services of which the last write has met another. */
  readonly #conflicts = new Set<string>();
  readonly #selects: LabelMatch;
  #synced = false;

  constructor(options: NamesOptions) {
    this.#options = options;
    const selector = parseLabelSelector(options.podSelector);
    // What the API server takes and we cannot read, such as `a>1`, may select anything.
    this.#selects = selector.kind === "value" ? selector.value : () => true;
    this.#queue = new WorkQueue({
      ...options,
      work: (key) => this.#work(key),
      workers,
      workersForFailing: workers,
      groupOf: (key) => key.slice(0, key.indexOf("/")),
    });
    this.#known = new KnownNames((service) => {
      if (this.#synced) this.#queue.add(service, { delay: coalesce });
    });
    const namespaces = namespacesOrAll(options.namespaces);
    this.#watches = namespaces.flatMap((namespace) =>
      watchNames(namespace, {
        ...options,
        known: this.#known,
        signal: this.#stopping.signal,
        onServiceGone: (service) => {
          this.#told.delete(service.uid);
          this.#conflicts.delete(service.uid);
          options.onServiceGone(service);
          this.#queue.forget(serviceKey(service));
        },
      })
    );
    void this.#start();
  }

  /** The controller has looked into the pod: addresses by network (canonical, without prefix). */
  give(pod: { readonly uid: string; readonly namespace: string }, addresses: GivenAddresses): void {
    this.#known.give(pod, addresses);
  }

  /** The controller has nothing to do with the pod any more. */
  takeBack(uid: string): void {
    this.#known.takeBack(uid);
  }

  /** This replica begins to lead: what another has set is told anew. */
  restart(): void {
    this.#told.clear();
    this.#known.forgetGiven();
  }

  /** The networks that the ConfigMap has. */
  putNetworks(networks: ReadonlySet<string>): void {
    this.#known.putNetworks(networks);
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#queue.stop();
    await Promise.all(this.#watches.map(({ done }) => done));
  }

  async #start(): Promise<void> {
    const { signal } = this.#stopping;
    await Promise.race([Promise.all(this.#watches.map(({ synced }) => synced)), aborted(signal)]);
    if (signal.aborted) return;
    this.#synced = true;
    for (const service of this.#known.services.values()) this.#known.putService(service);
  }

  /** Slices of a Service that is gone are the garbage collector's: nothing is deleted because a list lacks it. */
  async #work(key: string): Promise<Outcome> {
    const [namespace = "", name = ""] = key.split("/");
    const service = [...this.#known.services.of(namespace)].find((one) => one.name === name);
    if (service === undefined || !this.#options.isLeader()) return { kind: "done" };
    const existing = [...this.#known.slices.of(namespace)].filter((slice) => slice.service === name);
    const request = nameRequest(service, this.#options.keys);
    const listed = existing.flatMap(({ endpoints }) => endpoints);
    const now = this.#options.clock.now();
    const { endpoints, problems } = wantedEndpoints({
      service,
      request,
      pods: this.#known.peersIn(namespace, now),
      given: (uid) => this.#known.given(uid),
      listed,
      isKnown: (network) => this.#known.isKnown(network),
    });
    this.#tell(service, request.kind === "none" ? [] : [...problems, ...portProblems(service)]);
    try {
      if (endpoints.length === 0 && await this.#isDoubtful(namespace, listed)) {
        const reason = "a list lacks pods that are there";
        return { kind: "wait", reason, requeueAfter: doubtfulPause };
      }
      await this.#write(service, { endpoints, existing });
      return { kind: "done", ...defined({ requeueAfter: this.#known.nextLeaving(namespace, now) }) };
    } catch (error) {
      // Another writer, or our own copy is behind: the next look goes by what the watch tells.
      const isFirst = statusOf(error) === 409 && !this.#conflicts.has(service.uid);
      if (isFirst) this.#conflicts.add(service.uid);
      else this.#options.onWrite(key, error);
      return { kind: "retry", reason: messageOf(error) };
    }
  }

  async #write(
    service: ServiceView,
    { endpoints, existing }: {
      readonly endpoints: readonly Endpoint[];
      readonly existing: readonly SliceView[];
    },
  ): Promise<void> {
    const { client, managedBy, onWrite } = this.#options;
    const changes = sliceChanges(endpoints, { existing, frame: () => wantedFrame(service) });
    for (const change of changes) {
      const after = await writeSlice(client, change, { service, managedBy });
      // The watch tells it later; until then the next look must not do it again.
      if (after !== undefined) this.#known.slices.put(after);
      else if (change.kind !== "create") this.#known.slices.remove(change.slice);
    }
    this.#conflicts.delete(service.uid);
    if (changes.length > 0) onWrite(serviceKey(service), undefined);
  }

  /** All endpoints are to go, and a pod of theirs is unknown and yet there: a list was wrong, and is read anew. */
  async #isDoubtful(namespace: string, listed: readonly Endpoint[]): Promise<boolean> {
    const { client, keys } = this.#options;
    const lost = listed.filter(({ uid }) => this.#known.pod(namespace, uid) === undefined);
    for (const { uid, pod: name } of lost.slice(0, mostDoubted)) {
      const found = await podObject(client, { namespace, name });
      const pod = found === undefined ? undefined : namedPod(found, keys);
      if (pod?.uid !== uid || pod.deletion !== undefined || !this.#selects(pod.labels)) continue;
      for (const watch of this.#watches) watch.relist();
      return true;
    }
    return false;
  }

  #tell(service: ServiceView, problems: readonly NameProblem[]): void {
    const before = this.#told.get(service.uid);
    const keyOf = ({ reason, note, about = note }: NameProblem): string => `${reason} ${about}`;
    const now = new Set(problems.map(keyOf));
    for (const problem of problems) {
      if (before?.has(keyOf(problem)) !== true) this.#options.tell(service, problem);
    }
    if (now.size === 0) this.#told.delete(service.uid);
    else this.#told.set(service.uid, now);
  }
}
