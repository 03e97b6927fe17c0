// How do the API server and the kubelet tell what came of an exec?
import type { ExecFault } from "../faults/faults.ts";
import { statusBody, StatusError } from "../api/status.ts";

/** The error of a fault that refuses an exec. */
export function refusal(fault: ExecFault & { readonly kind: "refuse" }): StatusError {
  const { code, message } = fault;
  const reasons: Record<number, string> = {
    401: "Unauthorized",
    403: "Forbidden",
    422: "Invalid",
    429: "TooManyRequests",
  };
  return new StatusError(
    code,
    reasons[code] ?? "InternalError",
    message ?? "refused by a fault of the sandbox",
  );
}

/**
 * What comes when a command cannot be started, because there is no such program or (undefined) because it is empty:
 * kubelet's, containerd's and runc's words, as measured on 1.36.3.
 */
export function startFailure(program: string | undefined, containerId: string): unknown {
  const why = program === undefined
    ? "args must not be empty"
    : `unable to start container process: exec: ${
      JSON.stringify(program)
    }: executable file not found in $PATH`;
  const message =
    "Internal error occurred: error executing command in container: failed to exec in container: " +
    `failed to start exec "${containerId}": OCI runtime exec failed: exec failed: ${why}: unknown`;
  const details = { causes: [{ message }] };
  const error = new StatusError(500, "InternalError", `Internal error occurred: ${message}`, { details });
  const { kind: _kind, apiVersion: _version, ...rest } = statusBody(error);
  return rest;
}

/** What the API server says of a command's end. */
export function exitStatus(code: number): unknown {
  if (code === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}
