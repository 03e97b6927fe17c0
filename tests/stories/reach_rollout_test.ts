// A story of many that come at once, on real namespaces: that they ask each other costs no exec, and gives no warning.
import assert from "node:assert/strict";
import { isRecord, listAt, recordAt } from "../../lib/text/json.ts";
import { agentImage, programImage } from "../member/member_pod.ts";
import { availablePlanes, planesWithProgram } from "../sandbox/kubelet/available_planes.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { inPod, ipOf, running } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";
import { permanentNeighbours } from "../../lib/overlay/iproute2/read_neighbours.ts";
import { conditionOf, podEvents } from "./shown.ts";
import { pods } from "../sandbox/api/resources.ts";

const needs = availablePlanes.includes("namespaces") ? "" : " (needs network namespaces)";
/**
 * All namespaces of this machine share one neighbour table: with forty here it is full (1,560 of 1,024 entries), and what is
 * told then is true. With more each is told beforehand how the others' pod IPs are reached, which a network plugin may do too.
 */
const members = Number(Deno.env.get("KVC_ROLLOUT") ?? 20);
const fitting = 30;

// Where the image has our program, that must let the lines through too.
const image = planesWithProgram.includes("namespaces") ? programImage : agentImage;

Deno.test({
  name: `${members} come at once: each asks three by two exchanges, in the sessions there are${needs}`,
  ignore: needs !== "",
  fn: async () => {
    await using stage = await setStage({ dataPlane: "namespaces", agentImage: image });
    // One VTEP is outside, and answers nobody. Each network has addresses of one family.
    stage.networks({ one: "id=1 peer=10.250.99.99", two: "id=2" });
    const names = Array.from({ length: members }, (_, at) => `p${at}`);
    for (const [at, name] of names.entries()) {
      const networks = `one ip=fd00:7::${(at + 1).toString(16)}/64, two ip=10.7.0.${at + 1}/24`;
      stage.pod({ name, networks, form: "native" });
    }
    if (members > fitting) await introduceUnderlays(stage, names);
    const log: string[] = [];
    const args = ["run", "--server", stage.sandbox.server.url, "--http-address", "127.0.0.1:0"];
    const product = await startProduct(args, { onLine: (line) => log.push(line) });
    try {
      await running(stage, names);
      const address = await waitFor(
        () =>
          log.map((line) => /health and metrics on (\S+)/.exec(line)?.[1]).find((one) => one !== undefined),
        { what: "metrics are served" },
      );
      const metric = async (name: string): Promise<number> => {
        const text = await (await fetch(`http://${address}/metrics`)).text();
        return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
      };
      let probed = 0;
      await waitFor(
        async () => (probed = await metric("kube_vxlan_controller_probed_pairs")) >= 2 * members,
        {
          what: "everybody has asked",
          state: () => `${probed} pairs`,
        },
      );
      assert.equal(await metric("kube_vxlan_controller_unreachable_pairs"), 0);
      const linesOf = (pod: string): readonly string[] =>
        stage.sandbox.counters.execs({ pod }).flatMap(({ lines }) => lines).filter((line) =>
          line.includes("neigh ") && !line.includes(permanentNeighbours)
        );
      // What was there before is not taken away, so the second exchange is known by its questions.
      await waitFor(() =>
        names.every((name) => {
          const [added = 0, shown = 0] = [/ add /, / show /].map((word) =>
            linesOf(name).filter((line) => word.test(line)).length
          );
          return added === 0 || shown >= 2 * (added + 1);
        }), { what: "everybody has asked twice" });
      for (const name of names) {
        assert.equal(conditionOf(stage.sandbox.find(pods, { name }))?.reason, "NetworksReady", name);
        assert.deepEqual(podEvents(stage, name).filter((event) => !event.startsWith("VxlanReady")), [], name);
        const alone = stage.sandbox.counters.execs({ pod: name })
          .map(({ lines }) => lines.filter((line) => !line.startsWith("end ")))
          .filter((lines) => lines.length > 0 && lines.every((line) => /^(ip )?neigh /.test(line)));
        assert.deepEqual(alone, [], `${name}: no exec for that`);
        for (const device of ["one", "two"]) {
          const left = await inPod(stage, name, ["ip", "neigh", "show", "dev", device]);
          assert.doesNotMatch(left, /INCOMPLETE|FAILED|PROBE|PERMANENT/, name);
        }
      }
      // Show, flush, add of six, and one that answers last; show, flush, and one that answers last. Where two have asked each other in
      // the same moment, one may have to ask once more.
      const all = names.flatMap(linesOf);
      const most = members * (6 + 6 + 6 + 1 + 6 + 6 + 1);
      assert.ok(all.length <= 1.1 * most, `${all.length} lines`);
      const askedAgain = all.filter((line) => line.includes("replace"));
      assert.ok(askedAgain.length < 1.25 * members, askedAgain.join("; "));
      assert.deepEqual(log.filter((line) => /unreachable|Cannot reach/.test(line)), []);
    } finally {
      await product.stop();
    }
  },
});

/** Their eth0 know each other. Nobody is let go meanwhile, for there is no controller. */
async function introduceUnderlays(stage: Stage, names: readonly string[]): Promise<void> {
  const all = new Map<string, string>();
  for (const name of names) {
    await waitFor(() => isUp(stage, name), { what: `the agent of ${name} runs` });
    all.set(ipOf(stage, name), (await inPod(stage, name, ["cat", "/sys/class/net/eth0/address"])).trim());
  }
  const lines = [...all].map(([ip, mac]) => `neigh replace ${ip} lladdr ${mac} dev eth0 nud permanent`);
  const batch = `ip -batch - <<'LINES'\n${lines.join("\n")}\nLINES`;
  for (const name of names) await inPod(stage, name, ["sh", "-c", batch]);
}

function isUp(stage: Stage, name: string): boolean {
  const status = recordAt(stage.sandbox.find(pods, { name }), "status");
  return listAt(status, "initContainerStatuses").some(({ state }) => isRecord(state) && "running" in state);
}
