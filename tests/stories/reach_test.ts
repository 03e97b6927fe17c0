// Stories of members whose frames do not pass: who is told so, in which words, and that it is over when they pass again.
import assert from "node:assert/strict";
import { conditionOf, podEvents } from "./shown.ts";
import { type ProbeAnswer, probesPath, readProbeAnswer } from "../../lib/reach/probe_answer.ts";
import { pods } from "../sandbox/api/resources.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { inPod, ipOf, running } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";

const needs = availablePlanes.includes("namespaces") ? "" : " (needs network namespaces)";
const ignore = needs !== "";

/** Runs the controller on a stage, and gives what it logs. */
async function startOn(
  stage: Stage,
  ...args: readonly string[]
): Promise<AsyncDisposable & { readonly log: readonly string[] }> {
  const log: string[] = [];
  const all = ["run", "--server", stage.sandbox.server.url, "--http-address", "127.0.0.1:0", ...args];
  const product = await startProduct(all, { onLine: (line) => log.push(line) });
  return { log, [Symbol.asyncDispose]: async () => void await product.stop() };
}

async function command(
  stage: Stage,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly text: string }> {
  const lines: string[] = [];
  const all = [...args, "--server", stage.sandbox.server.url];
  const code = await (await startProduct(all, { onLine: (line) => lines.push(line) })).ended;
  return { code, text: lines.join("\n") };
}

/** The controller is no pod; to those who look for one it is. */
async function asPod({ sandbox }: Stage, log: readonly string[]): Promise<void> {
  const metadata = {
    namespace: "kube-system",
    name: "controller",
    labels: { "app.kubernetes.io/name": "kube-vxlan-controller" },
  };
  const spec = { containers: [{ name: "controller", image: "x" }] };
  sandbox.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec }));
  await sandbox.waitForPhase(metadata, "Running");
  sandbox.server.proxied.set("kube-system/controller:9090", addressIn(log));
}

/** What the controller answers to `inspect`. */
async function probesOf(log: readonly string[], uid: string): Promise<ProbeAnswer> {
  const response = await fetch(`${addressIn(log)}${probesPath}?pod=${uid}`);
  return readProbeAnswer(await response.json());
}

/** Where it serves its metrics. */
function addressIn(log: readonly string[]): string {
  return `http://${log.map((line) => /health and metrics on (\S+)/.exec(line)?.[1]).find(Boolean)}`;
}

/** Waits for a condition with all of these texts: networks are asked one by one, the first that fails is told at once. */
async function shows(stage: Stage, pod: string, wanted: string, ...texts: readonly RegExp[]): Promise<void> {
  const look = (): ReturnType<typeof conditionOf> => conditionOf(stage.sandbox.find(pods, { name: pod }));
  await waitFor(() => {
    const seen = look();
    const message = seen?.message ?? "";
    return `${seen?.status} ${seen?.reason}` === wanted && texts.every((text) => text.test(message));
  }, {
    what: `${wanted} on ${pod}, with ${texts.join(" and ")}`,
    timeout: 180_000,
    state: () => JSON.stringify(look()),
  });
}

/** The pod sends nothing to these any more: one direction. They are named by address, for they may be still to come. */
async function drop(stage: Stage, pod: string, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    await inPod(stage, pod, ["ip", "route", "add", "blackhole", `${address}/32`]);
  }
}

async function pass(stage: Stage, pod: string, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    await inPod(stage, pod, ["ip", "route", "del", "blackhole", `${address}/32`]);
  }
}

/** Addresses of the pods that come next. */
function nextAddresses(stage: Stage, last: string): readonly string[] {
  const number = Number(ipOf(stage, last).split(".").at(-1));
  return Array.from({ length: 8 }, (_, i) => `10.244.0.${number + 1 + i}`);
}

/** What probes leave nowhere: entries that were never answered, or set. */
async function leftIn(stage: Stage, pod: string, device: string): Promise<readonly string[]> {
  const entries: readonly { readonly dst: string; readonly state: readonly string[] }[] = JSON.parse(
    await inPod(stage, pod, ["ip", "-json", "neigh", "show", "dev", device, "nud", "all"]),
  );
  const odd = ["INCOMPLETE", "FAILED", "PERMANENT", "PROBE", "DELAY"];
  return entries.filter(({ dst, state }) => !/^ff02::/.test(dst) && state.some((one) => odd.includes(one)))
    .map(({ dst }) => dst);
}

