// Stories of gateways that change under running pods, of a chain of them, and of IPv6: nothing leaks meanwhile.
import assert from "node:assert/strict";
import { podSpec } from "../member/member_pod.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { podIpOf } from "../sandbox/sandbox_invariant.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { bothNetworks, inPod, ipOf, running } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";

const dataPlane = "namespaces" as const;
const ignore = !availablePlanes.includes(dataPlane);
/** An address to which no pod has a route but its default. */
const outside = "203.0.113.9";

Deno.test({
  name:
    "the ConfigMap names another gateway while a client sends: nothing leaves by eth0; then it names none",
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane });
    stage.networks({ one: "id=1 gateway=10.1.0.1" });
    await stage.startController();
    const forwards = { securityContext: { sysctls: [{ name: "net.ipv4.ip_forward", value: "1" }] } };
    const spec = { ...podSpec("classic", "x"), ...forwards };
    stage.pod({ name: "g", networks: "one ip=10.1.0.1/24", spec });
    stage.pod({ name: "h", networks: "one ip=10.1.0.2/24 gateway=none", spec });
    stage.pod({ name: "o", networks: "two id=2" });
    stage.pod({ name: "c", networks: "one ip=10.1.0.9/24" });
    await running(stage, ["g", "h", "o", "c"]);
    await inPod(stage, "o", ["ip", "address", "add", `${outside}/32`, "dev", "lo"]);
    for (const name of ["g", "h", "c"]) {
      await inPod(stage, name, ["ip", "route", "replace", "default", "via", ipOf(stage, "o"), "dev", "eth0"]);
    }
    await inPod(stage, "o", ["ip", "route", "add", "10.1.0.0/24", "via", ipOf(stage, "g"), "dev", "eth0"]);
    const leaving = `OUTPUT -d ${outside} -o eth0`.split(" ");
    await inPod(stage, "c", ["iptables", "-w", "-I", ...leaving]);
    const leaked = async (): Promise<number> => {
      const listed = await inPod(stage, "c", ["iptables", "-w", "-L", "OUTPUT", "-v", "-n", "-x"]);
      return Number(/^ *(\d+) .*203\.0\.113\.9/m.exec(listed)?.[1]);
    };
    await until(() => pings(stage, outside), "the first gateway serves");

    const sent = stage.sandbox.exec({ name: "c" }, ["ping", "-c", "100", "-i", "0.02", "-W", "1", outside]);
    stage.networks({ one: "id=1 gateway=10.1.0.2" });
    await until(async () => (await wayTo(stage, outside)).includes("via 10.1.0.2"), "the second is asked");
    await sent;
    await until(() => pings(stage, outside), "the second gateway serves");
    assert.equal(await leaked(), 0, "nothing left by eth0");

    stage.networks({ one: "id=1" });
    await until(async () => (await wayTo(stage, outside)).includes("dev eth0"), "the way is what it was");
    await until(() => pings(stage, outside), "it is reached by eth0");
    assert.ok(await leaked() > 0, "the counter counts");
  },
});

Deno.test({
  name: "the gateway of one network goes through that of another",
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane });
    stage.networks({ one: "id=1 gateway=10.1.0.1", two: "id=2 gateway=10.2.0.1" });
    await stage.startController();
    stage.pod({ name: "c", networks: "one ip=10.1.0.9/24, two ip=10.2.0.1/24" });
    stage.pod({ name: "d", networks: "one ip=10.1.0.1/24, two ip=10.2.0.9/24" });
    await running(stage, ["c", "d"]);
    assert.match(await wayTo(stage, outside), /via 10\.1\.0\.1 dev one/);
    assert.match(await inPod(stage, "d", ["ip", "route", "get", outside]), /via 10\.2\.0\.1 dev two/);
    await until(() => pings(stage, "10.1.0.1"), "the first network passes frames");
    await until(() => pings(stage, "10.2.0.9"), "the second network passes frames");
  },
});

Deno.test({
  name: "IPv6: a gateway, exceptions, its end, and the way back",
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane, dualStack: true });
    stage.networks(bothNetworks);
    await stage.startController();
    stage.pod({ name: "g", networks: "one ip=fd01::1/64" });
    stage.pod({ name: "c", networks: "one ip=fd01::9/64" });
    await running(stage, ["g", "c"]);
    const way = async (to: string): Promise<string> =>
      (await stage.sandbox.exec({ name: "c" }, ["ip", "-6", "route", "get", to])).stdout;
    const peer = podIpOf(stage.sandbox, { pod: "g", family: 6 });
    await inPod(stage, "c", ["ip", "-6", "route", "replace", "default", "via", peer, "dev", "eth0"]);
    const before = await way("2001:db8::9");
    stage.annotate("c", "one ip=fd01::9/64 gateway=fd01::1 route=::/0:fd01::1 except=2001:db8:1::/48");
    await until(
      async () => (await way("2001:db8::9")).includes("via fd01::1 dev one"),
      "the gateway is asked",
    );
    assert.match(await way("2001:db8:1::9"), /dev eth0/, "what is excepted has the way that it had");
    await until(() => pings(stage, "fd01::1"), "the gateway answers");
    await inPod(stage, "c", ["ip", "link", "set", "one", "down"]);
    assert.doesNotMatch(await way("2001:db8::9"), /dev eth0/, "with the interface down");
    await inPod(stage, "c", ["ip", "link", "set", "one", "up"]);
    stage.annotate("c", "one ip=fd01::9/64");
    await until(
      async () => !(await inPod(stage, "c", ["ip", "-6", "rule", "show"])).includes("86"),
      "the rules go",
    );
    assert.equal(await way("2001:db8::9"), before);
    await until(() => pings(stage, "fd01::1"), "the gateway answers without rules");
  },
});

async function wayTo(stage: Stage, to: string): Promise<string> {
  const { stdout } = await stage.sandbox.exec({ name: "c" }, ["ip", "route", "get", to]);
  return stdout;
}

async function pings(stage: Stage, to: string): Promise<boolean> {
  return (await stage.sandbox.exec({ name: "c" }, ["ping", "-c", "2", "-i", "0.2", "-W", "1", to])).code ===
    0;
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  await waitFor(holds, { what });
}
