// What is the harness doing, and since when? One line per step on stderr, a heartbeat during long ones.

/** Says one line. On stderr, because stdout belongs to what people pipe (`kubectl`, `KUBECONFIG`). */
export function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`cluster: ${line}\n`));
}

/** Does a step, says when it is done and how long it took. `detail` adds to the heartbeat every 15 seconds. */
export async function step<T>(title: string, work: () => Promise<T>, detail?: () => string): Promise<T> {
  const start = performance.now();
  const heartbeat = setInterval(
    () => say(`${title} … ${seconds(start)}${detail ? `, ${detail()}` : ""}`),
    15_000,
  );
  try {
    const result = await work();
    say(`${title}: ${seconds(start)}`);
    return result;
  } catch (error) {
    say(`${title}: failed after ${seconds(start)}`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/** Seconds since `start` (of `performance.now()`), for people. */
export function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
