// What does the agent's program answer: bytes in any portions become frames. Pure, and bounded: it may lie.
import { GrowingBytes } from "../text/line_reader.ts";

/** The kinds of frames; agent/README.md says what each means. */
const frameKinds = ["hello", "out", "err", "note", "died", "refused", "released", "end"] as const;
export type FrameKind = typeof frameKinds[number];

/** One frame. `number`: of the line in its request, from 1; of the protocol in `hello`. */
export interface Frame {
  readonly kind: FrameKind;
  readonly number: number;
  /** A piece of an answer may end within a character: decode what belongs together. */
  readonly payload: Uint8Array;
}

/** Bytes of a payload, and of the line before it, that the protocol allows. */
const longestPayload = 32 * 1024;
const longestHead = 40;

/** Cuts a stream into frames. */
export class FrameReader {
  readonly #pending = new GrowingBytes();

  /** Takes the next portion; gives the frames that are complete now. Throws an Error for what is no frame. */
  push(chunk: Uint8Array): readonly Frame[] {
    this.#pending.append(chunk);
    const { bytes } = this.#pending;
    const frames: Frame[] = [];
    let from = 0;
    for (let next = frameAt(bytes, from); next !== undefined; next = frameAt(bytes, from)) {
      frames.push(next.frame);
      from = next.end;
    }
    if (from === 0) return frames;
    this.#pending.take();
    this.#pending.append(bytes.subarray(from));
    return frames;
  }
}

function frameAt(
  bytes: Uint8Array,
  from: number,
): { readonly frame: Frame; readonly end: number } | undefined {
  const newline = bytes.subarray(from, from + longestHead).indexOf(10);
  if (newline < 0) {
    if (bytes.length - from < longestHead) return undefined;
    throw notAFrame(bytes.subarray(from));
  }
  const start = from + newline + 1;
  const head = /^([a-z]+) (\d{1,9}) (\d{1,5})$/.exec(textOf(bytes.subarray(from, start - 1)));
  const kind = frameKinds.find((each) => each === head?.[1]);
  const [number, length] = [Number(head?.[2]), Number(head?.[3])];
  if (kind === undefined || length > longestPayload) throw notAFrame(bytes.subarray(from));
  const end = start + length;
  if (bytes.length <= end) return undefined;
  if (bytes[end] !== 10) throw notAFrame(bytes.subarray(from));
  return { frame: { kind, number, payload: bytes.slice(start, end) }, end: end + 1 };
}

function notAFrame(bytes: Uint8Array): Error {
  return new Error(`no frame of the protocol: ${JSON.stringify(textOf(bytes.subarray(0, 80)))}`);
}

/** A payload, or several in a row, as text. Bytes that are no UTF-8 become U+FFFD. */
export function payloadText(payloads: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return payloads.map((bytes) => decoder.decode(bytes, { stream: true })).join("") + decoder.decode();
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
