// How is the reading of an answer ended from our side? By our own hand: fetch forgets its signal.
//
// Deno (2.9.6) ends a body when the request's signal is aborted only as long as the Response object is alive. Once
// that has been garbage collected, an abort is not heard, and a read waits until the server sends something. So the
// signal is watched here, and the reader is cancelled by us.

export interface AbortableOptions {
  readonly signal: AbortSignal;
  /** Called once, when nothing more will be read, whatever the reason. */
  readonly release: () => void;
}

/** The same bytes; fails with the signal's reason as soon as that is aborted. Cancel it to end it. */
export function abortableBody(
  body: ReadableStream<Uint8Array> | null,
  { signal, release }: AbortableOptions,
): ReadableStream<Uint8Array> {
  const reader = (body ?? new Blob([]).stream()).getReader();
  let onAbort = (): void => {};
  const finish = (): void => {
    signal.removeEventListener("abort", onAbort);
    release();
  };
  return new ReadableStream<Uint8Array>({
    start: (out): void => {
      onAbort = (): void => {
        out.error(signal.reason);
        finish();
        reader.cancel(signal.reason).catch(() => {});
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort);
    },
    pull: async (out): Promise<void> => {
      const chunk = await reader.read().catch((error: unknown) => ({ error }));
      if (signal.aborted) return;
      if ("error" in chunk) {
        out.error(chunk.error);
        return finish();
      }
      if (!chunk.done) return out.enqueue(chunk.value);
      out.close();
      finish();
    },
    cancel: async (reason): Promise<void> => {
      finish();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
