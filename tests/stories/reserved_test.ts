// Stories of what `namespaces=` reserved with a key that is gone: it stays reserved while somebody has it, over restarts too.
import assert from "node:assert/strict";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import type { DeclaredMember } from "../sandbox/sandbox_invariant.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { mortal } from "./mortal.ts";
import { makePools } from "./pool_objects.ts";
import { bothNetworks, membersOf, one, running, said, two } from "./scenes.ts";
import {
  configMapName,
  type ControllerOverrides,
  poolsName,
  type RunningController,
  setStage,
  type Stage,
} from "./stage.ts";

const key = "vxlan.travelping.com/known-networks";
const object = { namespace: configMapName.namespace, name: `${poolsName}-0` };
const closed = { ...bothNetworks, one: "id=1 namespaces=default" };
const open = { two: "id=2" };

/** What is remembered; undefined: nothing, or there is no object. */
function remembered(stage: Stage): string | undefined {
  const annotations = field(field(stage.sandbox.find(configMaps, object), "metadata"), "annotations");
  return textField(annotations, key) || undefined;
}

async function remembers(stage: Stage, text: string | undefined): Promise<void> {
  await waitFor(() => remembered(stage) === text, {
    what: `it is remembered: ${text}`,
    state: () => String(remembered(stage)),
  });
}

function remember(stage: Stage, text: string | null): void {
  stage.sandbox.patch(configMaps, object, { metadata: { annotations: { [key]: text } } });
}

const line = "network one id=1 namespaces=default\n";

/** A controller, and a and b in network one, which is for their namespace only. */
async function reservedPair(stage: Stage, overrides: ControllerOverrides = {}): Promise<RunningController> {
  makePools(stage);
  stage.networks(closed);
  const controller = await stage.startController(overrides);
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  await running(stage, ["a", "b"]);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
  await remembers(stage, line);
  return controller;
}

/** Two of another namespace: by the VNI, and by the name. */
function strangers(stage: Stage): void {
  stage.pod({ name: "c", namespace: "lab", networks: "other id=1" });
  stage.pod({ name: "d", namespace: "lab", networks: "one id=7" });
}

async function keptOut(
  stage: Stage,
  controller: RunningController,
  others: readonly DeclaredMember[] = [],
): Promise<void> {
  for (const name of ["c", "d"]) {
    await said(controller, new RegExp(`WARN.*not for namespace .*member=lab/${name}`));
  }
  await stage.holds({ members: [...membersOf(one, ["a", "b"]), ...others], bystanders: ["lab/c", "lab/d"] });
}

async function letIn(stage: Stage): Promise<void> {
  for (const name of ["c", "d"]) await stage.sandbox.waitForPhase({ namespace: "lab", name }, "Running");
  await stage.holds({
    members: [
      ...membersOf({ network: "other", vni: 1 }, ["lab/c"]),
      ...membersOf({ network: "one", vni: 7 }, ["lab/d"]),
    ],
  });
}

const losses: readonly { readonly it: string; readonly data: Record<string, string> | undefined }[] = [
  { it: "its key was removed", data: open },
  { it: "all keys were removed", data: {} },
  { it: "the ConfigMap was deleted", data: undefined },
  { it: "nothing of its entry can be read", data: { one: "mtu=x", two: "id=2" } },
  { it: "its entry has no id any more", data: { one: "namespaces=default", two: "id=2" } },
];
for (const { it, data } of losses) {
  Deno.test(`a network stays reserved over a restart in which ${it}, until nobody has it`, async () => {
    await using stage = await setStage();
    const first = await reservedPair(stage);
    await first.stop();
    stage.networks(data);
    strangers(stage);
    const second = await stage.startController();
    await keptOut(stage, second);
    stage.sandbox.delete(pods, { name: "a", graceSeconds: 0 });
    await stage.holds({ members: membersOf(one, ["b"]), bystanders: ["lab/c", "lab/d"] });
    stage.sandbox.delete(pods, { name: "b", graceSeconds: 0 });
    if (data?.["one"] === undefined) await letIn(stage);
    await remembers(stage, undefined);
  });
}

Deno.test("a reservation whose last holder went while nobody looked is free", async () => {
  await using stage = await setStage();
  const first = await reservedPair(stage);
  await first.stop();
  stage.networks(open);
  for (const name of ["a", "b"]) stage.sandbox.delete(pods, { name, graceSeconds: 0 });
  strangers(stage);
  await stage.startController();
  await letIn(stage);
  await remembers(stage, undefined);
});

Deno.test("a reservation is free over a restart when its last holder went before", async () => {
  await using stage = await setStage();
  const first = await reservedPair(stage);
  stage.networks(open);
  for (const name of ["a", "b"]) stage.sandbox.delete(pods, { name, graceSeconds: 0 });
  await remembers(stage, undefined);
  await first.stop();
  strangers(stage);
  await stage.startController();
  await letIn(stage);
});

Deno.test("an entry that never was good and is removed while nobody looks stays reserved", async () => {
  await using stage = await setStage();
  const first = await reservedPair(stage);
  await first.stop();
  stage.networks({ ...closed, one: `${closed.one} mtu=x` });
  const second = await stage.startController();
  await said(second, /WARN.*mtu=x/);
  stage.networks(open);
  strangers(stage);
  await keptOut(stage, second);
  await second.stop();
  await keptOut(stage, await stage.startController());
});

