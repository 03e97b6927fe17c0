// Frames between two pods while something happens: not one may be lost, and how many went is counted.
import { podName } from "../sandbox/sandbox_invariant.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import type { Stage } from "./stage.ts";

/** Two pods of one network, and the interface of the first one. */
export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly network: string;
  readonly interfaceName: string;
  /** Link-local, of the second one. */
  readonly address: string;
}

/** Pings in one go, 50 ms apart. */
const round = 10;

/** Runs `during` while every pair pings; gives for each what it sent and what came back. */
export async function whileTheyTalk(
  stage: Stage,
  { pairs, during }: { readonly pairs: readonly Pair[]; readonly during: () => Promise<void> },
): Promise<readonly { readonly pair: Pair; readonly sent: number; readonly lost: number }[]> {
  for (const pair of pairs) {
    await waitFor(async () => (await pings(stage, pair, 1)) === 1, { what: `${textOf(pair)} can talk` });
  }
  let over = false;
  const streams = pairs.map(async (pair) => {
    let [sent, lost] = [0, 0];
    while (!over) {
      lost += round - await pings(stage, pair, round);
      sent += round;
    }
    return { pair, sent, lost };
  });
  try {
    await during();
  } finally {
    over = true;
    await Promise.allSettled(streams);
  }
  return await Promise.all(streams);
}

/** `a → b in west`. */
export function textOf({ from, to, network }: Pair): string {
  return `${from} → ${to} in ${network}`;
}

/** How many of so many pings came back. Link-local addresses need nothing that is edited. */
async function pings(stage: Stage, { from, address, interfaceName }: Pair, count: number): Promise<number> {
  const options = ["-6", "-n", "-q", "-i", "0.05", "-c", String(count), "-W", "2", "-I", interfaceName];
  const { stdout } = await stage.sandbox.exec(podName(from), ["ping", ...options, address]);
  return Number(/ (\d+) received/.exec(stdout)?.[1] ?? 0);
}
