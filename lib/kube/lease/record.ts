// What does a Lease object say, and what is it to say next: reading and writing its record. Judges no time.

/** The part of a Lease that elections are about. Times are text for readers; nobody's clock is compared with them. */
export interface LeaseRecord {
  /** Identity of the holder; empty when nobody holds it. */
  readonly holder: string;
  readonly durationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  /** How often the holder has changed. */
  readonly transitions: number;
}

/** A Lease as it was last seen. */
export interface Lease {
  /** The whole object, so that what others wrote into it is sent back unharmed. */
  readonly object: Readonly<Record<string, unknown>>;
  readonly record: LeaseRecord;
}

/** Which Lease. */
export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

/** Reads an answer of the API server; undefined when it is no Lease. A spec mended by hand is read leniently. */
export function readLease(answer: unknown): Lease | undefined {
  if (!isObject(answer) || !isObject(answer["metadata"])) return undefined;
  if (typeof answer["metadata"]["resourceVersion"] !== "string") return undefined;
  const spec = isObject(answer["spec"]) ? answer["spec"] : {};
  return {
    object: answer,
    record: {
      holder: text(spec["holderIdentity"]),
      durationSeconds: count(spec["leaseDurationSeconds"]),
      acquireTime: text(spec["acquireTime"]),
      renewTime: text(spec["renewTime"]),
      transitions: count(spec["leaseTransitions"]),
    },
  };
}

/** The record with which `identity` takes or renews the Lease. */
export function heldRecord(
  before: LeaseRecord | undefined,
  { identity, durationSeconds, wall }: {
    readonly identity: string;
    readonly durationSeconds: number;
    readonly wall: Date;
  },
): LeaseRecord {
  const renewTime = microTime(wall);
  if (before === undefined) {
    return { holder: identity, durationSeconds, acquireTime: renewTime, renewTime, transitions: 0 };
  }
  const kept = before.holder === identity && before.acquireTime !== "";
  return {
    holder: identity,
    durationSeconds,
    acquireTime: kept ? before.acquireTime : renewTime,
    renewTime,
    transitions: before.transitions + (kept ? 0 : 1),
  };
}

/** The record of a holder that leaves of its own will: the next one need not wait. The form is client-go's. */
export function releasedRecord(before: LeaseRecord, wall: Date): LeaseRecord {
  const time = microTime(wall);
  return { ...before, holder: "", durationSeconds: 1, acquireTime: time, renewTime: time };
}

/** Was it left by its holder, rather than emptied by somebody else? */
export function isReleased(record: LeaseRecord): boolean {
  return record.holder === "" && record.durationSeconds === 1;
}

/** The object to send. With a Lease seen before, its resourceVersion makes the API server refuse a lost race. */
export function leaseObject(
  record: LeaseRecord,
  { lease, name }: { readonly lease: Lease | undefined; readonly name: LeaseName },
): Readonly<Record<string, unknown>> {
  const before = lease?.object ?? {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace: name.namespace, name: name.name },
  };
  const otherFields = isObject(before["spec"]) ? before["spec"] : {};
  return {
    ...before,
    spec: {
      ...otherFields,
      holderIdentity: record.holder,
      leaseDurationSeconds: record.durationSeconds,
      acquireTime: record.acquireTime,
      renewTime: record.renewTime,
      leaseTransitions: record.transitions,
    },
  };
}

/** Kubernetes' MicroTime has exactly six digits. */
function microTime(wall: Date): string {
  return wall.toISOString().replace("Z", "000Z");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
