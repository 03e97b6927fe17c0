// Stories of a network whose interface stands on that of another one, which goes: it goes along, says so, and comes back with it.
import { waitFor } from "../sandbox/tools/waiting.ts";
import { ipOf, running, said } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";

/** Each of our interfaces in a pod with whom it floods to, as `NAME: IP IP`. */
async function interfaces(stage: Stage, pod: string): Promise<string> {
  const [first = "", second] = pod.split("/");
  const where = second === undefined ? { name: first } : { namespace: first, name: second };
  const run = async (...argv: readonly string[]): Promise<readonly Record<string, string>[]> =>
    JSON.parse((await stage.sandbox.exec(where, argv)).stdout.trim() || "[]");
  const links = await run("ip", "-json", "link", "show");
  const fdb = await run("bridge", "-json", "fdb", "show");
  const texts = links.filter(({ ifalias = "" }) => ifalias.startsWith("kube-vxlan-controller:network="))
    .map(({ ifname }) => {
      const to = fdb.filter((one) => one["ifname"] === ifname && one["mac"] === "00:00:00:00:00:00");
      return `${ifname}: ${to.map(({ dst }) => dst).sort().join(" ")}`;
    });
  return texts.sort().join(", ");
}

async function has(stage: Stage, pod: string, wanted: string): Promise<void> {
  let found = "";
  await waitFor(async () => (found = await interfaces(stage, pod)) === wanted, {
    what: `${pod} has ${wanted || "nothing"}`,
    state: () => found,
  });
}

for (const typo of ["", " metric=5"]) {
  Deno.test(`an interface on one that is forbidden goes along, is told of, and comes back with it${typo && `:${typo}`}`, async () => {
    await using stage = await setStage();
    const good = { west: "id=1", east: "id=2" };
    stage.networks(good);
    const controller = await stage.startController();
    const text = "west name=e, east name=w dev=e";
    stage.pod({ name: "a", networks: "west, east" });
    stage.pod({ name: "b", networks: text });
    await running(stage, ["a", "b"]);
    const [a, b] = [ipOf(stage, "a"), ipOf(stage, "b")];
    await has(stage, "a", `east: ${b}, west: ${b}`);
    await has(stage, "b", `e: ${a}, w: ${a}`);
    if (typo !== "") {
      stage.annotate("b", `${text}${typo}`);
      await said(controller, /WARN.*metric=5/);
    }
    stage.networks({ ...good, west: "id=1 namespaces=lab" });
    await has(stage, "b", "");
    await said(controller, /WARN.*"west": it is not for namespace "default".*member=default\/b/);
    await said(controller, /WARN.*"w" of network "east" on device "e": no such device.*member=default\/b/);
    // Its place in its own network it has all the while.
    await has(stage, "a", `east: ${b}`);
    stage.networks(good);
    await has(stage, "b", `e: ${a}, w: ${a}`);
    await has(stage, "a", `east: ${b}, west: ${b}`);
  });
}

Deno.test("an interface on one that was forbidden while nobody controlled is remembered by who comes, and comes back", async () => {
  await using stage = await setStage();
  stage.networks({ west: "id=1", east: "id=2" });
  const first = await stage.startController();
  for (const name of ["a", "b"]) stage.pod({ name, networks: "west id=1 name=e, east id=2 name=w dev=e" });
  await running(stage, ["a", "b"]);
  const [a, b] = [ipOf(stage, "a"), ipOf(stage, "b")];
  await has(stage, "a", `e: ${b}, w: ${b}`);
  await has(stage, "b", `e: ${a}, w: ${a}`);
  await first.stop();
  stage.networks({ west: "id=1 namespaces=lab", east: "stray" });
  const second = await stage.startController();
  for (const pod of ["a", "b"]) await has(stage, pod, "");
  await said(second, /WARN.*"w" of network "east" on device "e": no such device.*member=default\/b/);
  stage.networks({ west: "id=1", east: "stray" });
  await has(stage, "a", `e: ${b}, w: ${b}`);
  await has(stage, "b", `e: ${a}, w: ${a}`);
});
