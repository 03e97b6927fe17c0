// What would a thief write into each field of a pod's status? One patch a field, made from the API server's own schema.
import type { Json } from "../../contract/api_under_test.ts";

/** A merge patch of the status, and the field that it is about. */
export interface StatusPatch {
  readonly field: string;
  readonly it: string;
  readonly status: Json;
}

const podStatus = "io.k8s.api.core.v1.PodStatus";

/** Fields whose values must fit another field's, or the API server refuses the patch whoever sends it. */
const pairs: Readonly<Record<string, Json>> = {
  hostIP: { hostIP: "192.0.2.66", hostIPs: [{ ip: "192.0.2.66" }] },
  hostIPs: { hostIP: "192.0.2.66", hostIPs: [{ ip: "192.0.2.66" }, { ip: "2001:db8::66" }] },
  podIP: { podIP: "192.0.2.66", podIPs: [{ ip: "192.0.2.66" }] },
  podIPs: { podIP: "192.0.2.66", podIPs: [{ ip: "192.0.2.66" }, { ip: "2001:db8::66" }] },
};

/**
 * A write of every field that the schema has (`/openapi/v3/api/v1`), and a removal of every one that the pod shows. A
 * field that a later Kubernetes adds gets a value by its type.
 */
export function statusPatches(openapi: Json, shown: Readonly<Record<string, Json>>): readonly StatusPatch[] {
  const schemas: Readonly<Record<string, Json>> = openapi.components.schemas;
  const fields: readonly [string, Json][] = Object.entries(schemas[podStatus].properties);
  const writes = fields.map(([field, schema]) => ({
    field,
    it: `writes status.${field}`,
    status: pairs[field] ?? { [field]: valueOf(schema, { schemas, not: shown[field] }) },
  }));
  const removals = Object.keys(shown).map((field) => ({
    field,
    it: `removes status.${field}`,
    status: Object.fromEntries(Object.keys(pairs[field] ?? { [field]: null }).map((name) => [name, null])),
  }));
  return [...writes, ...removals];
}

interface Around {
  readonly schemas: Readonly<Record<string, Json>>;
  /** The value that stands there now. */
  readonly not?: Json;
}

function valueOf(schema: Json, around: Around): Json {
  const { schemas } = around;
  const inner = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (inner !== undefined) return valueOf(schemas[inner.split("/").at(-1)], around);
  if (schema.enum !== undefined) return schema.enum.find((one: string) => one !== around.not);
  // A Quantity, which may be text or number.
  if (schema.oneOf !== undefined) return "1";
  switch (schema.type) {
    case "string":
      return schema.format === "date-time" ? "2001-02-03T04:05:06Z" : "thief";
    case "integer":
    case "number":
      return 4711;
    case "boolean":
      return true;
    case "array":
      return [valueOf(schema.items, { schemas })];
    default:
      return objectOf(schema, schemas);
  }
}

function objectOf(schema: Json, schemas: Around["schemas"]): Json {
  if (schema.additionalProperties !== undefined) {
    return { memory: valueOf(schema.additionalProperties, { schemas }) };
  }
  const properties: readonly [string, Json][] = Object.entries(schema.properties ?? {});
  const required: readonly string[] = schema.required ?? properties.slice(0, 1).map(([name]) => name);
  const kept = properties.filter(([name]) => required.includes(name));
  return Object.fromEntries(kept.map(([name, one]) => [name, valueOf(one, { schemas })]));
}
