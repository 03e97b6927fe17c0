// How does a slice look in the API: read as far as we write it, and written.
import { type Family, parseIp } from "../network/grammar/address.ts";
import { isRecord } from "../text/json.ts";
import type { Endpoint } from "./endpoints.ts";
import { partsOf, required, type ServiceView, textOf } from "./service.ts";
import type { SliceView } from "./slices.ts";

const serviceLabel = "kubernetes.io/service-name";
/** By this one kube-proxy leaves it alone. */
const headlessLabel = "service.kubernetes.io/headless";

/** The label by which slices are ours. */
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";

/** Reads a slice of ours. Throws when it has no name. What stands in it that we would not write is as if it were not there. */
export function sliceView(object: unknown): SliceView {
  const { metadata } = partsOf(object);
  const { addressType, endpoints, ports } = isRecord(object) ? object : {};
  const labels = isRecord(metadata.labels) ? metadata.labels : {};
  const family = addressType === "IPv4" ? 4 : addressType === "IPv6" ? 6 : undefined;
  const owners = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences.filter(isRecord) : [];
  const portList: readonly unknown[] = Array.isArray(ports) ? ports : [];
  return {
    uid: textOf(metadata.uid),
    resourceVersion: textOf(metadata.resourceVersion),
    namespace: required(metadata.namespace),
    name: required(metadata.name),
    service: textOf(labels[serviceLabel]),
    family,
    endpoints: (Array.isArray(endpoints) ? endpoints : []).flatMap(endpointIn),
    frame: frameText({
      service: textOf(labels[serviceLabel]),
      isHeadless: labels[headlessLabel] === "",
      owner: owners.map(({ uid }) => textOf(uid)).join(),
      ports: portList.filter(isRecord),
    }),
  };
}

/** The frame of a slice as it should be. */
export function wantedFrame({ name, uid, ports }: ServiceView): string {
  return frameText({
    service: name,
    isHeadless: true,
    owner: uid,
    ports: ports.map((port) => ({ ...port })),
  });
}

/** A new slice; the server makes its name. */
export function newSlice(
  service: ServiceView,
  { family, endpoints, managedBy }: {
    readonly family: Family;
    readonly endpoints: readonly Endpoint[];
    readonly managedBy: string;
  },
): Readonly<Record<string, unknown>> {
  const { metadata, ...rest } = sliceContents(service, endpoints);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: `${service.name.slice(0, 200)}-`,
      namespace: service.namespace,
      ...metadata,
      labels: { ...metadata.labels, [managedByLabel]: managedBy },
    },
    addressType: `IPv${family}`,
    ...rest,
  };
}

/** What a merge patch of an older slice says: labels of others stay. */
export function sliceContents(service: ServiceView, endpoints: readonly Endpoint[]): {
  readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly ownerReferences: unknown };
  readonly endpoints: unknown;
  readonly ports: unknown;
} {
  const { namespace, name, uid } = service;
  return {
    metadata: {
      labels: { [serviceLabel]: name, [headlessLabel]: "" },
      // Not blockOwnerDeletion: it takes a right on the Service's finalizers, and nothing is to wait for the slice.
      ownerReferences: [{ apiVersion: "v1", kind: "Service", name, uid, controller: true }],
    },
    endpoints: endpoints.map((endpoint) => ({
      addresses: [endpoint.address],
      conditions: {
        ready: endpoint.ready,
        serving: endpoint.serving,
        terminating: endpoint.terminating,
      },
      ...(endpoint.hostname !== undefined && { hostname: endpoint.hostname }),
      ...(endpoint.node !== undefined && { nodeName: endpoint.node }),
      targetRef: { kind: "Pod", namespace, name: endpoint.pod, uid: endpoint.uid },
    })),
    ports: service.ports,
  };
}

/** One endpoint for each address: what we write has one only. */
function endpointIn(value: unknown): readonly Endpoint[] {
  if (!isRecord(value)) return [];
  const addresses: readonly unknown[] = Array.isArray(value.addresses) ? value.addresses : [];
  const target = isRecord(value.targetRef) ? value.targetRef : {};
  const conditions = isRecord(value.conditions) ? value.conditions : {};
  const { hostname, nodeName } = value;
  return addresses.flatMap((text) => {
    const ip = parseIp(textOf(text));
    return ip === undefined ? [] : [{
      ...ip,
      uid: textOf(target.uid),
      pod: textOf(target.name),
      ...(typeof hostname === "string" && { hostname }),
      ...(typeof nodeName === "string" && { node: nodeName }),
      ready: conditions.ready === true,
      serving: conditions.serving === true,
      terminating: conditions.terminating === true,
    }];
  });
}

function frameText(frame: {
  readonly service: string;
  readonly isHeadless: boolean;
  readonly owner: string;
  readonly ports: readonly Readonly<Record<string, unknown>>[];
}): string {
  const ports = frame.ports.map(({ name, port, protocol, appProtocol }) => [
    name ?? "",
    port,
    protocol,
    appProtocol,
  ]);
  return JSON.stringify([frame.service, frame.isHeadless, frame.owner, ports]);
}
