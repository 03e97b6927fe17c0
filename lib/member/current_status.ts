// What a pod already shows of its networks: our condition and annotation on it, as digests.
import type { V1Pod } from "@kubernetes/client-node";
import { namespaceFaults, type Rules } from "../network/access_rules.ts";
import { parseIp } from "../network/grammar/address.ts";
import { parseNetworkName } from "../network/grammar/names.ts";
import { digestOf } from "../text/digest.ts";
import type { ProblemKind } from "../network/problem.ts";
import { compact } from "../text/defined.ts";
import { isRecord } from "../text/json.ts";
import { cutBytes } from "../text/printable.ts";

/** What was found on the pod. Digests, because the text itself is needed by nobody here. */
export interface ShownStatus {
  /** Status of the condition: `True`, `False`, `Unknown`; absent when there is no condition. */
  readonly ready?: string;
  /** Reason of the condition, at most 40 characters. */
  readonly reason?: string;
  readonly condition?: string;
  readonly annotation?: string;
  /** Addresses of each network, by its name, as the annotation says: for claims, which the kernel must bear out. */
  readonly ips?: ReadonlyMap<string, readonly string[]>;
  /** Interfaces that it says it has. */
  readonly links?: readonly ShownLink[];
  /** What the condition says where it does not say that all is well. */
  readonly says?: string;
  /** The same where its reason is that peers were not reached. */
  readonly unreachable?: string;
}

/** An interface, as the annotation with the state of the networks says it. */
export interface ShownLink {
  readonly network: string;
  readonly interfaceName: string;
  readonly vni: number;
  readonly mac: string;
}

/** Reason of a condition that is True: the interfaces are as wanted, and no peer answers. */
export const peersUnreachable = "PeersUnreachable";

/** The reason by the kind of problem; Events put `Vxlan` before it. */
export const conditionReasons: Readonly<Record<ProblemKind, string>> = {
  "invalid-option": "InvalidOptions",
  "forbidden": "InvalidOptions",
  "unknown-network": "UnknownNetwork",
  "conflict": "Conflict",
  "host-network": "HostNetwork",
  "agent-missing": "AgentMissing",
  "agent-unfit": "AgentUnfit",
  "setup-failed": "SetupFailed",
  "exhausted": "PoolExhausted",
  "unreachable": peersUnreachable,
};

/** Reason of a condition of which nothing is to be said. */
export const networksReady = "NetworksReady";

/** Bytes of what a condition says: it is read in a terminal, and every change of a pod carries it. */
export const longestMessage = 1_024;

/** The part of a condition that says something. */
export interface ConditionText {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Domain of our names on pods where the annotation key has none: without one, `Ready` would be the kubelet's. */
const usualDomain = "vxlan.travelping.com";

/** Type of the pod condition: `vxlan.travelping.com/Ready`. It can be named as a readinessGate. */
export function conditionType(annotationKey: string): string {
  return ownKey(annotationKey, "Ready");
}

/** Annotation with the state of each network: `vxlan.travelping.com/network-status`. */
export function statusAnnotation(annotationKey: string): string {
  return ownKey(annotationKey, "network-status");
}

/** Another key of ours, in the domain of the annotation that names networks. */
export function ownKey(annotationKey: string, name: string): string {
  return `${domainOf(annotationKey)}/${name}`;
}

/** Undefined when the pod shows nothing of ours. */
export function shownStatus(pod: V1Pod, annotationKey: string): ShownStatus | undefined {
  const type = conditionType(annotationKey);
  const condition = pod.status?.conditions?.find((each) => each.type === type);
  const annotation = pod.metadata?.annotations?.[statusAnnotation(annotationKey)];
  if (condition === undefined && annotation === undefined) return undefined;
  return {
    ...(condition &&
      {
        ready: condition.status,
        reason: (condition.reason ?? "").slice(0, 40),
        condition: digestOfCondition(textOf(condition)),
        ...saidBy(condition),
      }),
    ...(annotation !== undefined && {
      annotation: digestOf(annotation),
      ...shownNetworks(parseList(annotation)),
    }),
  };
}

function saidBy(
  { reason, message = "" }: { readonly reason?: string; readonly message?: string },
): Pick<ShownStatus, "says" | "unreachable"> {
  if (reason === networksReady) return {};
  const says = cutBytes(message, longestMessage);
  return { says, ...(reason === peersUnreachable && { unreachable: says }) };
}

/** Of one network, and networks: far more than it has. */
const mostIps = 64;
const mostNetworks = 64;
/** Characters of a network's name. */
const longestName = 63;

/** Anybody may have written it: what cannot be read is not there. */
function shownNetworks(list: readonly unknown[]): Pick<ShownStatus, "ips" | "links"> {
  const records = list.filter(isRecord);
  const ips = shownIps(records);
  return { ...(ips.size > 0 && { ips }), links: compact(shownLinks(records.slice(0, mostNetworks))) };
}

function shownIps(
  records: readonly Readonly<Record<string, unknown>>[],
): ReadonlyMap<string, readonly string[]> {
  const entries = records.flatMap(
    ({ name, ips }): [string, readonly string[]][] => {
      if (typeof name !== "string" || name.length > longestName || !Array.isArray(ips)) return [];
      const read = ips.slice(0, mostIps).flatMap((ip) =>
        typeof ip === "string" ? parseIp(ip)?.address ?? [] : []
      );
      return read.length === 0 ? [] : [[name, read]];
    },
  );
  return new Map(entries.slice(0, mostNetworks));
}

/** Whoever has the network knows whether it may be so. */
function shownLinks(records: readonly Readonly<Record<string, unknown>>[]): readonly ShownLink[] {
  return records.flatMap(
    ({ name, interface: interfaceName, vni, mac }) =>
      typeof name === "string" && name.length <= longestName && typeof interfaceName === "string" &&
        interfaceName.length < 16 && typeof vni === "number" && typeof mac === "string" && mac.length === 17
        ? [{ network: name, interfaceName, vni, mac }]
        : [],
  );
}

/** Networks that a pod shows, as far as it may have them: others may have written that. */
export function openToPod(
  { shown, namespace }: { readonly shown?: ShownStatus; readonly namespace: string },
  { restrictPods, ...rules }: Pick<Rules, "cluster" | "configMap" | "restrictPods">,
): readonly string[] {
  const { networks, isUsable } = rules.cluster;
  return (shown?.links ?? []).flatMap(({ network: name, vni }) => {
    if (parseNetworkName(name).kind === "fault" || restrictPods && isUsable && !networks.has(name)) return [];
    return namespaceFaults({ name, vni }, { ...rules, namespace }).length > 0 ? [] : name;
  });
}

function parseList(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.slice(0, 1_000) : [];
  } catch {
    return [];
  }
}

/** Equal digests, equal texts. The times of a condition are no part of it. */
export function digestOfCondition({ status, reason, message }: ConditionText): string {
  return digestOf(JSON.stringify([status, reason, message]));
}

function textOf(
  condition: { readonly status: string; readonly reason?: string; readonly message?: string },
): ConditionText {
  return { status: condition.status, reason: condition.reason ?? "", message: condition.message ?? "" };
}

/** The domain of our names. */
export function domainOf(annotationKey: string): string {
  const slash = annotationKey.indexOf("/");
  return slash < 0 ? usualDomain : annotationKey.slice(0, slash);
}
