// What is known of Services, pods, slices and given addresses, and which Services a change concerns?
import type { GivenAddresses } from "./endpoints.ts";
import { isPeer, leavesAfter, type NamedPod } from "./pod.ts";
import type { ServiceView } from "./service.ts";
import type { SliceView } from "./slices.ts";

/** Told which Service (`namespace/name`) to look at. */
export type Concern = (service: string) => void;

/** An object of a namespace. */
interface Placed {
  readonly uid: string;
  readonly namespace: string;
}

/** What was set in a pod. */
interface Given {
  readonly namespace: string;
  readonly addresses: GivenAddresses;
  /** The controller has done with the pod. */
  readonly isOver?: true;
}

/** Objects by namespace, then uid: a change of a pod concerns the Services of its namespace only. */
class ByNamespace<T extends Placed> {
  readonly #all = new Map<string, Map<string, T>>();

  of(namespace: string): Iterable<T> {
    return this.#all.get(namespace)?.values() ?? [];
  }

  get(namespace: string, uid: string): T | undefined {
    return this.#all.get(namespace)?.get(uid);
  }

  put(object: T): void {
    const here = this.#all.get(object.namespace) ?? new Map<string, T>();
    this.#all.set(object.namespace, here.set(object.uid, object));
  }

  remove({ namespace, uid }: Placed): void {
    const here = this.#all.get(namespace);
    here?.delete(uid);
    if (here?.size === 0) this.#all.delete(namespace);
  }

  *values(): Iterable<T> {
    for (const here of this.#all.values()) yield* here.values();
  }
}

/** Local copies, and what the controller tells of the pods it serves. No I/O, no timers. */
export class KnownNames {
  readonly services = new ByNamespace<ServiceView>();
  readonly slices = new ByNamespace<SliceView>();
  readonly #pods = new ByNamespace<NamedPod>();
  /** By uid: when it stops being a peer at the latest (monotonic ms), from the first sight of its deletion on. */
  readonly #leaving = new Map<string, number>();
  readonly #given = new Map<string, Given>();
  /** Undefined: the ConfigMap was not read yet. */
  #clusterNetworks: ReadonlySet<string> | undefined;

  constructor(readonly concern: Concern) {}

  /** A Service came or changed. */
  putService(service: ServiceView): void {
    this.services.put(service);
    this.concern(serviceKey(service));
  }

  /** A slice came or changed, perhaps from one Service to another. */
  putSlice(slice: SliceView): void {
    const before = this.slices.get(slice.namespace, slice.uid) ?? slice;
    this.slices.put(slice);
    for (const name of new Set([before.service, slice.service])) {
      this.concern(serviceKey({ namespace: slice.namespace, name }));
    }
  }

  /** A slice is gone. */
  removeSlice(slice: SliceView): void {
    this.slices.remove(slice);
    this.concern(serviceKey({ namespace: slice.namespace, name: slice.service }));
  }

  /** A pod came or changed at `now` (monotonic ms). */
  putPod(pod: NamedPod, now: number): void {
    this.#pods.put(pod);
    const wait = leavesAfter(pod);
    if (wait !== undefined && !this.#leaving.has(pod.uid)) this.#leaving.set(pod.uid, now + wait);
    this.#concernAll(pod.namespace);
  }

  /** A pod is gone, or has lost its label; should it get it back, what the controller has told of it may be newer. */
  removePod(pod: Placed): void {
    this.#pods.remove(pod);
    this.#leaving.delete(pod.uid);
    if (this.#given.get(pod.uid)?.isOver === true) this.#given.delete(pod.uid);
    this.#concernAll(pod.namespace);
  }

  /** Every pod of which something is known. */
  pods(): Iterable<NamedPod> {
    return this.#pods.values();
  }

  /** Pods of the namespace that are peers at `now`. */
  peersIn(namespace: string, now: number): readonly NamedPod[] {
    return [...this.#pods.of(namespace)].filter((pod) =>
      isPeer(pod, { now, leavesAt: this.#leaving.get(pod.uid) })
    );
  }

  /** The pod of an endpoint. */
  pod(namespace: string, uid: string): NamedPod | undefined {
    return this.#pods.get(namespace, uid);
  }

  /** ms from `now` until the next of the namespace's pods stops being a peer; undefined when none is being deleted. */
  nextLeaving(namespace: string, now: number): number | undefined {
    const dates = [...this.#pods.of(namespace)].map(({ uid }) => this.#leaving.get(uid) ?? Infinity);
    const next = Math.min(...dates.filter((date) => date > now));
    return next === Infinity ? undefined : next - now;
  }

  /** What the controller has set in the pod. Undefined: not looked into yet. */
  given(uid: string): GivenAddresses | undefined {
    return this.#given.get(uid)?.addresses;
  }

  /** The controller has looked into the pod. */
  give({ uid, namespace }: Placed, addresses: GivenAddresses): void {
    const before = this.given(uid);
    this.#given.set(uid, { namespace, addresses });
    if (!areSame(before, addresses)) this.#concernAll(namespace);
  }

  /** Nothing more is told of the pod: it holds nothing of ours, if it is there at all. */
  takeBack(uid: string): void {
    const known = this.#given.get(uid);
    if (known === undefined) return;
    const { namespace } = known;
    if (this.pod(namespace, uid) === undefined) this.#given.delete(uid);
    else this.#given.set(uid, { namespace, addresses: new Map(), isOver: true });
    this.#concernAll(namespace);
  }

  /** Another replica has led until now: what it has set will be told anew, pod by pod. */
  forgetGiven(): void {
    this.#given.clear();
    for (const service of this.services.values()) this.concern(serviceKey(service));
  }

  /** The networks that the ConfigMap has. */
  putNetworks(networks: ReadonlySet<string>): void {
    const before = this.#clusterNetworks;
    this.#clusterNetworks = networks;
    const changed = networks.symmetricDifference(before ?? new Set());
    for (const service of this.services.values()) {
      if (before === undefined || changed.has(service.network ?? "")) this.concern(serviceKey(service));
    }
  }

  /** Whether the ConfigMap or any pod has a network of this name, as far as is known. */
  isKnown(network: string): boolean {
    return this.#clusterNetworks?.has(network) !== false ||
      [...this.#given.values()].some(({ addresses }) => addresses.has(network));
  }

  #concernAll(namespace: string): void {
    for (const service of this.services.of(namespace)) {
      if (service.network !== undefined) this.concern(serviceKey(service));
    }
  }
}

/** `namespace/name`. */
export function serviceKey(
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  return `${namespace}/${name}`;
}

function areSame(some: GivenAddresses | undefined, others: GivenAddresses): boolean {
  return some !== undefined && textOf(some) === textOf(others);
}

function textOf(given: GivenAddresses): string {
  return JSON.stringify([...given].sort(([a], [b]) => a < b ? -1 : 1));
}