Deno.test("what was remembered counts for a replica that begins to lead", async () => {
  await using stage = await setStage();
  let leader = "first";
  makePools(stage);
  stage.networks(open);
  const second = await stage.startController({ isLeader: () => leader === "second" });
  stage.networks(closed);
  await stage.startController({ isLeader: () => leader === "first" });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  await running(stage, ["a", "b"]);
  await remembers(stage, line);
  stage.networks(open);
  const third = await stage.startController({ isLeader: () => leader === "third" });
  leader = "second";
  await second.controller.reconcileAll();
  strangers(stage);
  await keptOut(stage, second);
  leader = "third";
  await third.controller.reconcileAll();
  await keptOut(stage, third);
  await remembers(stage, line);
});

const unreadable: readonly {
  readonly it: string;
  readonly spoil: (stage: Stage) => () => void;
  readonly said: RegExp;
}[] = [
  {
    it: "is forbidden",
    spoil: ({ sandbox }) => {
      const fault = sandbox.faults.onRequest({ verb: "get", resource: "configmaps" }, {
        kind: "status",
        code: 403,
      }, { times: "until-lifted" });
      return () => fault.lift();
    },
    said: /WARN.*Cannot know what namespaces= had reserved.*403/,
  },
  {
    it: "has garbage beside it",
    spoil: (stage) => {
      remember(stage, `${line}what\n`);
      return () => remember(stage, line);
    },
    said: /WARN.*Cannot know what namespaces= had reserved.*cannot read "what".*known-networks-/,
  },
  {
    it: "is garbage",
    spoil: (stage) => {
      remember(stage, "\u0000{}");
      return () => remember(stage, line);
    },
    said: /WARN.*Cannot know what namespaces= had reserved.*known-networks-/,
  },
];
for (const { it, spoil, said: text } of unreadable) {
  Deno.test(`memory that ${it}: nobody enters by an id of its own, nobody loses what he has, until it can be read`, async () => {
    await using stage = await setStage();
    const first = await reservedPair(stage);
    stage.pod({ name: "e", namespace: "lab", networks: "mine id=9" });
    await stage.sandbox.waitForPhase({ namespace: "lab", name: "e" }, "Running");
    const mine = membersOf({ network: "mine", vni: 9 }, ["lab/e"]);
    await first.stop();
    stage.networks(open);
    const mend = spoil(stage);
    strangers(stage);
    const second = await stage.startController();
    await said(second, text);
    for (const name of ["c", "d"]) {
      await said(second, new RegExp(`WARN.*Cannot give the pod.*member=lab/${name}`));
    }
    await stage.holds({ members: [...membersOf(one, ["a", "b"]), ...mine], bystanders: ["lab/c", "lab/d"] });
    stage.pod({ name: "f", networks: "two" });
    await running(stage, ["f"]);
    mend();
    await keptOut(stage, second, [...mine, { pod: "f", ...two }]);
  });
}

Deno.test("an object that is deleted is missed, and filled again when it is there", async () => {
  await using stage = await setStage();
  const controller = await reservedPair(stage);
  stage.sandbox.delete(configMaps, object);
  stage.networks({ ...closed, three: "id=3 namespaces=default" });
  stage.pod({ name: "c", networks: "three" });
  await said(controller, /WARN.*Cannot remember over a restart.*is not there; apply the manifests again/);
  makePools(stage);
  await remembers(stage, `${line}network three id=3 namespaces=default\n`);
});

Deno.test("what a pod says of itself is no memory", async () => {
  await using stage = await setStage();
  const first = await reservedPair(stage);
  await first.stop();
  stage.networks(open);
  strangers(stage);
  for (const name of ["c", "d"]) {
    const forged = { [key]: "network one id=1 namespaces=lab\n" };
    stage.sandbox.patch(pods, { namespace: "lab", name }, { metadata: { annotations: forged } });
  }
  await keptOut(stage, await stage.startController());
});

const deaths: readonly {
  readonly it: string;
  readonly entry: string;
  /** What the pods have that had the network. */
  readonly vni: number;
  readonly remembered: string | undefined;
  /** Whom the entry leaves out: by the VNI that it had, and by its name. */
  readonly out: readonly string[];
}[] = [
  {
    it: "another id",
    entry: "id=5 namespaces=default",
    vni: 5,
    remembered: "network one id=5 namespaces=default\n",
    out: ["lab/d"],
  },
  {
    it: "one more namespace",
    entry: "id=1 namespaces=default,edge",
    vni: 1,
    remembered: "network one id=1 namespaces=default,edge\n",
    out: ["lab/c", "lab/d"],
  },
  { it: "that it is for all", entry: "id=5", vni: 5, remembered: undefined, out: [] },
];
for (const { it, entry, vni, remembered: text, out } of deaths) {
  Deno.test(`a leader that is killed when it is about to remember ${it}: nobody enters who must not, nobody loses what he has`, async () => {
    await using stage = await setStage();
    let isDue = false;
    const life = mortal(Infinity, {
      before: ({ method, path }) => isDue && method !== "GET" && path.includes(`/configmaps/${object.name}`),
    });
    const first = await reservedPair(stage, life);
    isDue = true;
    stage.networks({ ...closed, one: entry });
    await waitFor(() => life.dead, { what: "it dies", state: () => String(remembered(stage)) });
    await first.stop();
    assert.equal(remembered(stage), line);
    strangers(stage);
    const second = await stage.startController();
    for (const name of out) await said(second, new RegExp(`WARN.*not for namespace .*member=${name}`));
    const others = [
      ...membersOf({ network: "other", vni: 1 }, ["lab/c"]),
      ...membersOf({ network: "one", vni: 7 }, ["lab/d"]),
    ].filter(({ pod }) => !out.includes(pod));
    await stage.holds({
      members: [...membersOf({ network: "one", vni }, ["a", "b"]), ...others],
      bystanders: out,
    });
    await remembers(stage, text);
  });
}
