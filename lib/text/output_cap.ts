// How much output of a command is kept? Two streams under one cap.

/** Output as it comes in. */
export interface CollectedOutput {
  readonly stdout: (chunk: Uint8Array) => void;
  readonly stderr: (chunk: Uint8Array) => void;
  /** What was kept so far; bytes that are no UTF-8 become U+FFFD. */
  texts(): { readonly stdout: string; readonly stderr: string };
}

/** Keeps up to `cap` bytes of both streams together; calls `onFull` once, when more than that came. */
export function collectOutput(cap: number, onFull: () => void): CollectedOutput {
  const kept = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  let room = cap;
  let full = false;

  function take(name: "stdout" | "stderr", chunk: Uint8Array): void {
    if (full) return;
    kept[name].push(chunk.slice(0, room));
    const over = chunk.length > room;
    room -= Math.min(room, chunk.length);
    if (!over) return;
    full = true;
    onFull();
  }

  return {
    stdout: (chunk) => take("stdout", chunk),
    stderr: (chunk) => take("stderr", chunk),
    texts: () => ({ stdout: textOf(kept.stdout), stderr: textOf(kept.stderr) }),
  };
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}
