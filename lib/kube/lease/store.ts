// How a Lease is read from and written to the API server, where losing a race is an answer and not an error.
import { inNamespace } from "../api/path.ts";
import { type ApiClient, ApiError, statusOf } from "../api/client.ts";
import { type Lease, type LeaseName, leaseObject, type LeaseRecord, readLease } from "./record.ts";

/** What came of a write: the Lease as it is now, or somebody else was faster (or deleted it): look again. */
export type LeaseWrite = { readonly kind: "written"; readonly lease: Lease } | { readonly kind: "outrun" };

export interface LeaseRequestOptions {
  /** Milliseconds. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

/** One Lease at the API server. Both throw ApiError for everything but what their results say. */
export interface LeaseStore {
  /** Undefined: there is none. */
  read(options: LeaseRequestOptions): Promise<Lease | undefined>;
  /** Creates it when `lease` is undefined, else replaces exactly the version seen. */
  write(record: LeaseRecord, options: LeaseRequestOptions & { readonly lease: Lease | undefined }): Promise<
    LeaseWrite
  >;
}

export function createLeaseStore(client: ApiClient, name: LeaseName): LeaseStore {
  const collection = `/apis/coordination.k8s.io/v1${inNamespace(name.namespace)}/leases`;
  const path = `${collection}/${encodeURIComponent(name.name)}`;
  const quoted = `Lease "${name.namespace}/${name.name}"`;

  return {
    read: async (options) => {
      try {
        const answer = await client.json({ method: "GET", path, purpose: `get ${quoted}`, ...options });
        return understood(answer, `get ${quoted}`);
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    write: async (record, { lease, ...options }) => {
      const purpose = `${lease === undefined ? "create" : "update"} ${quoted}`;
      const target = lease === undefined
        ? { method: "POST", path: collection } as const
        : { method: "PUT", path } as const;
      const body = leaseObject(record, { lease, name });
      try {
        const answer = await client.json({
          ...target,
          ...options,
          purpose,
          body,
          contentType: "application/json",
        });
        return { kind: "written", lease: understood(answer, purpose) };
      } catch (error) {
        if (statusOf(error) === 409) return { kind: "outrun" };
        if (statusOf(error) === 404 && lease !== undefined) return { kind: "outrun" };
        throw error;
      }
    },
  };
}

function understood(answer: unknown, purpose: string): Lease {
  const lease = readLease(answer);
  if (lease !== undefined) return lease;
  const reason = "the answer is no Lease";
  throw new ApiError({ kind: "malformed", reason }, `Cannot ${purpose}: ${reason}.`);
}
