// Real namespaces or the toy kernel: which of them runs the pods, and why?
import type { DataPlane } from "./data_plane.ts";
import { startNamespaces } from "../namespaces/namespaces.ts";
import { startToy } from "../toy_pod/plane.ts";

/** `auto`: real namespaces where they can be had. `namespaces`: nothing else will do. `toy`: in memory. */
export type PlaneChoice = "auto" | "namespaces" | "toy";

/** Starts a data plane; its description says which one it is and why. Throws when `namespaces` cannot be had. */
export async function chooseDataPlane(choice: PlaneChoice): Promise<DataPlane> {
  if (choice === "toy") return startToy("as asked for");
  try {
    return await startNamespaces();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (choice === "namespaces") throw new Error(`Cannot use real network namespaces: ${reason}`);
    return startToy(`no real network namespaces: ${reason}`);
  }
}
