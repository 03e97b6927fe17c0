// What does a failed list or watch mean for the next step: from where, how soon, and what to call it? Pure.
import type { ApiFailure } from "../api/client.ts";
import type { readStatus } from "../api/status.ts";
import type { StreamEnd } from "./stream.ts";

/** Why a list failed or a watch ended, for logs and metrics. A closed set. */
export type WatchEnd =
  /** The server's or our own time limit. */
  | "expected"
  | "dropped"
  | "idle"
  /** 410 in any shape, or a version that the server does not know. */
  | "gone"
  | "too-many-requests"
  | "server-error"
  | "unauthorized"
  | "forbidden"
  | "unreachable"
  | "malformed";

/** An end and what follows from it. */
export interface Ending {
  readonly end: WatchEnd;
  readonly reason: string;
  /** The place to go on from is lost: list anew. */
  readonly relist: boolean;
  /** ms that the server asked for. */
  readonly retryAfter?: number;
}

/** The end of a stream that was open. `ours` is what an event in it said, where reading was stopped for it. */
export function endingOfStream(end: StreamEnd, ours: Ending | undefined): Ending {
  switch (end.kind) {
    case "stopped":
      return ours ?? { end: "malformed", reason: "stopped without a reason", relist: true };
    case "ended":
    case "overdue":
      return { end: "expected", reason: "the watch reached its time limit", relist: false };
    case "dropped":
      return { end: "dropped", reason: end.reason, relist: false };
    case "idle":
      return { end: "idle", reason: "nothing came, not even a bookmark", relist: false };
    default:
      return end satisfies never;
  }
}

/** A request that failed. `message` is the whole sentence for people. */
export function endingOfFailure(failure: ApiFailure, message: string): Ending {
  switch (failure.kind) {
    case "unreachable":
      return { end: "unreachable", reason: message, relist: false };
    case "malformed":
      return { end: "malformed", reason: message, relist: true };
    case "status": {
      const { status: code, reason, retryAfter } = failure;
      const causes = failure.message.includes("Too large resource version") ? [versionTooLarge] : [];
      return endingOfStatus({ code, reason, message, causes, ...(retryAfter ? { retryAfter } : {}) });
    }
    default:
      return failure satisfies never;
  }
}

/** An ERROR event, or an HTTP error as far as it looks the same. */
export function endingOfStatus(status: ReturnType<typeof readStatus>): Ending {
  const { code, message } = status;
  const retry = status.retryAfter === undefined ? {} : { retryAfter: status.retryAfter };
  const reason = message === "" ? `status ${code} ${status.reason}`.trim() : message;
  if (code === 410 || status.reason === "Expired" || status.reason === "Gone") {
    return { end: "gone", reason, relist: true };
  }
  if (status.causes.includes(versionTooLarge)) return { end: "gone", reason, relist: true };
  if (code === 401) return { end: "unauthorized", reason, relist: false };
  if (code === 403) return { end: "forbidden", reason, relist: false };
  if (code === 429) return { end: "too-many-requests", reason, relist: false, ...retry };
  // 502 to 504 come from overload or a proxy: a list on top would make it worse. Others doubt the version.
  return { end: "server-error", reason, relist: code < 502 || code > 504, ...retry };
}

/** The cause's reason when a version is newer than the server: its database was restored from a backup. */
const versionTooLarge = "ResourceVersionTooLarge";
