// One request to the agent's program: which frames belong to it, and what they say of its lines. Pure.
import type { ExecOutcome } from "../kube/exec/exec.ts";
import { type Frame, payloadText } from "./frames.ts";

/** What a request came to. Numbers are of its lines, from 1. */
export interface Answered {
  /** Of each line that answered, in order. */
  readonly answers: readonly { readonly line: number; readonly text: string }[];
  /** Lines that the tool refused, with its words, and lines of which it said something. */
  readonly said: readonly { readonly line: number; readonly refused: boolean; readonly text: string }[];
  /** TERM has been sent, or is about to be. */
  readonly released: boolean;
  /** The request was broken off at this line: the tool has ended, or the line was not let through. */
  readonly broken?: { readonly line: number; readonly outcome: ExecOutcome; readonly text: string };
}

/** Characters of stderr that are kept of one request. */
const saidLimit = 64 * 1024;

/** What a frame counts as beside its bytes: kept in memory an empty one takes as much. A line may have several. */
const costOfFrame = 256;
const costOfLine = 4 * costOfFrame;

/** Collects frames until the request's end. */
export class Request {
  readonly #lines: number;
  readonly #cap: number;
  readonly #token: string;
  #last = 1;
  #cost = 0;
  #saidLength = 0;
  readonly #out = new Map<number, Uint8Array[]>();
  readonly #said: { line: number; refused: boolean; text: string }[] = [];
  #broken: Answered["broken"];
  #released = false;
  readonly #over = Promise.withResolvers<Answered | undefined>();
  /** The result, with the last frame; undefined when no more will come. */
  readonly answered = this.#over.promise;

  /** `lines`: how many there are before the `end`; `cap`: bytes that may be answered in all. */
  constructor(
    { lines, cap, token }: { readonly lines: number; readonly cap: number; readonly token: string },
  ) {
    this.#lines = lines;
    this.#cap = cap;
    this.#token = token;
  }

  /** No more will come. */
  breakOff(): void {
    this.#over.resolve(undefined);
  }

  /** Takes a frame; true for the last one. Throws an Error for one that cannot be this request's. */
  take({ kind, number, payload }: Frame): boolean {
    const most = kind === "end" ? this.#lines + 1 : this.#lines;
    if (number < this.#last || number > most) {
      throw new Error(`an answer out of turn: ${kind} of line ${number} of ${this.#lines}`);
    }
    this.#last = number;
    this.#cost += payload.length + costOfFrame;
    if (this.#cost > this.#cap + costOfLine * this.#lines) {
      throw new RangeError(`more than ${this.#cap} bytes of answers`);
    }
    switch (kind) {
      case "out":
        this.#piecesOf(number).push(payload);
        return false;
      case "err":
      case "note":
        this.#say(number, { refused: kind === "err", text: payloadText([payload]) });
        return false;
      case "died":
      case "refused": {
        const text = payloadText([payload]);
        this.#broken = { line: number, outcome: outcomeOf({ kind, text, line: number }), text };
        return false;
      }
      case "released":
        this.#released = true;
        return false;
      case "end":
        if (payloadText([payload]) !== this.#token) {
          throw new Error("an answer out of turn: the end of another request");
        }
        this.#over.resolve(this.#result());
        return true;
      case "hello":
        throw new Error("an answer out of turn: it has begun anew");
      default:
        return kind satisfies never;
    }
  }

  #piecesOf(line: number): Uint8Array[] {
    const pieces = this.#out.get(line) ?? [];
    this.#out.set(line, pieces);
    return pieces;
  }

  #say(line: number, { refused, text }: { readonly refused: boolean; readonly text: string }): void {
    const kept = text.slice(0, Math.max(0, saidLimit - this.#saidLength));
    this.#saidLength += kept.length;
    this.#said.push({ line, refused, text: kept });
  }

  #result(): Answered {
    return {
      answers: [...this.#out].map(([line, pieces]) => ({ line, text: payloadText(pieces).trimEnd() })),
      said: this.#said,
      released: this.#released,
      ...(this.#broken !== undefined && { broken: this.#broken }),
    };
  }
}

/** The exit status of a tool that ended, as an exec of its own would have told it. */
function outcomeOf(
  { kind, text, line }: { readonly kind: "died" | "refused"; readonly text: string; readonly line: number },
): ExecOutcome {
  const code = kind === "died" ? /\bit ended: exit status (\d{1,3})\b/.exec(text)?.[1] : undefined;
  if (code !== undefined && Number(code) >= 1 && Number(code) <= 255) {
    return { kind: "exit", code: Number(code) };
  }
  const what = kind === "died" ? "ended at" : "does not let through";
  return { kind: "unknown", reason: `it ${what} line ${line}: ${text}` };
}
