// Stories of addresses that others set on our interfaces, as keepalived and DHCP clients do: they stay, and frames pass.
import assert from "node:assert/strict";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { inPod, ipOf, running } from "./scenes.ts";
import { impatient, setStage, type Stage } from "./stage.ts";

const dataPlane = "namespaces" as const;
const ignore = !availablePlanes.includes(dataPlane);

Deno.test({
  name:
    "an address of VRRP and one of DHCP stay through reconciles, other changes, and a controller that begins anew",
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane });
    stage.networks({ one: "id=1" });
    const first = await stage.startController({ limits: impatient });
    // a: beside its own, in the same subnet, as keepalived does. b: its only one, as udhcpc does.
    stage.pod({ name: "a", networks: "one ip=10.1.0.1/24" });
    stage.pod({ name: "b", networks: "one ip=none" });
    await running(stage, ["a", "b"]);
    await inPod(stage, "a", ["ip", "address", "add", "10.1.0.100/24", "dev", "one"]);
    await inPod(stage, "b", ["ip", "address", "add", "10.1.0.50/24", "dev", "one"]);
    await inPod(stage, "b", [
      "ip",
      "route",
      "add",
      "default",
      "via",
      "10.1.0.1",
      "dev",
      "one",
      "metric",
      "200",
    ]);
    await until(() => reaches(stage, "10.1.0.100"), "b reaches the address of a");
    const addresses = async (): Promise<readonly string[]> =>
      await Promise.all(["a", "b"].map(async (name) => {
        const listed = JSON.parse(
          await inPod(stage, name, ["ip", "-4", "-json", "address", "show", "dev", "one"]),
        );
        return listed[0].addr_info.map(({ local }: { local: string }) => local).join(" ");
      }));
    const expected = ["10.1.0.1 10.1.0.100", "10.1.0.50"];
    assert.deepEqual(await addresses(), expected);

    await first.stop();
    await stage.startController({ limits: impatient });
    stage.annotate("a", "one ip=10.1.0.1/24 mtu=1300");
    stage.annotate("b", "one ip=none mtu=1300");
    await until(() => mtuIs(stage, "1300"), "the new controller changes the interfaces");
    assert.deepEqual(await addresses(), expected);
    assert.ok(await reaches(stage, "10.1.0.100"));

    // Its own address goes with the annotation; that of somebody else, which the kernel takes along, comes back.
    stage.annotate("a", "one ip=10.1.0.2/24 mtu=1300");
    await until(async () => (await addresses())[0]?.includes("10.1.0.2") === true, "a has another address");
    await until(
      async () => (await addresses())[0]?.split(" ").includes("10.1.0.1") === false,
      "not the old one",
    );
    assert.ok((await addresses())[0]?.split(" ").includes("10.1.0.100"), "that of somebody else is there");
  },
});

Deno.test({
  name:
    "a gateway for a member that gets its address by DHCP once it runs: nothing leaves by eth0 before, nor meanwhile",
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane });
    stage.networks({ one: "id=1 gateway=10.1.0.1" });
    await stage.startController({ limits: impatient });
    stage.pod({ name: "a", networks: "one ip=10.1.0.1/24" });
    stage.pod({ name: "b", networks: "one ip=none" });
    await running(stage, ["a", "b"]);
    await inPod(stage, "b", ["ip", "route", "replace", "default", "via", ipOf(stage, "a"), "dev", "eth0"]);
    const way = async (): Promise<string> =>
      (await stage.sandbox.exec({ name: "b" }, ["ip", "route", "get", "203.0.113.9"])).stdout;
    assert.match(await way(), /via 10\.1\.0\.1 dev one/, "it runs, and has the gateway");
    await inPod(stage, "b", ["ip", "address", "add", "10.1.0.50/24", "dev", "one"]);
    await until(() => reaches(stage, "10.1.0.1"), "frames pass");
    assert.match(await way(), /via 10\.1\.0\.1 dev one .*src 10\.1\.0\.50/);
    // As the scripts of clients begin: with the last address the kernel takes the route.
    await inPod(stage, "b", ["ip", "-4", "address", "flush", "dev", "one"]);
    assert.doesNotMatch(await way(), /dev eth0/);
    await inPod(stage, "b", ["ip", "address", "add", "10.1.0.51/24", "dev", "one"]);
    await until(async () => /via 10\.1\.0\.1 dev one/.test(await way()), "the route to come back");
    stage.annotate("b", "one ip=none gateway=none");
    await until(async () => (await way()).includes("dev eth0"), "the way is what it was");
    assert.match(await inPod(stage, "b", ["ip", "-4", "address", "show", "dev", "one"]), /10\.1\.0\.51/);
  },
});

async function mtuIs(stage: Stage, mtu: string): Promise<boolean> {
  const links = await Promise.all(
    ["a", "b"].map((name) => inPod(stage, name, ["ip", "link", "show", "dev", "one"])),
  );
  return links.every((link) => link.includes(`mtu ${mtu}`));
}

async function reaches(stage: Stage, to: string): Promise<boolean> {
  const argv = ["ping", "-c", "2", "-i", "0.2", "-W", "1", to];
  return (await stage.sandbox.exec({ name: "b" }, argv)).code === 0;
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  await waitFor(holds, { what });
}
