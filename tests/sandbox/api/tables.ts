// What does kubectl print? Objects as the Table that it asks the server for.
import { field, type KubeObject, textField } from "../store/kube_object.ts";
import { podColumns } from "./pod_columns.ts";
import {
  configMaps,
  coreEvents,
  leases,
  namespaces,
  newEvents,
  pods,
  type ResourceType,
} from "./resources.ts";
import type { View } from "./views.ts";

/** One column: its heading, and what an object has there. `wide` ones show with `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly wide?: boolean;
  readonly cell: (object: KubeObject) => string | number;
}

const nameColumn: Column = { name: "Name", cell: (object) => object.metadata.name };
const ageColumn: Column = { name: "Age", cell: (object) => age(object.metadata.creationTimestamp) };

const columnsOf: ReadonlyMap<ResourceType, readonly Column[]> = new Map([
  [pods, [
    nameColumn,
    ...podColumns.filter((column) => column.wide !== true),
    ageColumn,
    ...podColumns.filter((column) => column.wide === true),
  ]],
  [configMaps, [
    nameColumn,
    { name: "Data", cell: (object) => Object.keys(field(object, "data") ?? {}).length },
    ageColumn,
  ]],
  [namespaces, [
    nameColumn,
    { name: "Status", cell: (object) => textField(field(object, "status"), "phase") },
    ageColumn,
  ]],
  [leases, [
    nameColumn,
    { name: "Holder", cell: (object) => textField(field(object, "spec"), "holderIdentity") },
    ageColumn,
  ]],
  [coreEvents, eventColumns("involvedObject", "message")],
  [newEvents, eventColumns("regarding", "note")],
]);

function eventColumns(about: string, text: string): readonly Column[] {
  return [
    { name: "Last Seen", cell: (object) => age(textField(object, "lastTimestamp")) },
    { name: "Type", cell: (object) => textField(object, "type") },
    { name: "Reason", cell: (object) => textField(object, "reason") },
    { name: "Object", cell: (object) => objectName(field(object, about)) },
    { name: "Message", cell: (object) => textField(object, text) },
  ];
}

function objectName(reference: unknown): string {
  return `${textField(reference, "kind").toLowerCase()}/${textField(reference, "name")}`;
}

/** True when a request's Accept header asks for tables. */
export function wantsTable(accept: string): boolean {
  return accept.split(",").some((part) => part.includes("as=Table") && part.includes("v=v1;"));
}

/** Objects of a resource as Tables. */
export function tableView(resource: ResourceType): View {
  const columns = columnsOf.get(resource) ?? [nameColumn, ageColumn];
  const table = (objects: readonly KubeObject[], metadata: unknown): unknown => ({
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns.map(({ name, wide }) => ({
      name,
      type: "string",
      format: name === "Name" ? "name" : "",
      description: "",
      priority: wide === true ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object)),
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata },
    })),
  });
  return {
    one: (object) => table([object], { resourceVersion: object.metadata.resourceVersion }),
    many: table,
    bookmark: (metadata) => table([], metadata),
  };
}

/** Whole units since a timestamp, as kubectl prints them: `42s`, `5m`, `3h`, `2d`. */
function age(timestamp: string): string {
  const seconds = Math.floor((Date.now() - Date.parse(timestamp)) / 1000);
  if (Number.isNaN(seconds)) return "<unknown>";
  const units = [["d", 86400], ["h", 3600], ["m", 60]] as const;
  const unit = units.find(([, size]) => seconds >= 2 * size);
  return unit === undefined ? `${seconds}s` : `${Math.floor(seconds / unit[1])}${unit[0]}`;
}
