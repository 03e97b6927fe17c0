// A story of a typo that stands when the controller starts: what hangs on the network stays, in the pod and at its peers.
import { waitFor } from "../sandbox/tools/waiting.ts";
import { makePools, showsWhatItHas } from "./pool_objects.ts";
import { inPod, ipOf, running } from "./scenes.ts";
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
