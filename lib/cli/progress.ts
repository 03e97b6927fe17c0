// What is a command doing that takes long? One line on the terminal behind stderr, gone when something is printed.
import { printable } from "../text/printable.ts";
import type { Host } from "./host.ts";

/** ms after which it is shown: who is answered at once needs none. */
const shownAfter = 1_000;
/** ms between two writes: a terminal over a slow line must keep up. */
const atMostEvery = 100;
/** Signs of the line: shorter than any terminal, because a line that wraps cannot be erased. */
const longest = 72;

/** A host whose commands tell what they do. */
export interface ProgressingHost {
  readonly host: Host;
  /** Erases the line; nothing is shown from then on. */
  end(): void;
}

/** The same host, with a `progress` that shows; `isQuiet`: somebody reads what is printed by program. */
export function withProgress(host: Host, { isQuiet }: { readonly isQuiet: boolean }): ProgressingHost {
  const { terminal, clock } = host;
  // A dumb terminal cannot erase a line.
  if (terminal === undefined || isQuiet || host.env("TERM") === "dumb") return { host, end: () => {} };
  let doing: string | undefined;
  let isShown = false;
  let shownAt = -Infinity;
  let cancel: (() => void) | undefined;

  const show = (): void => {
    if (doing === undefined) return;
    shownAt = clock.now();
    isShown = true;
    terminal(`\r\x1b[K${printable(doing).slice(0, longest)} …`);
  };
  const erase = (): void => {
    if (isShown) terminal("\r\x1b[K");
    isShown = false;
  };
  const end = (): void => {
    cancel?.();
    cancel = undefined;
    doing = undefined;
    erase();
  };
  const before = <Arguments extends unknown[]>(write: (...its: Arguments) => void) => (...its: Arguments) => {
    end();
    write(...its);
  };
  return {
    end,
    host: {
      ...host,
      print: before(host.print),
      complain: before(host.complain),
      ...host.passOn && { passOn: before(host.passOn) },
      progress: (text) => {
        doing = text;
        cancel ??= clock.after(shownAfter, show);
        if (isShown && clock.now() - shownAt >= atMostEvery) show();
      },
    },
  };
}
