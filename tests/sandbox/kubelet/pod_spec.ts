// What does a pod's spec ask of the kubelet?
import type { ContainerMain } from "./data_plane.ts";
import { field, isJsonObject, type KubeObject, listField, textField } from "../store/kube_object.ts";

/** A startup probe of kind exec. Times in ms. */
export interface StartupProbe {
  readonly command: readonly string[];
  readonly period: number;
  readonly initialDelay: number;
  readonly failureThreshold: number;
}

/** One container. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly main: ContainerMain;
  readonly init: boolean;
  /** An init container with restartPolicy Always. */
  readonly sidecar: boolean;
  readonly startupProbe?: StartupProbe;
}

/** What the kubelet reads of a pod. */
export interface PodSpec {
  readonly initContainers: readonly ContainerSpec[];
  readonly containers: readonly ContainerSpec[];
  readonly restartPolicy: string;
  readonly hostNetwork: boolean;
  readonly readinessGates: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
}

/** Reads a pod's spec. */
export function podSpecOf(pod: KubeObject): PodSpec {
  const spec = field(pod, "spec");
  const sysctls = listField(field(spec, "securityContext"), "sysctls")
    .map((one) => [textField(one, "name"), textField(one, "value")]);
  return {
    initContainers: listField(spec, "initContainers").map((one) => containerSpec(one, true)),
    containers: listField(spec, "containers").map((one) => containerSpec(one, false)),
    restartPolicy: textField(spec, "restartPolicy"),
    hostNetwork: field(spec, "hostNetwork") === true,
    readinessGates: listField(spec, "readinessGates").map((one) => textField(one, "conditionType")),
    sysctls: Object.fromEntries(sysctls),
  };
}

function containerSpec(value: unknown, init: boolean): ContainerSpec {
  const probe = field(value, "startupProbe");
  return {
    name: textField(value, "name"),
    image: textField(value, "image"),
    main: mainOf(value),
    init,
    sidecar: init && textField(value, "restartPolicy") === "Always",
    ...(isJsonObject(probe) ? { startupProbe: startupProbe(probe) } : {}),
  };
}

/**
 * What an image does here. A `command` runs as it is given; the agent's image with tag `old` is an agent of old, with a
 * version it is ours, with our program, and without a tag it is the seed's; every other image waits and exits on TERM.
 */
function mainOf(container: unknown): ContainerMain {
  const argv = [...texts(container, "command"), ...texts(container, "args")];
  if (argv.length > 0) return { kind: "command", argv };
  const tag = /kube-vxlan-controller-agent:(.+)$/.exec(textField(container, "image"))?.[1];
  if (tag === "old") return { kind: "old-agent" };
  return { kind: tag !== undefined && /^\d/.test(tag) ? "agent" : "pause" };
}

function startupProbe(probe: unknown): StartupProbe {
  return {
    command: texts(field(probe, "exec"), "command"),
    period: 1000 * numberOr(field(probe, "periodSeconds"), 10),
    initialDelay: 1000 * numberOr(field(probe, "initialDelaySeconds"), 0),
    failureThreshold: numberOr(field(probe, "failureThreshold"), 3),
  };
}

function texts(value: unknown, name: string): readonly string[] {
  return listField(value, name).filter((one) => typeof one === "string");
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
