// Stories of a gateway on real namespaces: all goes through it, nothing leaks when it is gone, what was comes back.
import assert from "node:assert/strict";
import { pods } from "../sandbox/api/resources.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { podSpec } from "../member/member_pod.ts";
import { inPod, ipOf, running, startPair } from "./scenes.ts";
import { impatient, setStage, type Stage } from "./stage.ts";

/** An address that no pod has a route to but its default. */
const outside = "203.0.113.9";

Deno.test({
  name:
    "a client's packets go through the gateway; when that is gone none leaves by eth0; a new one serves again",
  ignore: !availablePlanes.includes("namespaces"),
  fn: async () => {
    await using stage = await setStage({ dataPlane: "namespaces" });
    await startPair(stage, { limits: impatient });
    stage.pod({ name: "o", networks: "two" });
    stage.pod({ name: "c", networks: "one ip=10.1.0.9/24" });
    await running(stage, ["o", "c"]);
    await inPod(stage, "o", ["ip", "address", "add", `${outside}/32`, "dev", "lo"]);
    await inPod(stage, "c", ["ip", "route", "add", "default", "via", ipOf(stage, "o"), "dev", "eth0"]);
    await gateway(stage, "g");
    await until(() => pings(stage, outside), "the default route of eth0 leads to it");

    stage.annotate("c", "one ip=10.1.0.9/24 gateway=10.1.0.1 except=192.0.2.0/24");
    await until(async () => (await wayTo(stage, outside)).includes("dev one"));
    await until(() => pings(stage, outside), "through the gateway");
    assert.match(await wayTo(stage, "192.0.2.7"), /dev eth0/);
    // A reply to what came in by eth0, and who is bound to the pod IP.
    assert.match(await wayTo(stage, outside, ipOf(stage, "c")), /dev eth0/);
    assert.equal((await stage.sandbox.exec({ name: "a" }, ["ping", "-c", "1", ipOf(stage, "c")])).code, 0);

    const before = await echosSeen(stage);
    stage.sandbox.delete(pods, { name: "g" });
    // On a slow machine a ping may get no answer in time while the gateway still passes it on.
    await waitFor(() => stage.sandbox.find(pods, { name: "g" }) === undefined, {
      what: "the gateway is gone",
    });
    await until(async () => !await pings(stage, outside));
    const afterwards = await echosSeen(stage);
    assert.equal(await pings(stage, outside), false);
    assert.equal(await echosSeen(stage), afterwards, `${before} before the gateway went`);
    await inPod(stage, "c", ["ip", "link", "set", "one", "down"]);
    assert.equal(await pings(stage, outside), false, "with the interface down");
    assert.equal(await echosSeen(stage), afterwards, "nothing leaked");
    // That the counter counts: bound to the pod IP it leaves by eth0.
    await stage.sandbox.exec({ name: "c" }, ["ping", "-c", "1", "-W", "1", "-I", ipOf(stage, "c"), outside]);
    assert.equal(await echosSeen(stage), afterwards + 1);
    await inPod(stage, "c", ["ip", "link", "set", "one", "up"]);

    await gateway(stage, "h");
    await until(() => pings(stage, outside));
    stage.annotate("c", "one ip=10.1.0.9/24");
    await until(async () => (await wayTo(stage, outside)).includes("dev eth0"));
    await until(() => pings(stage, outside), "as before");
  },
});

/** A member that forwards, and the way back to those behind it. */
async function gateway(stage: Stage, name: string): Promise<void> {
  const forwards = { securityContext: { sysctls: [{ name: "net.ipv4.ip_forward", value: "1" }] } };
  stage.pod({ name, networks: "one ip=10.1.0.1/24", spec: { ...podSpec("classic", "x"), ...forwards } });
  await running(stage, [name]);
  await inPod(stage, name, ["ip", "route", "add", `${outside}/32`, "via", ipOf(stage, "o"), "dev", "eth0"]);
  await inPod(stage, "o", ["ip", "route", "replace", "10.1.0.0/24", "via", ipOf(stage, name), "dev", "eth0"]);
}

async function wayTo(stage: Stage, to: string, from?: string): Promise<string> {
  return await inPod(stage, "c", ["ip", "route", "get", to, ...from === undefined ? [] : ["from", from]]);
}

async function pings(stage: Stage, to: string): Promise<boolean> {
  return (await stage.sandbox.exec({ name: "c" }, ["ping", "-c", "2", "-i", "0.2", "-W", "1", to])).code ===
    0;
}

/** Echo requests that the outside has got. */
async function echosSeen(stage: Stage): Promise<number> {
  const [names = "", values = ""] = (await inPod(stage, "o", ["cat", "/proc/net/snmp"])).split("\n")
    .filter((line) => line.startsWith("Icmp:"));
  return Number(values.split(" ")[names.split(" ").indexOf("InEchos")]);
}

async function until(
  holds: () => Promise<boolean>,
  what = "the packets to go where they should",
): Promise<void> {
  await waitFor(holds, { what });
}
