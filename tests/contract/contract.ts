// Which clauses does the contract have, and which server is excused from which? Runs them all on one server.
import type { ApiUnderTest } from "./api_under_test.ts";
import { createCases } from "./create_cases.ts";
import { deleteCases } from "./delete_cases.ts";
import { errorCases } from "./error_cases.ts";
import { eventCases } from "./event_cases.ts";
import { historyCases } from "./history_cases.ts";
import { execCases } from "./exec_cases.ts";
import { leaseCases } from "./lease_cases.ts";
import { listCases } from "./list_cases.ts";
import { patchCases } from "./patch_cases.ts";
import { type Case, Scene } from "./scene.ts";
import { sliceCases } from "./slice_cases.ts";
import { updateCases } from "./update_cases.ts";
import { watchCases } from "./watch_cases.ts";

/** A clause that a server need not keep. */
export interface Exception {
  /** The clause's `it`. */
  readonly it: string;
  readonly reason: string;
}

/** Everything that the controller and its tests rely on. */
export const clauses: readonly Case[] = [
  ...listCases,
  ...watchCases,
  ...createCases,
  ...updateCases,
  ...patchCases,
  ...deleteCases,
  ...errorCases,
  ...eventCases,
  ...leaseCases,
  ...sliceCases,
  ...execCases,
  ...historyCases,
];

/** Runs the contract as steps of a test. An exception is said aloud; one that names no clause is an error. */
export async function runContract(
  t: Deno.TestContext,
  api: ApiUnderTest,
  exceptions: readonly Exception[],
): Promise<void> {
  const unknown = exceptions.filter((one) => !clauses.some(({ it }) => it === one.it));
  if (unknown.length > 0) {
    throw new Error(
      `Cannot except ${unknown.map(({ it }) => JSON.stringify(it)).join(", ")}: no such clause`,
    );
  }
  const run = crypto.randomUUID().slice(0, 4);
  for (const [at, { it, test }] of clauses.entries()) {
    const exception = exceptions.find((one) => one.it === it);
    if (exception !== undefined) await say(`${api.name} is excused from "${it}": ${exception.reason}`);
    await t.step({
      name: it,
      ignore: exception !== undefined,
      fn: async () => {
        await using scene = new Scene(api, `k${run}-${at}`);
        await test(scene);
      },
    });
  }
}

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
}
