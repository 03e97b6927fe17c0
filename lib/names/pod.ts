// What must be known of a pod to list it: its labels, whether it is ready, and whether it is (still) a peer.
import { isRecord } from "../text/json.ts";
import { type NameKeys, partsOf, required, textOf } from "./service.ts";

/** The fields of a pod that are kept. */
export interface NamedPod {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** It says which networks it wants. */
  readonly asks: boolean;
  readonly node?: string;
  /** The first label of its name in DNS; absent when neither spec.hostname nor its name can be one. */
  readonly hostname?: string;
  /** Both the pod and its networks. */
  readonly ready: boolean;
  readonly finished: boolean;
  /** Present once it is being deleted; grace in seconds. */
  readonly deletion?: { readonly graceSeconds: number; readonly terminated: boolean };
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Kubernetes' own default, in seconds, for a pod that names no grace period. */
const usualGrace = 30;

/** Added (ms) to a grace period before the pod counts as gone, as for peers: the kubelet kills at its end. */
const graceMargin = 2_000;

/** Keeps what is needed of a pod. Throws when it has no name. */
export function namedPod(object: unknown, keys: NameKeys): NamedPod {
  const { metadata, spec, status } = partsOf(object);
  const name = required(metadata.name);
  const hostname = [textOf(spec.hostname), name].find((text) => dnsLabel.test(text));
  const phase = textOf(status.phase);
  const annotations = isRecord(metadata.annotations) ? metadata.annotations : {};
  const grace = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds;
  return {
    uid: textOf(metadata.uid),
    resourceVersion: textOf(metadata.resourceVersion),
    namespace: required(metadata.namespace),
    name,
    labels: textsIn(metadata.labels),
    asks: typeof annotations[keys.networks] === "string",
    ...(typeof spec.nodeName === "string" && { node: spec.nodeName }),
    ...(hostname !== undefined && { hostname }),
    ready: hasCondition(status, "Ready") && hasCondition(status, keys.condition),
    finished: phase === "Succeeded" || phase === "Failed",
    ...(typeof metadata.deletionTimestamp === "string" && {
      deletion: {
        graceSeconds: typeof grace === "number" ? grace : usualGrace,
        terminated: haveAllTerminated(status),
      },
    }),
  };
}

/** ms from the first sight of its deletion until it is no peer any more, whatever its containers do. */
export function leavesAfter({ deletion }: NamedPod): number | undefined {
  return deletion === undefined ? undefined : deletion.graceSeconds * 1_000 + graceMargin;
}

/** As for entries of peers: until it has finished, or all of its containers have ended, or its grace has run out. */
export function isPeer(
  { finished, deletion }: NamedPod,
  { now, leavesAt }: { readonly now: number; readonly leavesAt: number | undefined },
): boolean {
  if (finished) return false;
  return deletion === undefined || (!deletion.terminated && now < (leavesAt ?? Infinity));
}

/** A container that never ran has nothing to end. */
function haveAllTerminated(status: Readonly<Record<string, unknown>>): boolean {
  const all = [status.initContainerStatuses, status.containerStatuses].flatMap((list) =>
    Array.isArray(list) ? list.filter(isRecord) : []
  );
  return all.every(({ state, containerID }) => {
    const now = isRecord(state) ? state : {};
    return isRecord(now.terminated) || (!isRecord(now.running) && textOf(containerID) === "");
  });
}

function hasCondition(status: Readonly<Record<string, unknown>>, type: string): boolean {
  const all: readonly unknown[] = Array.isArray(status.conditions) ? status.conditions : [];
  return all.some((one) => isRecord(one) && one.type === type && one.status === "True");
}

function textsIn(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isRecord(value) ? value : {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
