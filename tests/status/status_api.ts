// What has been written on pods in these tests? An API server in memory, read as people read it.
import type { V1Pod } from "@kubernetes/client-node";
import { type PodView, podView } from "../../lib/member/pod.ts";
import { annotationKey, memberPod } from "../member/member_pod.ts";
import { InProcessApi } from "../sandbox/api/in_process.ts";
import { coreEvents, newEvents, pods } from "../sandbox/api/resources.ts";
import { outward } from "../sandbox/store/event_forms.ts";
import { field, type KubeObject } from "../sandbox/store/kube_object.ts";
import { fakeClock } from "../time/fake_clock.ts";

/** What befalls requests that match: an error status, or 0 for no answer. */
export interface StatusFault {
  readonly resource: "pods/status" | "events";
  readonly namespace?: string;
  readonly status: number;
  readonly message?: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** Pods and Events of a cluster. Nobody watches, so its clock may stand still. */
export class StatusApi extends InProcessApi {
  fault: StatusFault | undefined;

  constructor() {
    super(fakeClock());
    this.befall = ({ resource, subresource, namespace }) => {
      const { fault } = this;
      const what = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
      if (fault?.resource !== what) return undefined;
      return fault.namespace === undefined || fault.namespace === namespace ? fault : undefined;
    };
  }

  addPod(name: string, namespace = "default"): void {
    this.put(pods, memberPod({ name, namespace, uid: `uid-${name}`, networks: "west", ip: "10.0.0.1" }));
  }

  /** Somebody else's annotations take the place of those it has. */
  annotate(name: string, annotations: Readonly<Record<string, string>>): void {
    const old = this.find(pods, name);
    if (old !== undefined) this.put(pods, { ...old, metadata: { ...old.metadata, annotations } });
  }

  removePod(name: string): void {
    this.remove(pods, name);
  }

  /** The pod as a watch would show it. */
  view(name: string): PodView | undefined {
    const pod = this.find(pods, name);
    // The object was made by memberPod and changed by patches of ours; as JSON its dates are text.
    return pod === undefined ? undefined : podView(pod as unknown as V1Pod, { annotationKey });
  }

  /** "True NetworksReady", or nothing. */
  condition(name: string): string {
    const one = this.#condition(name);
    return one === undefined ? "" : `${field(one, "status")} ${field(one, "reason")}`;
  }

  /** When the condition last turned. */
  since(name: string): unknown {
    return field(this.#condition(name), "lastTransitionTime");
  }

  annotation(name: string): unknown {
    const annotations = field(field(this.find(pods, name), "metadata"), "annotations");
    return field(annotations, "vxlan.travelping.com/network-status");
  }

  /** The Events, as they were written. */
  get events(): readonly KubeObject[] {
    return this.list(coreEvents).map((event) => outward(newEvents, event));
  }

  /** "VxlanReady 1" of every Event, sorted. */
  told(): readonly string[] {
    return this.events.map((event) =>
      `${field(event, "reason")} ${field(field(event, "series"), "count") ?? 1}`
    ).sort();
  }

  /** The condition of ours: the pods of these tests have others too. */
  #condition(name: string): unknown {
    const all = field(field(this.find(pods, name), "status"), "conditions");
    return Array.isArray(all)
      ? all.find((one) => field(one, "type") === "vxlan.travelping.com/Ready")
      : undefined;
  }
}
