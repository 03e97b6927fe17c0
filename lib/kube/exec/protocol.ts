// What do the frames and statuses of the Pod Exec API mean? Pure: bytes and text in, values out.
import { isRecord, parseRecord } from "../../text/json.ts";
import type { ExecOutcome } from "./exec.ts";

/**
 * The protocols we speak, best first. v5 can half-close stdin; v4 cannot (kubernetes/kubernetes#89899). Older
 * ones carry no exit status and are refused by the API server with an empty HTTP 403.
 */
export const execProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"] as const;

/** The frame that half-closes stdin in v5: channel 255, then the number of the channel to close. */
export const closeStdinFrame: Uint8Array<ArrayBuffer> = new Uint8Array([255, 0]);

/** One message from the server. Channels that we do not know say nothing to us: a later server may have more. */
export type ExecFrame =
  | { readonly kind: "stdout"; readonly bytes: Uint8Array }
  | { readonly kind: "stderr"; readonly bytes: Uint8Array }
  | { readonly kind: "status"; readonly bytes: Uint8Array }
  | { readonly kind: "other" };

/** Longest reason that is kept of what a server says, in characters. */
const reasonLimit = 1000;

/** Wraps bytes for the command's stdin. */
export function stdinFrame(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(bytes.length + 1);
  frame.set(bytes, 1);
  return frame;
}

/** Takes a message apart: its first byte is the channel. An empty message is `other`. */
export function readFrame(message: Uint8Array): ExecFrame {
  const bytes = message.subarray(1);
  switch (message[0]) {
    case 1:
      return { kind: "stdout", bytes };
    case 2:
      return { kind: "stderr", bytes };
    case 3:
      return { kind: "status", bytes };
    default:
      return { kind: "other" };
  }
}

/** What the Status object on channel 3 says of the command. Anything that cannot be read is `unknown`. */
export function outcomeOfStatus(text: string): ExecOutcome {
  const status = parseRecord(text);
  if (!status) return { kind: "unknown", reason: `the final status is not a JSON object: ${quoted(text)}` };
  if (status.status === "Success") return { kind: "ok" };
  const reason = messageOf(status) ?? quoted(text);
  if (status.reason === "NonZeroExitCode") return exitOutcome(status, reason);
  if (status.code === 404) return { kind: "gone", reason };
  const notReady = neverStarted(reason);
  if (notReady) return notReady;
  // The API server could not reach the kubelet: the command cannot have started.
  if (reason.includes("error dialing backend")) return { kind: "rejected", status: 500, reason };
  return { kind: "unknown", reason };
}

/** What an HTTP answer says that came instead of the switch to WebSocket. Nothing has run then. */
export function outcomeOfRefusal(answer: { readonly status: number; readonly body: string }): ExecOutcome {
  const { status } = answer;
  const plain = answer.body.trim();
  const said = messageOf(parseRecord(plain) ?? {}) ?? (plain === "" ? undefined : quoted(plain));
  const reason = said ?? `HTTP ${status} with an empty body`;
  if (status === 404) return { kind: "gone", reason };
  const notReady = status >= 400 ? neverStarted(reason) : undefined;
  if (notReady) return notReady;
  if (status < 400) return { kind: "rejected", status, reason: `no switch to WebSocket: ${reason}` };
  return { kind: "rejected", status, reason };
}

/**
 * Phrases of API server, kubelet, containerd, CRI-O, runc and crun for "the container is not running" and "the
 * file is not there". They are prose, not an API: a phrase we do not know gives `unknown` or `rejected`, and
 * both are looked at again.
 */
const notRunningPhrases = [
  "container not found",
  "no running task found",
  "container is not created or running",
  "is not running",
  "container_exited",
  "stopped container",
  "in a completed pod",
  "does not have a host assigned",
];
const programMissingPhrases = ["executable file not found", "no such file or directory", "executable file `"];

function neverStarted(reason: string): ExecOutcome & { readonly kind: "not-ready" } | undefined {
  const text = reason.toLowerCase();
  const isSaid = (phrase: string): boolean => text.includes(phrase);
  if (notRunningPhrases.some(isSaid)) return { kind: "not-ready", reason };
  return programMissingPhrases.some(isSaid) ? { kind: "not-ready", reason, programMissing: true } : undefined;
}

function exitOutcome(status: Readonly<Record<string, unknown>>, reason: string): ExecOutcome {
  const details = isRecord(status.details) ? status.details : {};
  const causes = Array.isArray(details.causes) ? details.causes : [];
  const cause = causes.find((each) => isRecord(each) && each.reason === "ExitCode");
  const text = isRecord(cause) && typeof cause.message === "string" ? cause.message : "";
  const code = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (code < 1 || code > 255) return { kind: "unknown", reason: `an exit without a usable code: ${reason}` };
  return { kind: "exit", code };
}

function messageOf(status: Readonly<Record<string, unknown>>): string | undefined {
  const { message } = status;
  return typeof message === "string" && message !== "" ? cut(message) : undefined;
}

function quoted(text: string): string {
  return JSON.stringify(cut(text));
}

function cut(text: string): string {
  return text.length > reasonLimit ? `${text.slice(0, reasonLimit)}…` : text;
}
