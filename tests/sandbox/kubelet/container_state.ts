// What is to be told about a container? Its state, and the status that the API shows of it.
import type { ContainerSpec } from "./pod_spec.ts";
import { timestamp } from "../store/timestamp.ts";

/** What a container is doing. */
export type ContainerState =
  | { readonly kind: "waiting"; readonly reason: string }
  | { readonly kind: "running"; readonly id: string; readonly startedAt: string; readonly started: boolean }
  | { readonly kind: "terminated"; readonly id: string; readonly code: number; readonly finishedAt: string };

/** One container with its history. */
export interface ContainerRecord {
  readonly spec: ContainerSpec;
  readonly state: ContainerState;
  readonly restarts: number;
  /** The state before the last restart. */
  readonly last?: ContainerState;
}

/** Before anything has happened. */
export function newRecord(spec: ContainerSpec): ContainerRecord {
  return { spec, state: { kind: "waiting", reason: "PodInitializing" }, restarts: 0 };
}

/** A container that has just started. */
export function runningState(spec: ContainerSpec, id: string): ContainerState {
  return { kind: "running", id, startedAt: timestamp(), started: spec.startupProbe === undefined };
}

/** True when the container counts as ready. */
export function isReady({ spec, state }: ContainerRecord): boolean {
  if (spec.init && !spec.sidecar) return state.kind === "terminated" && state.code === 0;
  return state.kind === "running" && state.started;
}

/** The status as the API shows it. */
export function statusOf(record: ContainerRecord): Record<string, unknown> {
  const { spec, state, last, restarts } = record;
  const id = state.kind === "waiting" ? last?.kind === "terminated" ? last.id : "" : state.id;
  return {
    name: spec.name,
    image: spec.image,
    imageID: id === "" ? "" : `sandbox/${spec.image}`,
    ...(id === "" ? {} : { containerID: `containerd://${id}` }),
    restartCount: restarts,
    ready: isReady(record),
    started: state.kind === "running" && state.started,
    state: stateObject(state),
    lastState: last === undefined ? {} : stateObject(last),
  };
}

function stateObject(state: ContainerState): Record<string, unknown> {
  switch (state.kind) {
    case "waiting":
      return { waiting: { reason: state.reason } };
    case "running":
      return { running: { startedAt: state.startedAt } };
    case "terminated":
      return {
        terminated: {
          exitCode: state.code,
          reason: state.code === 0 ? "Completed" : "Error",
          finishedAt: state.finishedAt,
          containerID: `containerd://${state.id}`,
        },
      };
    default:
      return state satisfies never;
  }
}
