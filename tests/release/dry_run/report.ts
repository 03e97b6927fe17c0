// What has the dry run found? Said line by line, counted in the end.

/** Where checks say what came of them. */
export class Report {
  #good = 0;
  #bad = 0;

  /** A heading. */
  about(title: string): void {
    say(`\n${title}`);
  }

  /** A line that judges nothing. */
  tell(line: string): void {
    say(`      ${line}`);
  }

  /** Something a reader must know, which is no fault here. */
  note(line: string): void {
    say(`note  ${line}`);
  }

  /** A check: good when nothing is wrong. */
  check(what: string, wrong: readonly string[]): void {
    if (wrong.length === 0) {
      this.#good += 1;
      say(`ok    ${what}`);
      return;
    }
    this.#bad += 1;
    say(`FAIL  ${what}`);
    for (const line of wrong) say(`      -> ${line}`);
  }

  /** The last line; true when no check failed. */
  end(): boolean {
    say(`\nrelease:check | ${this.#good} passed | ${this.#bad} failed`);
    return this.#bad === 0;
  }
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
