// How does the API server say no? Status objects with the codes, reasons and words of the real one.

/** An error that a request ends with. */
export class StatusError extends Error {
  override name = "StatusError";
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly extra: { readonly details?: unknown; readonly retryAfterSeconds?: number } = {},
  ) {
    super(message);
  }
}

/** The Status object of an error, as it goes into an HTTP body or an ERROR event of a watch. */
export function statusBody(error: StatusError): Record<string, unknown> {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: error.message,
    reason: error.reason,
    ...(error.extra.details === undefined ? {} : { details: error.extra.details }),
    code: error.code,
  };
}

/** The HTTP answer of an error. */
export function statusResponse(error: StatusError): Response {
  const headers = new Headers({ "content-type": "application/json" });
  const wait = error.extra.retryAfterSeconds;
  if (wait !== undefined) headers.set("retry-after", String(wait));
  return new Response(JSON.stringify(statusBody(error)) + "\n", { status: error.code, headers });
}

/** Any error as a StatusError; what is none becomes a 500 that carries its message. */
export function asStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`);
}

/** 400. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

/** 401. */
export function unauthorized(): StatusError {
  return new StatusError(401, "Unauthorized", "Unauthorized");
}

/** What a Status calls a resource. */
export interface ResourceNames {
  /** "" for the core group. */
  readonly group: string;
  readonly plural: string;
}

/** 404 for one object. */
export function notFound(resource: ResourceNames, name: string): StatusError {
  return new StatusError(404, "NotFound", `${fullName(resource)} "${name}" not found`, {
    details: detailsOf(resource, name),
  });
}

/** 404 for a path that the sandbox does not know: says so, lest somebody looks for the fault in their own code. */
export function notServed(path: string): StatusError {
  return new StatusError(
    404,
    "NotFound",
    `not served by the sandbox: ${path} (it has pods, configmaps, events, leases and namespaces only)`,
  );
}

/** 405 for a method that the sandbox does not know on a path. */
export function methodNotServed(method: string, path: string): StatusError {
  return new StatusError(405, "MethodNotAllowed", `not served by the sandbox: ${method} ${path}`);
}

/** 409 on create. */
export function alreadyExists(resource: ResourceNames, name: string): StatusError {
  return new StatusError(409, "AlreadyExists", `${fullName(resource)} "${name}" already exists`, {
    details: detailsOf(resource, name),
  });
}

/** 409 on a write with an old resourceVersion, or with another uid than asked for. */
export function conflict(resource: ResourceNames, name: string, why?: string): StatusError {
  const text = why ??
    "the object has been modified; please apply your changes to the latest version and try again";
  const message = `Operation cannot be fulfilled on ${fullName(resource)} "${name}": ${text}`;
  return new StatusError(409, "Conflict", message, { details: detailsOf(resource, name) });
}

/** 410: a version that is no longer in the window. */
export function gone(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

/** 415. */
export function unsupportedMediaType(found: string): StatusError {
  return new StatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format: ${found}`,
  );
}

/** 422. */
export function invalid(message: string): StatusError {
  return new StatusError(422, "Invalid", message);
}

/** 504: a version from the future, as after an etcd restore. */
export function versionTooLarge(asked: string, current: number): StatusError {
  return new StatusError(504, "Timeout", `Too large resource version: ${asked}, current: ${current}`, {
    details: { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }] },
    retryAfterSeconds: 1,
  });
}

/** `pods`, `leases.coordination.k8s.io`. */
function fullName({ group, plural }: ResourceNames): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function detailsOf({ group, plural }: ResourceNames, name: string): Record<string, string> {
  return { name, ...(group === "" ? {} : { group }), kind: plural };
}
