// Which Service asks us for EndpointSlices, for which network and which pods, and which asks for what cannot be?
import { parseNetworkName } from "../network/grammar/names.ts";
import { isRecord } from "../text/json.ts";
import { quoted } from "../text/quoted.ts";
import { type LabelMatch, parseLabelSelector } from "./labels.ts";

/** Annotations that we read. */
export interface NameKeys {
  /** Of Services: `vxlan.travelping.com/network`. */
  readonly network: string;
  /** Of Services: `vxlan.travelping.com/selector`. */
  readonly selector: string;
  /** Of pods: that which names their networks. */
  readonly networks: string;
  /** Type of the pod condition: its networks are ready. */
  readonly condition: string;
}

/** A port as it stands in a slice. */
export interface SlicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** The fields of a Service that are kept. */
export interface ServiceView {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly namespace: string;
  readonly name: string;
  /** Values of our annotations; absent: the Service asks for nothing. */
  readonly network?: string;
  readonly selector?: string;
  readonly type: string;
  readonly clusterIP: string;
  readonly hasSelector: boolean;
  readonly publishNotReady: boolean;
  readonly ports: readonly SlicePort[];
  /** Names of ports whose target is a name. */
  readonly namedPorts: readonly string[];
}

/** Something that users of the Service must know, as an Event. */
export interface NameProblem {
  readonly reason:
    | "VxlanServiceSelector"
    | "VxlanServiceNotHeadless"
    | "VxlanServiceInvalid"
    | "VxlanServiceNamedPort"
    | "VxlanUnknownNetwork"
    | "VxlanNoAddress";
  readonly note: string;
  /** What it is about, where the note names what comes and goes; default: the note. Told once for as long as it lasts. */
  readonly about?: string;
}

/**
 * What a Service wants of us.
 * - `none`: nothing (any more): our slices of it go.
 * - `refused`: it cannot have any, and what there is goes.
 * - `unreadable`: a slip in an annotation takes nobody out: those listed stay as long as their pods do.
 */
export type NameRequest =
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly problem: NameProblem }
  | { readonly kind: "unreadable"; readonly problem: NameProblem }
  | { readonly kind: "wanted"; readonly network: string; readonly matches: LabelMatch };

/** Keeps what is needed of a Service. Throws when it has no name. */
export function serviceView(object: unknown, keys: NameKeys): ServiceView {
  const { metadata, spec } = partsOf(object);
  const annotations = isRecord(metadata.annotations) ? metadata.annotations : {};
  const [network, selector] = [annotations[keys.network], annotations[keys.selector]];
  const ports = Array.isArray(spec.ports) ? spec.ports.filter(isRecord) : [];
  return {
    uid: textOf(metadata.uid),
    resourceVersion: textOf(metadata.resourceVersion),
    namespace: required(metadata.namespace),
    name: required(metadata.name),
    ...(typeof network === "string" && { network }),
    ...(typeof selector === "string" && { selector }),
    type: textOf(spec.type),
    clusterIP: textOf(spec.clusterIP),
    hasSelector: isRecord(spec.selector) && Object.keys(spec.selector).length > 0,
    publishNotReady: spec.publishNotReadyAddresses === true,
    ports: ports.flatMap(portOf),
    namedPorts: ports.filter(({ targetPort }) => typeof targetPort === "string").map(({ name, port }) =>
      textOf(name) || String(port)
    ),
  };
}

/** Judges a Service. */
export function nameRequest(service: ServiceView, keys: NameKeys): NameRequest {
  const { network, selector } = service;
  if (network === undefined) return { kind: "none" };
  const start = `Cannot list members of network ${quoted(network)} for the Service`;
  if (service.hasSelector) {
    return refused(
      "VxlanServiceSelector",
      `${start}: it has a selector, by which Kubernetes lists pod IPs beside them; write it into the annotation ` +
        `${keys.selector}, and create the Service anew without spec.selector (those that are listed would stay)`,
    );
  }
  if (service.type === "ExternalName" || service.clusterIP !== "None") {
    return refused(
      "VxlanServiceNotHeadless",
      `${start}: it is not headless, and its address would lead through the pods' eth0; create it anew with ` +
        "clusterIP: None",
    );
  }
  const name = parseNetworkName(network);
  if (name.kind === "fault") return unreadable(`${start}: annotation ${keys.network}: ${name.reason}`);
  if (selector === undefined) {
    return unreadable(
      `${start}: it has no annotation ${keys.selector}; write the labels of the pods into it`,
    );
  }
  const matches = parseLabelSelector(selector);
  if (matches.kind === "fault") return unreadable(`${start}: annotation ${keys.selector}: ${matches.reason}`);
  return { kind: "wanted", network, matches: matches.value };
}

/** Ports are for SRV records: a name as target may be another number in each pod, so only the port itself is listed. */
export function portProblems({ namedPorts }: ServiceView): readonly NameProblem[] {
  if (namedPorts.length === 0) return [];
  const names = namedPorts.slice(0, 10).map(quoted).join(", ");
  return [{
    reason: "VxlanServiceNamedPort",
    note:
      `Cannot look up the target of port ${names} in the pods: its own number is listed; write a number as targetPort`,
  }];
}

function portOf(port: Readonly<Record<string, unknown>>): readonly SlicePort[] {
  const number = typeof port.targetPort === "number" ? port.targetPort : port.port;
  if (typeof number !== "number") return [];
  return [{
    name: textOf(port.name),
    port: number,
    protocol: textOf(port.protocol) || "TCP",
    ...(typeof port.appProtocol === "string" && { appProtocol: port.appProtocol }),
  }];
}

function refused(reason: NameProblem["reason"], note: string): NameRequest {
  return { kind: "refused", problem: { reason, note } };
}

function unreadable(note: string): NameRequest {
  return { kind: "unreadable", problem: { reason: "VxlanServiceInvalid", note } };
}

/** metadata, spec and status of any object; empty where there is nothing usable. */
export function partsOf(object: unknown): Readonly<
  Record<"metadata" | "spec" | "status", Readonly<Record<string, unknown>>>
> {
  const part = (name: string): Readonly<Record<string, unknown>> => {
    const found = isRecord(object) ? object[name] : undefined;
    return isRecord(found) ? found : {};
  };
  return { metadata: part("metadata"), spec: part("spec"), status: part("status") };
}

/** A text, or "" for anything else. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A name of an object. Throws when there is none. */
export function required(value: unknown): string {
  if (typeof value !== "string" || value === "") throw new Error("it has no name or namespace");
  return value;
}
