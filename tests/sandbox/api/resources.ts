// Which resources does the sandbox serve, and under which names?

/** One kind of object that is served. */
export interface ResourceType {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly subresources: readonly string[];
  /** Field selectors that are understood; others are refused as the real server refuses them. */
  readonly selectableFields: readonly string[];
}

const always = ["metadata.name", "metadata.namespace"];
const common = { version: "v1", group: "", namespaced: true, shortNames: [], subresources: [] };

/** Pods, with status and exec. */
export const pods: ResourceType = {
  ...common,
  plural: "pods",
  singular: "pod",
  kind: "Pod",
  shortNames: ["po"],
  subresources: ["status", "exec"],
  selectableFields: [...always, "spec.nodeName", "status.phase", "status.podIP", "spec.restartPolicy"],
};

/** ConfigMaps. */
export const configMaps: ResourceType = {
  ...common,
  plural: "configmaps",
  singular: "configmap",
  kind: "ConfigMap",
  shortNames: ["cm"],
  selectableFields: always,
};

/** Events of the core group: the form in which both kinds of Events are kept. */
export const coreEvents: ResourceType = {
  ...common,
  plural: "events",
  singular: "event",
  kind: "Event",
  shortNames: ["ev"],
  selectableFields: [
    ...always,
    ...["kind", "namespace", "name", "uid", "apiVersion", "fieldPath"].map((name) =>
      `involvedObject.${name}`
    ),
    "reason",
    "type",
    "reportingComponent",
  ],
};

/** Events of events.k8s.io: another view of the core ones. */
export const newEvents: ResourceType = {
  ...coreEvents,
  group: "events.k8s.io",
  selectableFields: [
    ...always,
    ...["kind", "namespace", "name", "uid", "apiVersion", "fieldPath"].map((name) => `regarding.${name}`),
    "reason",
    "type",
  ],
};

/** Leases. */
export const leases: ResourceType = {
  ...common,
  group: "coordination.k8s.io",
  plural: "leases",
  singular: "lease",
  kind: "Lease",
  selectableFields: always,
};

/** Services: objects only, nobody serves them. */
export const services: ResourceType = {
  ...common,
  plural: "services",
  singular: "service",
  kind: "Service",
  shortNames: ["svc"],
  subresources: ["status"],
  selectableFields: [...always, "spec.clusterIP", "spec.type"],
};

/** EndpointSlices. */
export const endpointSlices: ResourceType = {
  ...common,
  group: "discovery.k8s.io",
  plural: "endpointslices",
  singular: "endpointslice",
  kind: "EndpointSlice",
  selectableFields: always,
};

/** Namespaces. */
export const namespaces: ResourceType = {
  ...common,
  plural: "namespaces",
  singular: "namespace",
  kind: "Namespace",
  shortNames: ["ns"],
  namespaced: false,
  selectableFields: [...always, "status.phase"],
};

/** Everything, in the order in which discovery lists it. */
export const allResources: readonly ResourceType[] = [
  configMaps,
  coreEvents,
  namespaces,
  pods,
  services,
  newEvents,
  leases,
  endpointSlices,
];

/** `v1`, `coordination.k8s.io/v1`. */
export function apiVersionOf(resource: ResourceType): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** The resource that an object's apiVersion and kind name, if it is served. */
export function resourceOf(object: { readonly apiVersion: string; readonly kind: string }):
  | ResourceType
  | undefined {
  return allResources.find((one) => one.kind === object.kind && apiVersionOf(one) === object.apiVersion);
}
