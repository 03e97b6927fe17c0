// Who takes a cluster down when its owner was killed before it could? A process of its own that watches the owner.
import { type ClusterState, readState } from "./cluster_state.ts";
import { isAlive, startDaemon } from "./process_record.ts";
import { exists, teardown } from "./teardown.ts";

/**
 * Starts the guard of a cluster that has an owner. It ends by itself when the cluster is gone or has no owner any more;
 * it is in none of the cluster's cgroups, because it empties them.
 */
export async function startGuard(state: ClusterState): Promise<void> {
  await startDaemon({
    name: "guard",
    argv: [Deno.execPath(), "run", "--no-lock", "-A", import.meta.url, state.name],
    cgroupFiles: [],
    log: "/dev/null",
  });
}

async function guard(name: string): Promise<void> {
  for (;;) {
    const state = await readState(name);
    if (state && !state.owner) return;
    if (!state && !await exists(name)) return;
    if (state?.owner && !await isAlive(state.owner)) return await teardown(name);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

if (import.meta.main) await guard(Deno.args[0] ?? "");
