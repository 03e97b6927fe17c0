// When does what stop counting: dates by key, and those that have passed.

/** Monotonic times in milliseconds. */
export class Expiries {
  readonly #dates = new Map<string, number>();

  set(key: string, at: number): void {
    this.#dates.set(key, at);
  }

  delete(key: string): void {
    this.#dates.delete(key);
  }

  /** The earliest date; undefined when there is none. */
  next(): number | undefined {
    const first = Math.min(...this.#dates.values());
    return first === Infinity ? undefined : first;
  }

  /** Keys whose date has come; they are forgotten. */
  take(now: number): readonly string[] {
    const over = [...this.#dates].filter(([, at]) => at <= now).map(([key]) => key);
    for (const key of over) this.#dates.delete(key);
    return over;
  }
}
