// How long does something usually last: three of four of the last ones took no longer, so that few that hang change nothing.

/** Of how many of the last it is remembered how long they took. */
const remembered = 64;

/** Durations in ms. */
export class Usual {
  readonly #last: number[] = [];
  #ms = 0;

  /** Another one took so long. */
  took(ms: number): void {
    this.#last.push(ms);
    if (this.#last.length > remembered) this.#last.shift();
    this.#ms = this.#last.toSorted((a, b) => a - b)[Math.floor(this.#last.length * 0.75)] ?? 0;
  }

  /** 0 while there was none. */
  get ms(): number {
    return this.#ms;
  }
}
