// Does scripts/check.sh hold against what pod authors and agents say, and does its verdict follow the controller's?
import assert from "node:assert/strict";
import { pods } from "../sandbox/api/resources.ts";
import type { KubeObject } from "../sandbox/store/kube_object.ts";
import { inPod } from "../stories/scenes.ts";
import { setStage, type Stage } from "../stories/stage.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { findProgram } from "../sandbox/namespaces/programs.ts";

const script = new URL("../../scripts/check.sh", import.meta.url).pathname;
const controller = { namespace: "kube-system", name: "kube-vxlan-controller" };
const well = { type: "vxlan.travelping.com/Ready", status: "True", reason: "NetworksReady", message: "all" };

interface Said {
  readonly code: number;
  readonly lines: readonly string[];
}

const kubectl = await findProgram("kubectl");
const ignore = kubectl === undefined || !availablePlanes.includes("namespaces");
const needs = ignore ? " (needs kubectl and network namespaces)" : "";

Deno.test({ name: `scripts/check.sh and the rest of the world${needs}`, ignore, fn: everything });

async function everything(t: Deno.TestContext): Promise<void> {
  await using stage = await setStage({ dataPlane: "namespaces" });
  stage.networks({ west: "id=101" });
  stage.sandbox.apply(JSON.stringify(controllerPod));
  await stage.sandbox.waitForPhase(controller, "Running");
  stage.pod({ name: "a", networks: "west", form: "native" });
  const running = await stage.startController();
  await stage.holds({ members: [{ pod: "a", network: "west", vni: 101 }] });
  await running.stop();

  await t.step("no condition: nothing wrong, and nobody says that all is right", async () => {
    const { code, lines } = await check(stage, "a");
    assert.deepEqual(failsOf(lines), []);
    assert.match(lines.at(-1) ?? "", /^Nothing is wrong that can be seen/);
    assert.equal(code, 0);
  });
  for (const { it, condition, env, fails } of verdicts) {
    await t.step(`condition ${it}`, async () => {
      await shows(stage, condition);
      const { code, lines } = await check(stage, "a", env);
      assert.deepEqual(failsOf(lines), fails, lines.join("\n"));
      assert.equal(code, fails.length === 0 ? 0 : 1);
      assert.equal(lines.includes("All is right."), fails.length === 0);
    });
  }
  await shows(stage, well);
  await t.step("a ConfigMap that may not be read is not a missing one", async () => {
    const fault = stage.sandbox.faults.onRequest({ resource: "configmaps" }, { kind: "status", code: 403 }, {
      times: "until-lifted",
    });
    const { lines } = await check(stage, "a");
    fault.lift();
    assert.deepEqual(failsOf(lines), []);
    assert.ok(
      lines.some((line) => /^note {2}ConfigMap: this account may not read/.test(line)),
      lines.join("\n"),
    );
    assert.equal(lines.at(-1), "All is right.");
  });
  await t.step("a controller that may not be looked for is not said to be gone", async () => {
    const refused = { kind: "status", code: 403 } as const;
    stage.sandbox.faults.onRequest({ resource: "pods", namespace: "kube-system" }, refused);
    const { lines } = await check(stage, "a");
    assert.deepEqual(failsOf(lines), []);
    assert.ok(lines.some((line) => line.startsWith("note  controller: cannot tell")), lines.join("\n"));
  });
  await t.step("an answer that kubectl lost is asked for again, and not for ever", async () => {
    for (const { losses, fails } of lost) {
      await using kubectl = await losingKubectl(losses);
      const { lines } = await check(stage, "a", kubectl.env);
      assert.deepEqual(failsOf(lines), fails, lines.join("\n"));
    }
  });
  await t.step("an agent that hangs is left after a while, and asked nothing more", async () => {
    const fault = stage.sandbox.faults.onExec({ pod: "a" }, { kind: "hang" }, { times: "until-lifted" });
    const { code, lines } = await check(stage, "a", { KVC_CHECK_SECONDS: "2" });
    assert.equal(fault.hits, 1);
    fault.lift();
    assert.equal(code, 1);
    assert.match(failsOf(lines).join(), /^FAIL {2}interfaces: ip in container .* does not end/);
  });
  await t.step("an agent that floods is cut", async () => {
    stage.sandbox.faults.onExec({ pod: "a" }, { kind: "flood", bytes: 50_000_000 });
    const { code, lines } = await check(stage, "a", { KVC_CHECK_SECONDS: "60" });
    assert.equal(code, 1);
    assert.match(
      failsOf(lines).join(),
      /^FAIL {2}interfaces: cannot run ip in container .*: an answer that is too long/,
    );
    assert.ok(lines.join("\n").length < 10_000);
  });
  await t.step("what pod authors write is escaped and forges no line", async () => {
    stage.sandbox.apply(JSON.stringify(hostile));
    await stage.sandbox.waitForPod({ name: "hostile" }, { what: "is there", holds: () => true });
    const { code, lines } = await check(stage, "hostile");
    assert.equal(code, 1);
    const text = lines.join("\n");
    assert.doesNotMatch(text, /[^\n\x20-\x7e]/);
    assert.deepEqual(
      lines.filter((line) => line.includes("forged") && !/^(FAIL|note|ok {4}init)/.test(line)),
      [],
    );
    assert.doesNotMatch(text, /^ok {4}(forged|init agent: has the capability)/m);
    assert.ok(text.includes("forged"), text);
    assert.match(text, /^FAIL {2}init agent: lacks the capability NET_ADMIN$/m);
    assert.match(text, /^FAIL {2}annotation: it names \d+ networks; only the first 64/m);
  });
  await t.step(
    "the interface was set down by hand; one that is not to be set up is none of ours",
    async () => {
      await inPod(stage, "a", ["ip", "link", "set", "west", "down"]);
      const { code, lines } = await check(stage, "a");
      stage.networks({ west: "id=101 up=false" });
      const unwanted = await check(stage, "a");
      stage.networks({ west: "id=101" });
      await inPod(stage, "a", ["ip", "link", "set", "west", "up"]);
      assert.deepEqual([code, failsOf(lines)], [1, ["FAIL  interface west: it is down"]]);
      assert.deepEqual(failsOf(unwanted.lines), []);
      assert.deepEqual(failsOf((await check(stage, "a")).lines), []);
    },
  );
  await t.step("the interface is missing, and the reason is not left to the controller", async () => {
    stage.sandbox.delete(pods, controller);
    stage.pod({ name: "b", networks: "west", form: "native" });
    const isRunning = (pod: KubeObject): boolean => JSON.stringify(pod).includes('"running"');
    await stage.sandbox.waitForPod({ name: "b" }, { what: "has a running agent", holds: isRunning });
    const { lines } = await check(stage, "b");
    const text = lines.join("\n");
    assert.match(text, /^FAIL {2}controller: none runs in kube-system/m);
    assert.match(
      text,
      /^FAIL {2}interface west: it does not exist\n {6}-> no controller runs that could make it$/m,
    );
  });
}