Deno.test({
  name: `a newcomer that reaches nobody is told so, in both networks, and when it is over${needs}`,
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane: "namespaces" });
    // The second has no address of IPv4: its members are asked by those of their links.
    stage.networks({ one: "id=1", two: "id=2 dstport=4789" });
    const old = ["a", "b", "c"];
    for (const [at, name] of old.entries()) {
      stage.pod({ name, networks: `one ip=10.7.0.${at + 1}/24, two`, form: at === 0 ? "classic" : "native" });
    }
    await using product = await startOn(stage, "--probe-interval", "1s");
    await running(stage, old);
    for (const name of old) await shows(stage, name, "True NetworksReady");
    const coming = nextAddresses(stage, "c");
    for (const name of old) await drop(stage, name, coming);

    stage.pod({ name: "d", networks: "one ip=10.7.0.9/24, two", form: "native" });
    await shows(
      stage,
      "d",
      "True PeersUnreachable",
      /network "one": 2 peers on other nodes .*, asked twice, did not answer, of 1 on its own node 0 did; UDP port 8472.*dstport=4789/,
      /network "two": 2 peers on other nodes .*UDP port 4789.*allowVXLANPackets/,
    );
    await waitFor(() => podEvents(stage, "d").some((event) => event.startsWith("VxlanUnreachable")), {
      what: "an Event on d",
      state: () => podEvents(stage, "d").join(),
    });
    for (const name of old) {
      assert.deepEqual(podEvents(stage, name).filter((event) => event.startsWith("VxlanUnr")), [], name);
    }
    const uid = stage.sandbox.find(pods, { name: "d" })?.metadata?.uid ?? "";
    const known = await probesOf(product.log, uid);
    assert.equal(known.leads, true);
    assert.deepEqual(
      new Set(known.probes.map(({ network }) => network)),
      new Set(["one/1/8472/4", "two/2/4789/4"]),
    );
    assert.ok(known.probes.length >= 4, JSON.stringify(known));
    assert.deepEqual(known.probes.filter(({ outcome }) => outcome !== "unreachable"), []);
    const listed = await command(stage, "list", "pods", "d");
    assert.match(listed.text, /d .* True +PeersUnreachable/);
    const inspected = await command(stage, "inspect", "default/d");
    assert.equal(inspected.code, 1);
    assert.match(inspected.text, /problem: Cannot reach peers in network "one"/);
    assert.match(inspected.text, /not read: last probes: no controller runs as a pod/);
    await asPod(stage, product.log);
    const asked = await command(stage, "inspect", "default/d");
    assert.equal(asked.text.match(/default\/[abc] on .*last probe failed \d+s ago/g)?.length, 6, asked.text);
    assert.doesNotMatch(asked.text, /not read/);
    const status = await command(stage, "status");
    assert.equal(status.code, 1);
    assert.match(status.text, /1 members do not reach their peers\n +default\/d: Cannot reach/);

    for (const name of old) await pass(stage, name, coming);
    await shows(stage, "d", "True NetworksReady");
    for (const [pod, device] of [...old, "d"].flatMap((pod) => [[pod, "one"], [pod, "two"]] as const)) {
      let left: readonly string[] = [];
      await waitFor(async () => (left = await leftIn(stage, pod, device)).length === 0, {
        what: `no entry is left in ${pod} on ${device}`,
        state: () => left.join(),
      });
    }
    assert.deepEqual(
      product.log.filter((line) => / (WARN|ERROR) /.test(line) && !line.includes("reach")),
      [],
    );
  },
});

Deno.test({
  name: `interfaces that were set down by hand are found by who comes next, and by check${needs}`,
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane: "namespaces" });
    stage.networks({ one: "id=1" });
    stage.pod({ name: "a", networks: "one ip=10.7.0.1/24", form: "native" });
    await using _product = await startOn(stage);
    await shows(stage, "a", "True NetworksReady");
    await inPod(stage, "a", ["ip", "link", "set", "one", "down"]);
    stage.pod({ name: "b", networks: "one ip=10.7.0.2/24", form: "native" });
    await shows(stage, "b", "True PeersUnreachable", /1 peer on .* \(default\/a on /);
    const check = await command(stage, "check", "network", "one");
    assert.equal(check.code, 1);
    assert.match(check.text, /2 pairs not probed: default\/a: its interface one is down/);
    await inPod(stage, "a", ["ip", "link", "set", "one", "up"]);
    await shows(stage, "b", "True NetworksReady");
  },
});

Deno.test({
  name: `check names the direction that does not pass, where one does${needs}`,
  ignore,
  fn: async () => {
    await using stage = await setStage({ dataPlane: "namespaces" });
    stage.networks({ one: "id=1" });
    for (const name of ["a", "b", "c"]) {
      stage.pod({ name, networks: `one ip=10.7.0.${"abc".indexOf(name) + 1}/24`, form: "native" });
    }
    const controller = await stage.startController();
    await stage.holds({ members: ["a", "b", "c"].map((pod) => ({ pod, network: "one", vni: 1 })) });
    await running(stage, ["a", "b", "c"]);
    assert.equal((await command(stage, "check", "network", "one")).code, 0);
    await controller.stop();

    await drop(stage, "b", [ipOf(stage, "a")]);
    const oneWay = await command(stage, "check", "network", "one");
    assert.equal(oneWay.code, 1);
    assert.match(
      oneWay.text,
      /default\/a to default\/b .*: no answer; its frames arrive, those of default\/b do not/,
    );
    assert.match(
      oneWay.text,
      /default\/b to default\/a .*: no answer; its frames do not arrive, those of default\/a do/,
    );
    assert.match(oneWay.text, /3 members, 6 pairs probed, 2 without an answer/);

    await drop(stage, "a", [ipOf(stage, "b")]);
    const neither = await command(stage, "check", "network", "one");
    assert.match(neither.text, /default\/a to default\/b .*: no answer; the direction is not known/);
    assert.match(neither.text, /default\/b to default\/a .*: no answer; the direction is not known/);

    await pass(stage, "a", [ipOf(stage, "b")]);
    await pass(stage, "b", [ipOf(stage, "a")]);
    const well = await command(stage, "check", "network", "one");
    assert.equal(well.code, 0, well.text);
    for (const pod of ["a", "b", "c"]) assert.deepEqual(await leftIn(stage, pod, "one"), [], pod);
  },
});
