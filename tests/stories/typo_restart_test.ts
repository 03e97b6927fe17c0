// Stories of a typo that stands when the controller starts: what hangs on the network stays, in the pod and at its peers.
import assert from "node:assert/strict";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { pods } from "../sandbox/api/resources.ts";
import { makePools, showsWhatItHas } from "./pool_objects.ts";
import { conditionSays, startRun } from "./said_everywhere.ts";
import { inPod, inspect, ipOf, membersOf, one, running } from "./scenes.ts";
import { impatient, setStage, type Stage } from "./stage.ts";

/** What the reports say of the addresses of its network. */
function told(): {
  readonly addresses: Map<string, string>;
  readonly start: (stage: Stage) => ReturnType<Stage["startController"]>;
} {
  const addresses = new Map<string, string>();
  return {
    addresses,
    start: (stage) =>
      stage.startController({
        limits: impatient,
        parts: (usual) => ({
          ...usual,
          reporter: {
            ...usual.reporter,
            report: (report) => {
              usual.reporter.report(report);
              const [first] = report.networks;
              if (first === undefined) return;
              const { network } = first;
              addresses.set(report.pod.name, network.addresses.map(({ address }) => address).join());
            },
          },
        }),
      }),
  };
}

for (const typo of ["storage metric=5", "storage ip=10.7.0", "storage ip=10.7.0.1/24 metric=5"]) {
  Deno.test(`after a restart the addresses of a pod with a typo are known to Services and peers: ${typo}`, async () => {
    await using stage = await setStage();
    makePools(stage);
    stage.networks({ storage: "id=7 subnet=10.7.0.0/24 neigh=static" });
    const first = await stage.startController();
    stage.pod({ name: "a", networks: "storage" });
    await running(stage, ["a"]);
    stage.pod({ name: "b", networks: "storage" });
    await running(stage, ["b"]);
    for (const name of ["a", "b"]) await showsWhatItHas(stage, name);
    const unicast = async (): Promise<string> => {
      const fdb = await inPod(stage, "b", ["bridge", "fdb", "show", "dev", "storage"]);
      const to = fdb.split("\n").filter((line) => line.includes(`dst ${ipOf(stage, "a")}`));
      return to.map((line) => line.split(" ")[0] ?? "").sort().join();
    };
    let before = "";
    await waitFor(async () => (before = await unicast()).includes(","), { what: "b knows the MAC of a" });
    await first.stop();
    stage.annotate("a", typo);
    const { addresses, start } = told();
    await start(stage);
    await waitFor(() => addresses.get("a") === "10.7.0.1", {
      what: "it is reported with its address",
      state: () => JSON.stringify([...addresses]),
    });
    stage.pod({ name: "c", networks: "storage" });
    await running(stage, ["c"]);
    await waitFor(async () => await unicast() === before && addresses.get("c") === "10.7.0.3", {
      what: "b keeps the MAC of a, and its address goes to nobody else",
      state: () => JSON.stringify([...addresses]),
    });
  });
}

for (
  const { it, isKnown } of [
    { it: "written while the controller ran", isKnown: true },
    { it: "written while it was down", isKnown: false },
  ]
) {
  Deno.test(`after a restart a pod keeps its peers in a network whose name cannot be read: ${it}`, async () => {
    await using stage = await setStage();
    stage.networks({ west: "id=1", east: "id=2" });
    const first = await startRun(stage);
    const typo = (): void => stage.annotate("a", "9west, east");
    for (const name of ["a", "b"]) stage.pod({ name, networks: "west, east" });
    for (const name of ["a", "b"]) await conditionSays({ stage, name }, /^networks ready: east, west$/);
    if (isKnown) {
      typo();
      await conditionSays({ stage, name: "a" }, /Cannot read "9west"/);
    }
    await first[Symbol.asyncDispose]();
    if (!isKnown) typo();
    await using _second = await startRun(stage);
    await conditionSays({ stage, name: "a" }, /Cannot read "9west"/);
    stage.pod({ name: "c", networks: "west, east" });
    await running(stage, ["c"]);
    stage.sandbox.delete(pods, { name: "b", graceSeconds: 0 });
    const floods = async (pod: string): Promise<readonly string[]> => {
      const entries = (await inPod(stage, pod, ["bridge", "fdb", "show"])).split("\n");
      return entries.flatMap((entry) => /^00:00:00:00:00:00 dev (\S+ dst \S+)/.exec(entry)?.[1] ?? []).sort();
    };
    for (const [pod, peer] of [["a", "c"], ["c", "a"]] as const) {
      const wanted = ["east", "west"].map((network) => `${network} dst ${ipOf(stage, peer)}`);
      let found: readonly string[] = [];
      await waitFor(async () => (found = await floods(pod)).join() === wanted.join(), {
        what: `${pod} floods to ${peer} and nobody else`,
        state: () => found.join(", "),
      });
    }
  });
}

Deno.test("after a restart an interface that is not what can be read of its network stays, and is told of", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  const first = await startRun(stage);
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  await running(stage, ["a", "b"]);
  await first[Symbol.asyncDispose]();
  stage.annotate("a", "one id=9 metric=5");
  await using _second = await startRun(stage);
  const told = /Cannot look after interface "one" \(VNI 1, port 8472\): nothing that can be read says/;
  await conditionSays({ stage, name: "a" }, told);
  const { code, text } = await inspect(stage, "a");
  assert.equal(code, 1);
  assert.match(text, told);
  stage.annotate("a", "one");
  await conditionSays({ stage, name: "a" }, /^networks ready: one$/);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});
