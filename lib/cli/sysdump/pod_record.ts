// What of a pod goes into an archive: what networks depend on. Values that may be secrets of others do not. Pure.
import { statusAnnotation } from "../../member/current_status.ts";
import { isRecord, listAt, recordAt } from "../../text/json.ts";

type AnyRecord = Readonly<Record<string, unknown>>;

/** What is ours in a pod, and so goes in as it is. */
export interface Ours {
  readonly annotationKey: string;
  /** Names of agents and of the controller's container. */
  readonly containers: readonly string[];
}

/** Stands for a value that is not shown. */
export const redacted = "[redacted]";

/** The fields that are named here, and no others. */
export function podRecord(pod: AnyRecord, ours: Ours): AnyRecord {
  const metadata = recordAt(pod, "metadata");
  const spec = recordAt(pod, "spec");
  const status = recordAt(pod, "status");
  const containers = (key: string): AnyRecord => ({
    [key]: listAt(spec, key).map((one) => containerRecord(one, ours)),
  });
  const states = (key: string): AnyRecord => ({
    [key]: listAt(status, key).map((one) => stateRecord(one, ours)),
  });
  return {
    metadata: {
      ...pick(metadata, [
        ...["namespace", "name", "uid", "labels", "ownerReferences"],
        ...["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"],
      ]),
      annotations: annotationsOf(recordAt(metadata, "annotations"), ours),
    },
    spec: {
      ...pick(spec, [
        ...[
          "nodeName",
          "hostNetwork",
          "hostUsers",
          "shareProcessNamespace",
          "securityContext",
          "restartPolicy",
        ],
        ...["serviceAccountName", "priorityClassName", "readinessGates", "runtimeClassName"],
        ...["terminationGracePeriodSeconds"],
      ]),
      ...containers("initContainers"),
      ...containers("containers"),
    },
    status: {
      ...pick(status, [
        ...["phase", "reason", "message", "conditions", "hostIP", "podIP", "podIPs", "startTime", "qosClass"],
      ]),
      ...states("initContainerStatuses"),
      ...states("containerStatuses"),
    },
  };
}

function annotationsOf(annotations: AnyRecord, { annotationKey }: Ours): AnyRecord {
  const own = [annotationKey, statusAnnotation(annotationKey)];
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [key, own.includes(key) ? value : redacted]),
  );
}

function containerRecord(container: AnyRecord, ours: Ours): AnyRecord {
  const isOurs = ours.containers.includes(String(container["name"]));
  const { command, args } = container;
  return {
    ...pick(container, ["name", "image", "restartPolicy", "securityContext", "ports", "resources"]),
    ...command === undefined ? {} : { command: isOurs ? command : redacted },
    ...args === undefined ? {} : { args: isOurs ? args : redacted },
    // Probes may name commands and headers, so only those of agents.
    ...isOurs ? pick(container, ["startupProbe", "livenessProbe", "readinessProbe"]) : {},
    env: listAt(container, "env").map(({ name, value }) => ({
      name,
      value: isOurs && /^KVC_(?!TOKEN$)/.test(String(name)) ? value : redacted,
    })),
  };
}

function stateRecord(state: AnyRecord, ours: Ours): AnyRecord {
  const shown = pick(state, [
    ...["name", "image", "imageID", "containerID", "ready", "started", "restartCount"],
  ]);
  const ended = (key: string): AnyRecord => {
    const { terminated, ...other } = recordAt(state, key);
    if (!isRecord(terminated)) return { [key]: other };
    // A program writes that message itself.
    const isOurs = ours.containers.includes(String(state["name"]));
    const message = terminated["message"] === undefined || isOurs ? {} : { message: redacted };
    return { [key]: { ...other, terminated: { ...terminated, ...message } } };
  };
  return { ...shown, ...ended("state"), ...ended("lastState") };
}

function pick(record: AnyRecord, keys: readonly string[]): AnyRecord {
  return Object.fromEntries(keys.flatMap((key) => record[key] === undefined ? [] : [[key, record[key]]]));
}
