// The fields of a Pod that decide whether and how it is a member; nothing else of a pod is kept in memory.
import type { V1Container, V1ContainerStatus, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { type Family, familyOf, parseAddress } from "../network/grammar/address.ts";
import { longestText, overlongText } from "../network/grammar/annotation.ts";
import { compact } from "../text/defined.ts";
import { interned } from "../text/interned.ts";
import { cut } from "../text/quoted.ts";
import { type Delay, delayOf } from "./delay.ts";
import { isOfWindows, virtualNodeOf } from "./node_kind.ts";
import { type Numbered, numbered } from "./ordinal.ts";
import { type ShownStatus, shownStatus } from "./current_status.ts";
import { misnamedKey } from "./misnamed_key.ts";

/** What a container's status says. `unknown` until the kubelet has reported. */
export type ContainerState = "unknown" | "waiting" | "running" | "terminated";

/** One container as its spec asks for it and its status reports it. */
export interface ContainerView {
  readonly name: string;
  readonly init: boolean;
  /** Position among the init containers (or containers), from 0. */
  readonly position: number;
  /** An init container with `restartPolicy: Always`. */
  readonly restartable: boolean;
  readonly startupProbe: boolean;
  /** Privileged, or NET_ADMIN or ALL added and not dropped again. */
  readonly netAdmin: boolean;
  /** What the spec says of the user, container before pod: 0 or unset may be root. */
  readonly runAsUser?: number;
  readonly runAsNonRoot: boolean;
  readonly state: ContainerState;
  /** Why it waits, in Kubernetes' word (`ErrImagePull`); at most 40 characters. */
  readonly waitsFor?: string;
  /** It has ended, and the kubelet does not start it again as long as the pod lives. */
  readonly endedForGood: boolean;
  /** Changes whenever the container is made anew; empty while there is none. */
  readonly containerId: string;
  readonly image: string;
  /** What the node knows the image by; absent until the kubelet has reported it. */
  readonly imageId?: string;
}

/** A pod as we see it. */
export interface PodView extends Numbered {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  /** When the API server made it, as it writes dates: the order of the texts is that of the ages. */
  readonly created: string;
  /** Text of the networks annotation; absent when the pod has none. */
  readonly annotation?: string;
  /** Without one: an annotation's key that was probably meant to be it, or the key itself if it is that of a label. */
  readonly misnamed?: string;
  /** Without one: another controller serves it, by another annotation. */
  readonly ofOther?: true;
  readonly node?: string;
  readonly hostNetwork: boolean;
  readonly shareProcessNamespace: boolean;
  /** Its process 1 is the node's. */
  readonly hostPID?: true;
  /** Its containers are those of Windows. */
  readonly windows?: true;
  /** Why it may come to run on no node at all, but on something that plays one (a virtual kubelet). */
  readonly virtualNode?: string;
  readonly phase: string;
  /** In the order of the status, in canonical text; empty until assigned. */
  readonly podIPs: readonly string[];
  /** What its status says instead, when none of its addresses can be used: a zone, IPv4 written as IPv6, no address. */
  readonly unusableIp?: string;
  /** Present once the pod is being deleted; grace in seconds, from the deletion on. */
  readonly deletion?: { readonly graceSeconds: number };
  readonly initContainers: readonly ContainerView[];
  readonly containers: readonly ContainerView[];
  /** A container that somebody has put into it (kubectl debug) runs. */
  readonly debugged?: true;
  /** What holds it up; no business of membership. Absent while nothing does. */
  readonly delay?: Delay;
  /** What the pod shows of us. Membership reads it of those that ask for nothing, so that our own writes wake nobody. */
  readonly shown?: ShownStatus;
}

/** Containers of a pod that is read, init containers too: no node runs as many. Each is remembered. */
const mostContainers = 256;
/** Characters of an image's name and id: no registry takes longer ones. */
const longestImage = 1_024;

/** Kubernetes' own default, in seconds, for a pod that names no grace period. */
const defaultGraceSeconds = 30;

/**
 * Takes from a Pod what membership needs; `annotationKey` names the networks annotation. Everything but uid, namespace
 * and name may be missing (a fresh pod has no status). Throws an Error that names what is missing of those. What is kept
 * of one pod is bounded: its author may write a megabyte, and create hundreds.
 */
export function podView(pod: V1Pod, options: { readonly annotationKey: string }): PodView {
  const { metadata, spec, status } = pod;
  const annotation = metadata?.annotations?.[options.annotationKey];
  const containers = (spec?.containers?.length ?? 0) + (spec?.initContainers?.length ?? 0);
  if (containers > mostContainers) {
    throw new Error(`Cannot read a pod: it has ${containers} containers, expected at most ${mostContainers}`);
  }
  const graceSeconds = metadata?.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds;
  const shown = shownStatus(pod, options.annotationKey);
  const delay = delayOf(pod);
  return {
    uid: required(metadata?.uid, "metadata.uid"),
    namespace: interned(required(metadata?.namespace, "metadata.namespace")),
    name: required(metadata?.name, "metadata.name"),
    resourceVersion: metadata?.resourceVersion ?? "",
    created: String(metadata?.creationTimestamp ?? ""),
    ...(typeof annotation === "string"
      ? { annotation: annotation.length > longestText ? overlongText : interned(annotation) }
      : misnamedKey(pod, options.annotationKey)),
    ...(spec?.nodeName != null && { node: interned(spec.nodeName) }),
    hostNetwork: spec?.hostNetwork === true,
    shareProcessNamespace: spec?.shareProcessNamespace === true,
    ...(spec?.hostPID === true && { hostPID: true }),
    ...(isOfWindows(spec) && { windows: true }),
    ...virtualNodeOf(spec),
    phase: status?.phase ?? "",
    ...podIpsOf(pod),
    ...(metadata?.deletionTimestamp != null && {
      deletion: { graceSeconds: graceSeconds ?? defaultGraceSeconds },
    }),
    initContainers: containerViews(spec?.initContainers, {
      spec,
      statuses: status?.initContainerStatuses,
      init: true,
    }),
    containers: containerViews(spec?.containers, { spec, statuses: status?.containerStatuses, init: false }),
    ...(status?.ephemeralContainerStatuses?.some(({ state }) => state?.running != null) &&
      { debugged: true }),
    ...numbered(metadata),
    ...(delay && { delay }),
    ...(shown && { shown }),
  };
}

function required(value: string | undefined, field: string): string {
  if (value === undefined || value === "") throw new Error(`Cannot read a pod: ${field} is missing`);
  return value;
}

/** Read like any other address, since they end up in commands of other pods. */
function podIpsOf({ status }: V1Pod): Pick<PodView, "podIPs" | "unusableIp"> {
  const texts = [...status?.podIPs?.map(({ ip }) => ip) ?? [], status?.podIP].filter((text) => text);
  const read = texts.map((text) => parseAddress(String(text)));
  const podIPs = compact([...new Set(read.flatMap((ip) => ip.kind === "value" ? [ip.value.address] : []))]);
  const [first] = texts;
  return {
    podIPs,
    ...(podIPs.length === 0 && first !== undefined && { unusableIp: cut(String(first), 60) }),
  };
}

interface ContainersContext {
  readonly spec: V1PodSpec | undefined;
  readonly statuses: readonly V1ContainerStatus[] | undefined;
  readonly init: boolean;
}

function containerViews(
  containers: readonly V1Container[] | undefined,
  context: ContainersContext,
): readonly ContainerView[] {
  return (containers ?? []).map((container, position) => containerView(container, { ...context, position }));
}

function containerView(
  container: V1Container,
  context: ContainersContext & { readonly position: number },
): ContainerView {
  const status = context.statuses?.find(({ name }) => name === container.name);
  const ofPod = context.spec?.securityContext;
  const runAsUser = container.securityContext?.runAsUser ?? ofPod?.runAsUser;
  return {
    name: interned(container.name ?? ""),
    init: context.init,
    position: context.position,
    restartable: context.init && container.restartPolicy === "Always",
    startupProbe: container.startupProbe != null,
    netAdmin: hasNetAdmin(container),
    ...(runAsUser != null && { runAsUser }),
    runAsNonRoot: (container.securityContext?.runAsNonRoot ?? ofPod?.runAsNonRoot) === true,
    state: stateOf(status),
    ...(status?.state?.waiting?.reason && { waitsFor: status.state.waiting.reason.slice(0, 40) }),
    endedForGood: !context.init && hasEndedForGood(status, { container, spec: context.spec }),
    containerId: kept(status?.containerID),
    image: interned(kept(container.image)),
    ...(status?.imageID && { imageId: interned(kept(status.imageID)) }),
  };
}

/** Of a longer text nothing: a part of it would keep all of it in memory. */
function kept(text = ""): string {
  return text.length > longestImage ? "" : text;
}

/** A container's own policy and rules (Kubernetes 1.34) go before the pod's. */
function hasEndedForGood(
  status: V1ContainerStatus | undefined,
  { container, spec }: { readonly container: V1Container; readonly spec: V1PodSpec | undefined },
): boolean {
  const ended = status?.state?.terminated;
  if (ended == null) return false;
  const { exitCode } = ended;
  const rule = container.restartPolicyRules?.find(({ exitCodes }) =>
    exitCodes !== undefined &&
    exitCodes.values?.includes(exitCode) === (exitCodes.operator === "In")
  );
  if (rule !== undefined) return false;
  const policy = container.restartPolicy ?? spec?.restartPolicy;
  return policy === "Never" || (policy === "OnFailure" && exitCode === 0);
}

/** As container runtimes read it: ALL is added, then ALL is dropped, then single ones are added, then dropped. */
function hasNetAdmin(container: V1Container): boolean {
  if (container.securityContext?.privileged === true) return true;
  const added = capabilityNames(container.securityContext?.capabilities?.add);
  const dropped = capabilityNames(container.securityContext?.capabilities?.drop);
  if (dropped.has("NET_ADMIN")) return false;
  return added.has("NET_ADMIN") || (added.has("ALL") && !dropped.has("ALL"));
}

function capabilityNames(names: readonly string[] | undefined): ReadonlySet<string> {
  return new Set(names?.map((name) => name.toUpperCase().replace(/^CAP_/, "")));
}

function stateOf(status: V1ContainerStatus | undefined): ContainerState {
  if (status?.state?.running != null) return "running";
  if (status?.state?.terminated != null) return "terminated";
  return status?.state?.waiting != null ? "waiting" : "unknown";
}

/** The first pod IP of that family in canonical text (`podView` sees to that), or undefined when the pod has none. */
export function podIpOf(member: { readonly podIPs: readonly string[] }, family: Family): string | undefined {
  return member.podIPs.find((ip) => familyOf(ip) === family);
}
