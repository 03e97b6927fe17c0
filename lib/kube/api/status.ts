// What does an error answer of the API server say, and what can a person do about it? Pure.
import type { ApiFailure } from "./client.ts";
import type { Connection } from "../config/connection.ts";
import { defined } from "../../text/defined.ts";

/** Longest message that is kept of what a server says, in characters. */
const messageLimit = 1000;

/** Reads an error answer: a Status object as JSON, or whatever a proxy in between has written. */
export function failureOfStatus(
  answer: { readonly status: number; readonly retryAfter: string; readonly body: string },
): ApiFailure & { readonly kind: "status" } {
  const status = parseStatus(answer.body);
  const plain = answer.body.trim() === "" ? "" : JSON.stringify(answer.body.trim().slice(0, messageLimit));
  const retryAfter = milliseconds(answer.retryAfter) ?? status.retryAfter;
  return {
    kind: "status",
    status: answer.status,
    reason: status.reason,
    message: (status.message || plain).slice(0, messageLimit),
    ...defined({ retryAfter }),
  };
}

/** The parts of a Status object that are used; empty texts where there are none. Takes any value. */
export function readStatus(value: unknown): {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfter?: number;
  /** Reasons of the causes, such as "ResourceVersionTooLarge". */
  readonly causes: readonly string[];
} {
  const status = record(value);
  const details = record(status.details);
  const seconds = typeof details.retryAfterSeconds === "number" ? details.retryAfterSeconds : 0;
  const causes = Array.isArray(details.causes) ? details.causes : [];
  return {
    code: typeof status.code === "number" ? status.code : 0,
    reason: typeof status.reason === "string" ? status.reason.slice(0, 100) : "",
    message: typeof status.message === "string" ? status.message.slice(0, messageLimit) : "",
    causes: causes.map((cause) => String(record(cause).reason ?? "")),
    ...(seconds > 0 ? { retryAfter: seconds * 1000 } : {}),
  };
}

/** The sentence for people: what was tried, at which server, what came, and what to do where that is known. */
export function failureMessage(
  failure: ApiFailure,
  about: { readonly purpose: string; readonly connection: Connection },
): string {
  const attempt = `Cannot ${about.purpose}: the API server ${about.connection.server}`;
  switch (failure.kind) {
    case "unreachable":
      return `${attempt} cannot be reached: ${failure.reason}`;
    case "malformed":
      return `${attempt} gave an answer that cannot be used: ${failure.reason}`;
    case "status": {
      const name = failure.reason || statusNames[failure.status] || "";
      const said = failure.message === "" ? "" : `: ${failure.message}`;
      const remedy = remedyFor(failure.status, about.connection);
      return `${attempt} answered ${failure.status}${name === "" ? "" : ` ${name}`}${said}${remedy}`;
    }
    default:
      return failure satisfies never;
  }
}

const statusNames: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  429: "TooManyRequests",
  500: "InternalServerError",
  502: "BadGateway",
  503: "ServiceUnavailable",
  504: "Timeout",
};

function remedyFor(status: number, connection: Connection): string {
  if (status === 401) return `; renew the credentials (${connection.source.description})`;
  if (status === 403) return "; allow it in the RBAC role of this account";
  return "";
}

function parseStatus(text: string): ReturnType<typeof readStatus> {
  try {
    return readStatus(JSON.parse(text));
  } catch {
    return readStatus(undefined);
  }
}

/** Retry-After in seconds; the form with a date is not used by API servers. */
function milliseconds(header: string): number | undefined {
  return /^[0-9]{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
