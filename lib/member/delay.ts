// Why does a pod not get on, by what its status says: no node, an image, a crash, an init container before the agent? Pure.
import type { V1Container, V1ContainerStatus, V1Pod, V1PodCondition } from "@kubernetes/client-node";
import { cutBytes } from "../text/printable.ts";

/** What holds a pod up. */
export interface Delay {
  /** Of a container it matters only while no agent runs. */
  readonly of: "pod" | "container";
  /** Whose state it is; absent for the pod as a whole. */
  readonly container?: string;
  /** One word, Kubernetes' own where it has one: `Unschedulable`, `ErrImagePull`. */
  readonly word: string;
  /** Who waits, and what is said of it. */
  readonly text: string;
}

/** Bytes of a word, and of what others say. A part of a longer text would keep all of it in memory: these are copies. */
const [longestWord, longestText] = [40, 400];
/** UTF-16 units of it that are looked at. */
const longestRead = 4_000;

/** Undefined for a pod that runs, or has ended well. What comes first in a pod's life is told first. */
export function delayOf(pod: V1Pod): Delay | undefined {
  const found = removal(pod) ?? ending(pod) ?? scheduling(pod) ?? nodeLoss(pod) ?? containers(pod);
  return found && {
    ...found,
    word: cutBytes(found.word, longestWord),
    text: cutBytes(found.text.slice(0, longestRead), longestText),
  };
}

/** An agent runs, and lets nobody pass: why, is what the condition speaks of. */
export function isHolding(
  { word, container = "" }: Delay,
  { agent, initAgent }: { readonly agent: string; readonly initAgent: string },
): boolean {
  return word === "PodInitializing" && [agent, initAgent].includes(container);
}

function removal({ metadata, status }: V1Pod): Delay | undefined {
  const finalizers = metadata?.finalizers ?? [];
  if (metadata?.deletionTimestamp == null || finalizers.length === 0) return undefined;
  const named = finalizers.slice(0, 5).join(", ");
  const runs = status?.phase === "Running" ? "" : "; its containers have ended";
  return ofPod(
    "Terminating",
    `it was deleted, and stays until its finalizers are taken off (${named})${runs}`,
  );
}

/** Evicted, or refused by its node: then it never ran. */
function ending({ status }: V1Pod): Delay | undefined {
  if (status?.phase !== "Failed") return undefined;
  const { reason = "Failed", message } = status;
  return ofPod(reason, `it has failed${told(reason === "Failed" ? undefined : reason, message)}`);
}

function scheduling({ spec, status }: V1Pod): Delay | undefined {
  const condition = conditionOf(status?.conditions, "PodScheduled");
  if (condition?.status === "False") {
    const { reason = "Unschedulable", message } = condition;
    const gates = spec?.schedulingGates?.map(({ name }) => name).slice(0, 5).join(", ");
    const text = gates ? `it waits for its scheduling gates (${gates})` : "no node takes it";
    return ofPod(reason, `${text}${told(undefined, message)}`);
  }
  if (spec?.nodeName !== undefined || isReported(status)) return undefined;
  const name = JSON.stringify(spec?.schedulerName ?? "default-scheduler");
  return ofPod("NotScheduled", `no scheduler has looked for a node yet: its schedulerName is ${name}`);
}

/** The pod is marked as not ready from outside: its containers and gates were, when the kubelet last spoke. */
function nodeLoss({ spec, status }: V1Pod): Delay | undefined {
  const ready = conditionOf(status?.conditions, "Ready");
  const isMarked = ready?.status === "False" && ready.reason !== "ReadinessGatesNotReady" &&
    conditionOf(status?.conditions, "ContainersReady")?.status === "True";
  if (!isMarked) return undefined;
  const node = spec?.nodeName ?? "";
  return ofPod("NodeNotReady", `its node ${node} does not report any more: kubectl describe node ${node}`);
}

/** The first container that is not where it should be: the others wait for it. */
function containers({ spec, status }: V1Pod): Delay | undefined {
  const states = [...status?.initContainerStatuses ?? [], ...status?.containerStatuses ?? []];
  if (states.length === 0) {
    if (isReported(status)) return undefined;
    const node = spec?.nodeName ?? "";
    return ofPod("Pending", `its node ${node} has not begun with it: kubectl describe node ${node}`);
  }
  const stateOf = ({ name }: V1Container): V1ContainerStatus | undefined =>
    states.find((one) => one.name === name);
  for (const container of spec?.initContainers ?? []) {
    const state = stateOf(container);
    const sidecar = container.restartPolicy === "Always";
    const isDone = sidecar ? state?.started === true : state?.state?.terminated?.exitCode === 0;
    if (!isDone) {
      return late(state, { name: container.name, kind: sidecar ? "sidecar" : "init container" });
    }
  }
  for (const container of spec?.containers ?? []) {
    const state = stateOf(container);
    if (state?.state?.running == null && state?.state?.terminated?.exitCode !== 0) {
      return late(state, { name: container.name, kind: "container" });
    }
  }
  return undefined;
}

/** Words of containers before the first of them runs. */
const early: ReadonlySet<string> = new Set(["PodInitializing", "ContainerCreating"]);

function late(
  status: V1ContainerStatus | undefined,
  { name, kind }: { readonly name: string; readonly kind: string },
): Delay {
  const { waiting, running, terminated } = status?.state ?? {};
  const called = `${kind} "${name}"`;
  const because = (word: string, text: string): Delay => ({ of: "container", container: name, word, text });
  if (running != null) {
    return because("PodInitializing", `${called} runs, and the containers after it wait for it`);
  }
  if (terminated != null) {
    return because(terminated.reason ?? "Error", `${called} has ended${endText(status?.state)}`);
  }
  const { reason = "ContainerCreating", message } = waiting ?? {};
  if (early.has(reason)) {
    return because(reason, `${called} is yet to be made: its node prepares volumes, pod network and images`);
  }
  const before = status?.lastState?.terminated == null ? "" : `; it ended${endText(status.lastState)}`;
  return because(reason, `${called} waits${told(reason, message)}${before}`);
}

function endText(state: V1ContainerStatus["state"]): string {
  const { exitCode, reason, message } = state?.terminated ?? {};
  return ` with exit status ${exitCode}${told(reason, message)}`;
}

function told(reason: string | undefined, message: string | undefined): string {
  return [reason, message?.trim()].filter((part) => part !== undefined && part !== "")
    .map((part, at) => `${at === 0 && reason !== undefined ? ", " : ": "}${part}`).join("");
}

/** A node has taken it up. */
function isReported(status: V1Pod["status"]): boolean {
  return status?.podIP !== undefined || (status?.containerStatuses ?? []).length > 0;
}

function conditionOf(
  conditions: readonly V1PodCondition[] | undefined,
  type: string,
): V1PodCondition | undefined {
  return conditions?.find((one) => one.type === type);
}

function ofPod(word: string, text: string): Delay {
  return { of: "pod", word, text };
}
