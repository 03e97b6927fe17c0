// Stories of the way that packets take, on real namespaces: IPv6 below, many networks on two ports, groups, VTEPs outside.
import assert from "node:assert/strict";
import { agentImage, programImage } from "../member/member_pod.ts";
import { availablePlanes, planesWithProgram } from "../sandbox/kubelet/available_planes.ts";
import { podIpOf } from "../sandbox/sandbox_invariant.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { inPod, ipOf, running, startPair } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";

const dataPlane = "namespaces" as const;
const ignore = !availablePlanes.includes(dataPlane);

for (const image of [agentImage, ...(planesWithProgram.includes(dataPlane) ? [programImage] : [])]) {
  Deno.test({
    name: `IPv6 over IPv6: a route to a peer's pod IP gets rules by ip -6, and frames pass (${image})`,
    ignore,
    fn: async () => {
      await using stage = await setStage({ dataPlane, dualStack: true, agentImage: image });
      stage.networks({ one: "id=1 family=6" });
      await stage.startController();
      stage.pod({ name: "a", networks: "one ip=fd01::1/64" });
      await running(stage, ["a"]);
      const covered = podIpOf(stage.sandbox, { pod: "a", family: 6 });
      stage.pod({ name: "c", networks: `one ip=fd01::9/64 route=${covered}/128:fd01::1` });
      await running(stage, ["c"]);
      assert.match(await rulesOf(stage, "-6"), /"dport":8472/);
      await until(() => pings(stage, "fd01::1"));
      stage.annotate("c", "one ip=fd01::9/64");
      await until(async () => !(await rulesOf(stage, "-6")).includes('"86"'));
      await until(() => pings(stage, "fd01::1"));
    },
  });
}

Deno.test({
  name: "a pod with 64 networks on two ports, one of which leads to all pod IPs: frames of both ports pass",
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane });
    await startPair(stage);
    stage.annotate("a", "one ip=10.1.0.1/24");
    stage.annotate("b", "p1 id=101 dstport=4789 ip=10.2.0.1/24");
    const more = Array.from(
      { length: 63 },
      (_, at) =>
        `p${at + 1} id=${at + 101}${at % 2 === 0 ? " dstport=4789" : ""}${at === 0 ? " ip=10.2.0.9/24" : ""}`,
    );
    stage.pod({
      name: "c",
      networks: ["one ip=10.1.0.9/24 route=10.244.0.0/17:10.1.0.1", ...more].join(", "),
    });
    await running(stage, ["c"]);
    const rules = await rulesOf(stage);
    assert.deepEqual([4789, 8472].filter((port) => !rules.includes(`"dport":${port}`)), [], rules);
    for (const to of ["10.1.0.1", "10.2.0.1"]) await until(() => pings(stage, to));
  },
});

Deno.test({
  name: "a VTEP outside answers members, and their groups are on the link",
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane });
    await startPair(stage);
    // No member: a machine with a VXLAN of its own.
    stage.pod({ name: "vtep", networks: "two" });
    stage.pod({ name: "c", networks: "one ip=10.1.0.9/24" });
    await running(stage, ["vtep", "c"]);
    const outside = ipOf(stage, "vtep");
    for (
      const line of [
        "ip link add outer type vxlan id 1 dev eth0 dstport 8472",
        "ip address add 10.1.0.77/24 dev outer",
        "ip link set outer up",
        `bridge fdb append 00:00:00:00:00:00 dst ${ipOf(stage, "c")} dev outer`,
      ]
    ) {
      await inPod(stage, "vtep", line.split(" "));
    }
    assert.equal(await pings(stage, "10.1.0.77"), false);
    stage.annotate("c", `one ip=10.1.0.9/24 peer=${outside} route=224.0.0.0/4 route=ff00::/8`);
    await until(() => pings(stage, "10.1.0.77"));
    for (const group of ["224.0.0.18", "239.1.2.3", "ff02::1:3"]) {
      assert.match(await inPod(stage, "c", ["ip", "route", "get", group]), /dev one/, group);
    }
    // All who are in the network hear a group: the VTEP answers a ping to all hosts.
    await inPod(stage, "vtep", ["sysctl", "-qw", "net.ipv4.icmp_echo_ignore_broadcasts=0"]);
    const { stdout } = await stage.sandbox.exec({ name: "c" }, ["ping", "-c", "2", "-W", "1", "224.0.0.1"]);
    assert.match(stdout, /from 10\.1\.0\.77/);
    stage.annotate("c", "one ip=10.1.0.9/24");
    await until(async () => !(await inPod(stage, "c", ["bridge", "fdb", "show"])).includes(outside));
    assert.match(await inPod(stage, "c", ["ip", "route", "get", "ff02::1:3"]), /dev eth0/);
  },
});

async function rulesOf(stage: Stage, ...family: readonly string[]): Promise<string> {
  return await inPod(stage, "c", ["ip", ...family, "-json", "-details", "rule", "show"]);
}

async function pings(stage: Stage, to: string): Promise<boolean> {
  return (await stage.sandbox.exec({ name: "c" }, ["ping", "-c", "2", "-i", "0.2", "-W", "1", to])).code ===
    0;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  await waitFor(holds, { what: "packets to go their way", timeout: 30_000 });
}
