// Has it become true? Asks again and again until it has, or says what it waited for.

/** What a machine may be slower than the one on which these times were found; who is right in time never waits for it. */
const slowness = 3;

/** How long to be patient, on a machine of its own. `describe` says at the end what was found instead. */
export interface Patience {
  readonly seconds: number;
  readonly describe?: () => Promise<string> | string;
}

/** Waits until `condition` gives true. Throws "Cannot wait longer for <what>: …" when its time is up. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  patience: Patience,
): Promise<void> {
  const seconds = patience.seconds * slowness;
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    if (await condition()) return;
    if (performance.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const found = patience.describe ? await patience.describe() : "it did not happen";
  throw new Error(`Cannot wait longer for ${what} than ${seconds} s: ${found}`);
}
