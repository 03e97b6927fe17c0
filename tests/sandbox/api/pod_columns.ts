// What do the columns READY, STATUS, RESTARTS and the rest say of a pod, in kubectl's words?
import { field, type KubeObject, listField, textField } from "../store/kube_object.ts";
import type { Column } from "./tables.ts";

/** The columns between NAME and AGE. */
export const podColumns: readonly Column[] = [
  { name: "Ready", cell: ready },
  { name: "Status", cell: statusWord },
  { name: "Restarts", cell: restarts },
  { name: "IP", wide: true, cell: (pod) => textField(field(pod, "status"), "podIP") || "<none>" },
  { name: "Node", wide: true, cell: (pod) => textField(field(pod, "spec"), "nodeName") || "<none>" },
];

function sidecarsOf(pod: KubeObject): ReadonlySet<string> {
  const sidecars = listField(field(pod, "spec"), "initContainers")
    .filter((one) => textField(one, "restartPolicy") === "Always");
  return new Set(sidecars.map((one) => textField(one, "name")));
}

function ready(pod: KubeObject): string {
  const sidecars = sidecarsOf(pod);
  const status = field(pod, "status");
  const counted = [
    ...listField(status, "initContainerStatuses").filter((one) => sidecars.has(textField(one, "name"))),
    ...listField(status, "containerStatuses"),
  ];
  const total = sidecars.size + listField(field(pod, "spec"), "containers").length;
  return `${counted.filter((one) => field(one, "ready") === true).length}/${total}`;
}

function restarts(pod: KubeObject): number {
  const status = field(pod, "status");
  return [...listField(status, "initContainerStatuses"), ...listField(status, "containerStatuses")]
    .reduce<number>((sum, one) => sum + Number(field(one, "restartCount") ?? 0), 0);
}

/** `Init:0/1`, `PodInitializing`, `Running`, `Completed`, `Error`, `Terminating`, … */
function statusWord(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return "Terminating";
  const status = field(pod, "status");
  const initial = listField(status, "initContainerStatuses");
  const total = listField(field(pod, "spec"), "initContainers").length;
  const done = initial.filter((one) => isDone(one, sidecarsOf(pod))).length;
  const main = listField(status, "containerStatuses");
  const phase = textField(status, "phase");
  if (phase === "Pending" && done < total) return initWord(initial, `${done}/${total}`);
  const reasons = main.map(reasonOf).filter((reason) => reason !== "");
  return reasons.at(-1) ?? (main.some(isRunning) ? "Running" : phase);
}

/** An init container that lets the next one begin: ended well, or a sidecar that has started. */
function isDone(status: unknown, sidecars: ReadonlySet<string>): boolean {
  const started = sidecars.has(textField(status, "name")) && isRunning(status) &&
    field(status, "started") === true;
  return started || exitCode(status) === 0;
}

function initWord(statuses: readonly unknown[], progress: string): string {
  const failed = statuses.find((one) => (exitCode(one) ?? 0) !== 0 || reasonOf(one).includes("Error"));
  const waiting = statuses.map((one) => textField(field(field(one, "state"), "waiting"), "reason"))
    .find((reason) => reason !== "" && reason !== "PodInitializing");
  if (waiting !== undefined) return `Init:${waiting}`;
  return failed === undefined ? `Init:${progress}` : "Init:Error";
}

function reasonOf(status: unknown): string {
  const state = field(status, "state");
  return textField(field(state, "waiting"), "reason") || textField(field(state, "terminated"), "reason");
}

function exitCode(status: unknown): number | undefined {
  const code = field(field(field(status, "state"), "terminated"), "exitCode");
  return typeof code === "number" ? code : undefined;
}

function isRunning(status: unknown): boolean {
  return field(field(status, "state"), "running") !== undefined;
}