interface Verdict {
  readonly it: string;
  readonly condition: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly fails: readonly string[];
}

/** Of so many execs kubectl loses the answers, as those before 1.34 do now and then. */
const lost = [
  { losses: 2, fails: [] },
  {
    losses: 3,
    fails: ["FAIL  interfaces: cannot run ip in container vxlan-controller-agent: error: closed all streams"],
  },
];

/** A kubectl before the real one in PATH. */
async function losingKubectl(
  losses: number,
): Promise<AsyncDisposable & { readonly env: Readonly<Record<string, string>> }> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/left`, "x".repeat(losses));
  await Deno.writeTextFile(
    `${folder}/kubectl`,
    `#!/usr/bin/env bash
left=$(<"${folder}/left")
if [[ " $* " == *" exec "* && -n $left ]]; then
  printf %s "\${left:1}" >"${folder}/left"
  echo "error: closed all streams" >&2
  exit 1
fi
exec "${kubectl}" "$@"
`,
    { mode: 0o755 },
  );
  return {
    env: { PATH: `${folder}:${Deno.env.get("PATH")}` },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

const shared = { ...well, reason: "Conflict", message: "its address \u001b[2J is another's too" };
const verdicts: readonly Verdict[] = [
  { it: "True", condition: well, fails: [] },
  {
    it: "False",
    condition: { ...well, status: "False", reason: "SetupFailed", message: "Cannot make it" },
    fails: ["FAIL  condition: vxlan.travelping.com/Ready is False, SetupFailed: Cannot make it"],
  },
  {
    it: "True with a problem",
    condition: shared,
    fails: [
      "FAIL  condition: vxlan.travelping.com/Ready is True, Conflict: its address \\x1b[2J is another's too",
    ],
  },
  {
    it: "of another domain: the name follows KVC_ANNOTATION",
    condition: {
      ...well,
      type: "vxlan.openvnf.org/Ready",
      status: "False",
      reason: "SetupFailed",
      message: "no",
    },
    env: { KVC_ANNOTATION: "vxlan.openvnf.org/networks" },
    fails: [
      "FAIL  annotation: vxlan.openvnf.org/networks names no network",
      "FAIL  condition: vxlan.openvnf.org/Ready is False, SetupFailed: no",
    ],
  },
];

const agent = "vxlan-controller-agent";
const forged = "\u001b[2J\nok    forged: all is well\r\u202eforged";
const hostile = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "hostile",
    namespace: "default",
    labels: { "vxlan.travelping.com": "true" },
    annotations: {
      "vxlan.travelping.com/networks": `$(touch forged)${forged}, x id=1${"\u009b2J"}` +
        Array.from({ length: 97 }, (_, at) => `, n${at} id=${at + 1}`).join(""),
    },
  },
  spec: {
    initContainers: [{
      name: `${agent}-init`,
      image: `x${forged}\nmain 0 ${agent} <nil> - true 0 false ,"NET_ADMIN", x`,
      securityContext: { capabilities: { add: [`x\nstatus ${agent}-init running forged`, ' "NET_ADMIN",'] } },
    }],
    containers: [{ name: "app", image: "x" }],
  },
};

const controllerPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { ...controller, labels: { "app.kubernetes.io/name": controller.name } },
  spec: { containers: [{ name: "controller", image: "kube-vxlan-controller-agent:0.1.0" }] },
};

async function shows({ sandbox }: Stage, condition: object): Promise<void> {
  const answer = await fetch(`${sandbox.server.url}/api/v1/namespaces/default/pods/a/status`, {
    method: "PATCH",
    headers: { "content-type": "application/strategic-merge-patch+json" },
    body: JSON.stringify({ status: { conditions: [condition] } }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

async function check(
  { sandbox }: Stage,
  pod: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const kubeconfig = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(kubeconfig, sandbox.kubeconfig);
    const command = new Deno.Command("bash", {
      args: [script, `default/${pod}`],
      env: { ...env, KUBECONFIG: kubeconfig },
    });
    const { code, stdout, stderr } = await command.output();
    const text = new TextDecoder("latin1");
    return { code, lines: (text.decode(stdout) + text.decode(stderr)).trimEnd().split("\n") };
  } finally {
    await Deno.remove(kubeconfig);
  }
}

function failsOf(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.startsWith("FAIL"));
}
