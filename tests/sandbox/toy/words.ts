// The words of a command line, taken one after the other.
import { ToyExit } from "./session.ts";

/** A cursor over words. */
export class ToyWords {
  #rest: readonly string[];

  constructor(words: readonly string[]) {
    this.#rest = words;
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  /** The next word; ends the process when there is none, as the tools do. */
  next(): string {
    const [first, ...rest] = this.#rest;
    if (first === undefined) throw new ToyExit('Command line is not complete. Try option "help"', 255);
    this.#rest = rest;
    return first;
  }

  /** Skips the word if it is the next one. */
  skip(word: string): boolean {
    if (this.#rest[0] !== word) return false;
    this.#rest = this.#rest.slice(1);
    return true;
  }
}

/**
 * A whole number as the tools read it, with a leading 0 for octal; ends the process when it is none or too
 * large.
 */
export function toyNumber(word: string, what: { readonly name: string; readonly most: number }): number {
  const value = /^0[0-7]+$/.test(word) ? Number.parseInt(word, 8) : /^\d+$/.test(word) ? Number(word) : NaN;
  if (value <= what.most) return value;
  throw new ToyExit(`Error: argument "${word}" is wrong: invalid ${what.name}`, 255);
}
