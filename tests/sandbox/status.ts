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

/** 404 for one object. */
export function notFound(resource: string, name: string): StatusError {
  return new StatusError(404, "NotFound", `${resource} "${name}" not found`, {
    details: { name, kind: resource },
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
export function alreadyExists(resource: string, name: string): StatusError {
  return new StatusError(409, "AlreadyExists", `${resource} "${name}" already exists`, {
    details: { name, kind: resource },
  });
}

/** 409 on a write with an old resourceVersion, or with another uid than asked for. */
export function conflict(resource: string, name: string, why?: string): StatusError {
  const text = why ??
    "the object has been modified; please apply your changes to the latest version and try again";
  return new StatusError(409, "Conflict", `Operation cannot be fulfilled on ${resource} "${name}": ${text}`, {
    details: { name, kind: resource },
  });
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
