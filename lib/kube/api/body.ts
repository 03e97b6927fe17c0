// How is an answer read, and its reading ended from our side? One of node's messages as a stream of bytes.
import type { IncomingMessage } from "node:http";

export interface BodyOptions {
  /** Aborted: the reading fails with its reason, and the connection is closed. */
  readonly signal: AbortSignal;
  /** Called once, when nothing more will be read, whatever the reason. */
  readonly release: () => void;
  /** Told of the bytes of every portion. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * The bytes as they come, no sooner than they are asked for. Cancel it to end it: the connection is closed then. It is
 * the socket that is destroyed: where the message is, a read under way rejects where nobody can catch it (Deno 2.6.10).
 */
export function bodyOf(message: IncomingMessage, options: BodyOptions): ReadableStream<Uint8Array> {
  const { signal, release, onBytes } = options;
  const chunks: AsyncIterator<Uint8Array> = message[Symbol.asyncIterator]();
  let onAbort = (): void => {};
  const finish = (): void => {
    signal.removeEventListener("abort", onAbort);
    release();
  };
  return new ReadableStream<Uint8Array>({
    start: (out): void => {
      onAbort = (): void => {
        finish();
        out.error(signal.reason);
        message.socket.destroy();
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort);
    },
    pull: async (out): Promise<void> => {
      const chunk = await chunks.next().catch((error: unknown) => ({ error }));
      if (signal.aborted) return;
      if ("error" in chunk) {
        finish();
        return out.error(chunk.error);
      }
      if (chunk.done) {
        finish();
        return out.close();
      }
      onBytes?.(chunk.value.length);
      out.enqueue(chunk.value);
    },
    cancel: (): void => {
      finish();
      message.socket.destroy();
    },
  }, { highWaterMark: 0 });
}
