// Which version of the controller runs? The newest that compiles: checked, started, and replaced after every save.
import { type Product, startProduct } from "./product.ts";
import type { SourceChanges } from "./source_changes.ts";

/** How to run it. */
export interface Reloading {
  /** Folder of main.ts. */
  readonly root: string;
  /** Arguments of the product. */
  readonly args: readonly string[];
  readonly changes: SourceChanges;
  readonly say: (line: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Runs the controller until the signal, and stops it then. Never throws for what is wrong with the program. */
export async function runReloading(options: Reloading): Promise<void> {
  const { changes, say, signal } = options;
  let running: Product | undefined;
  while (!signal.aborted) {
    const wrong = await typeErrors(options);
    if (signal.aborted) break;
    if (wrong === undefined) {
      await running?.stop();
      running = await start(options);
    } else {
      const goesOn = running === undefined ? "nothing runs" : "the controller from before goes on";
      say(`${wrong}\n== This does not compile; ${goesOn}. The next save tries again.`);
    }
    await changes.next();
  }
  await running?.stop();
}

async function start({ args, say, signal }: Reloading): Promise<Product> {
  say("== The controller starts.");
  const product = await startProduct(args, { onLine: (line) => say(`  ${line}`) });
  let stopped = false;
  void product.ended.then((status) => {
    if (!stopped && !signal.aborted) {
      say(`== The controller ended with status ${status}. The next save starts it.`);
    }
  });
  return {
    ended: product.ended,
    stop: () => {
      stopped = true;
      return product.stop();
    },
  };
}

/** What the compiler finds, or undefined. */
async function typeErrors({ root, signal }: Reloading): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "main.ts"],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal,
  }).output();
  return success ? undefined : new TextDecoder().decode(stderr).trim();
}
