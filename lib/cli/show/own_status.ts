// What does a pod say of its networks itself: its annotation with their state and its condition, as people read them. Pure.
import type { V1Pod } from "@kubernetes/client-node";
import { conditionType, networksReady, statusAnnotation } from "../../member/current_status.ts";
import { delayOf, isHolding } from "../../member/delay.ts";
import type { MembershipSettings } from "../../member/member.ts";
import { defined } from "../../text/defined.ts";
import { isRecord } from "../../text/json.ts";

/** One network as the annotation has it. */
export interface OwnNetwork {
  readonly name: string;
  readonly interfaceName?: string;
  readonly vni?: number;
  readonly addresses: readonly string[];
  readonly error?: string;
}

/** A pod by what stands on it. Everything was written by others: it is made harmless where it is printed. */
export interface OwnStatus {
  readonly namespace: string;
  readonly name: string;
  readonly podIP?: string;
  readonly networks: readonly OwnNetwork[];
  /** One sentence each; empty when the condition says that all is well. */
  readonly problems: readonly string[];
}

/** Reads it. What cannot be read is a problem, like what is not there: nothing of it counts as well. */
export function ownStatus(pod: V1Pod, settings: MembershipSettings): OwnStatus {
  const { annotationKey } = settings;
  const { networks, unread } = networksOf(pod, annotationKey);
  const errors = networks.flatMap(({ name, error }) =>
    error === undefined ? [] : [`network ${name}: ${error}`]
  );
  const podIP = pod.status?.podIP;
  return {
    namespace: pod.metadata?.namespace ?? "",
    name: pod.metadata?.name ?? "",
    ...defined({ podIP }),
    networks,
    problems: [
      ...unread,
      ...errors,
      ...conditionProblems(pod, annotationKey),
      ...delayProblems(pod, settings),
    ],
  };
}

/** What holds it up, until all is well; that its agent runs and lets nobody pass is what the condition speaks of. */
function delayProblems(pod: V1Pod, settings: MembershipSettings): readonly string[] {
  const delay = delayOf(pod);
  if (delay === undefined) return [];
  const isWell = conditionProblems(pod, settings.annotationKey).length === 0;
  return delay.of === "container" && (isHolding(delay, settings) || isWell) ? [] : [delay.text];
}

function networksOf(
  pod: V1Pod,
  annotationKey: string,
): { readonly networks: readonly OwnNetwork[]; readonly unread: readonly string[] } {
  const key = statusAnnotation(annotationKey);
  const text = pod.metadata?.annotations?.[key];
  if (text === undefined) return { networks: [], unread: [] };
  const list = listIn(text);
  if (list === undefined) return { networks: [], unread: [`annotation ${key} is no list of networks`] };
  return { networks: list.map(networkOf), unread: [] };
}

function listIn(text: string): readonly Readonly<Record<string, unknown>>[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every(isRecord) ? value : undefined;
  } catch {
    return undefined;
  }
}

function networkOf(entry: Readonly<Record<string, unknown>>): OwnNetwork {
  const { name, interface: device, vni, ips, error } = entry;
  return {
    name: String(name ?? "(no name)"),
    ...(typeof device === "string" && { interfaceName: device }),
    ...(typeof vni === "number" && { vni }),
    addresses: Array.isArray(ips) ? ips.map(String) : [],
    ...(typeof error === "string" && { error }),
  };
}

function conditionProblems(pod: V1Pod, annotationKey: string): readonly string[] {
  const type = conditionType(annotationKey);
  const condition = pod.status?.conditions?.find((each) => each.type === type);
  if (condition === undefined) {
    return [`there is no condition ${type}: no controller has judged the pod, or it writes none (--status)`];
  }
  const { status, reason = "no reason", message = "" } = condition;
  // True with another reason is a problem that stops nothing, such as an address that two pods share.
  return status === "True" && reason === networksReady
    ? []
    : [`condition ${type} is ${status}, ${reason}${message === "" ? "" : `: ${message}`}`];
}
