// On which data planes can a story be told here? Always on the toy one, and on real namespaces where they can be had.
import { chooseDataPlane, type PlaneChoice } from "./choose_plane.ts";

/** The planes to run a story on. */
export const availablePlanes: readonly PlaneChoice[] = await hasNamespaces()
  ? ["toy", "namespaces"]
  : ["toy"];

async function hasNamespaces(): Promise<boolean> {
  const plane = await chooseDataPlane("auto");
  await plane.close();
  return plane.kind === "namespaces";
}
