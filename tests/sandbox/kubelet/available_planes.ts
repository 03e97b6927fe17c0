// On which data planes can a story be told here? Always on the toy one, and on real namespaces where they can be had.
import { hasGo } from "../../cluster/go_toolchain.ts";
import { chooseDataPlane, type PlaneChoice } from "./choose_plane.ts";

/** The planes to run a story on. */
export const availablePlanes: readonly PlaneChoice[] = await hasNamespaces()
  ? ["toy", "namespaces"]
  : ["toy"];

/** Those on which agents have our program: real namespaces run the real one, which Go has to build. */
export const planesWithProgram: readonly PlaneChoice[] = await hasGo()
  ? availablePlanes
  : availablePlanes.filter((plane) => plane === "toy");

async function hasNamespaces(): Promise<boolean> {
  const plane = await chooseDataPlane("auto");
  await plane.close();
  return plane.kind === "namespaces";
}
